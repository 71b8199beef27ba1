/**
 * Runs a program on XS as the chip runs its firmware: the bundle is loaded and frozen in a machine of its own, as
 * the SDK's linker does on the build machine, and a second machine of fixed size runs what is in it.
 *
 *     xs size FILE                               bytes of code and of names of each module that FILE brings
 *     xs mutable FILE                            what is still mutable after loading; fails when there is any
 *     xs run [OPTION=N...] FILE PROGRAM [WORLD]  calls `programs[PROGRAM](host)` that FILE leaves on `globalThis`
 *
 * Options: `chunk` in bytes, `slots` and `stack` in slots; the ESP32 has 78,848, 4,928 and 1,024. WORLD is a
 * program for a third, large machine: what it returns serves `host.remote`. `host` prints, collects garbage and
 * tells how full the machine is. Exit status: 1 for an exception, 2 for what would restart the chip.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xs.h"
#include "xsmc.h"

#include "machine.h"

/** More than any program here needs; the build machine is no chip. */
static xsCreation large = {
	.initialChunkSize = 64 * 1024 * 1024,
	.incrementalChunkSize = 16 * 1024 * 1024,
	.initialHeapCount = 1024 * 1024,
	.incrementalHeapCount = 256 * 1024,
	.stackCount = 32 * 1024,
	.initialKeyCount = 16 * 1024,
	.incrementalKeyCount = 1024,
	.nameModulo = 1993,
	.symbolModulo = 127,
	.parserBufferSize = 1024 * 1024,
	.parserTableModulo = 1993,
};

/** The machine that serves `host.remote`, if any. */
static xsMachine *world;

static void host_print(xsMachine *the)
{
	puts(xsmcToString(xsArg(0)));
}

static void host_collect(xsMachine *the)
{
	xsCollectGarbage();
}

/** Fills the bytes of three 32-bit integers: bytes of chunks, slots, most slots of the stack. */
static void host_usage(xsMachine *the)
{
	void *into;
	xsUnsignedValue length;
	struct usage usage = machine_usage(the);
	xsmcGetBufferWritable(xsArg(0), &into, &length);
	memcpy(into, &usage, length < sizeof(usage) ? length : sizeof(usage));
}

/** remote(operation, a, b[, bytes]) → number: the world's answer, with the bytes copied there and back. */
static void host_remote(xsMachine *the)
{
	static uint8_t copy[8192];
	const xsIntegerValue operation = xsmcToInteger(xsArg(0));
	const double a = xsmcToNumber(xsArg(1));
	const double b = xsmcToNumber(xsArg(2));
	double answer = 0;
	void *bytes = NULL;
	xsUnsignedValue length = 0;
	if (!world) {
		xsUnknownError("remote: there is no world");
	}
	if (xsmcArgc > 3) {
		xsmcGetBufferWritable(xsArg(3), &bytes, &length);
		if (length > sizeof(copy)) {
			xsRangeError("remote: too many bytes");
		}
		memcpy(copy, bytes, length);
	}
	xsBeginHost(world);
	{
		void *there;
		xsUnsignedValue count;
		xsmcVars(6);
		xsmcGet(xsVar(0), xsGlobal, xsID("serve"));
		xsmcSetInteger(xsVar(1), operation);
		xsmcSetNumber(xsVar(2), a);
		xsmcSetNumber(xsVar(3), b);
		xsmcGet(xsVar(4), xsGlobal, xsID("lent"));
		xsmcGetBufferWritable(xsVar(4), &there, &count);
		memcpy(there, copy, length);
		xsmcSetInteger(xsVar(5), length);
		xsVar(0) = xsCallFunction4(xsVar(0), xsGlobal, xsVar(1), xsVar(2), xsVar(3), xsVar(5));
		answer = xsmcToNumber(xsVar(0));
		xsmcGetBufferWritable(xsVar(4), &there, &count);
		memcpy(copy, there, length);
	}
	xsEndHost(world);
	if (length) {
		// The world may have run for long, but it cannot have moved what is in this machine.
		xsmcGetBufferWritable(xsArg(3), &bytes, &length);
		memcpy(bytes, copy, length);
	}
	xsmcSetNumber(xsResult, answer);
}

/** Puts a function on `host`, and `host` on the global object first when there is none. */
static void install(xsMachine *machine, const char *name, xsCallback callback, int count)
{
	xsBeginHost(machine);
	{
		xsmcVars(2);
		xsmcGet(xsVar(0), xsGlobal, xsID("host"));
		if (!xsmcTest(xsVar(0))) {
			xsVar(0) = xsmcNewObject();
			xsmcSet(xsGlobal, xsID("host"), xsVar(0));
		}
		xsVar(1) = xsNewHostFunction(callback, count);
		xsmcSet(xsVar(0), xsID(name), xsVar(1));
	}
	xsEndHost(machine);
}

/** A machine with `host` on its global object. */
static xsMachine *create(void)
{
	xsMachine *machine = xsCreateMachine(&large, "preload", NULL);
	install(machine, "print", host_print, 1);
	install(machine, "collect", host_collect, 0);
	install(machine, "usage", host_usage, 1);
	install(machine, "remote", host_remote, 4);
	machine_mark_built_in(machine);
	return machine;
}

/** Calls `programs[name](host)` and the jobs that follow; `into` keeps what it returns on the global object. */
static int call(xsMachine *machine, const char *name, const char *into)
{
	volatile int failed = 0;
	xsBeginHost(machine);
	{
		xsmcVars(3);
		xsTry
		{
			xsmcGet(xsVar(0), xsGlobal, xsID("programs"));
			xsmcGet(xsVar(1), xsGlobal, xsID("host"));
			xsVar(2) = xsCall1(xsVar(0), xsID(name), xsVar(1));
			if (into) {
				xsmcSet(xsGlobal, xsID(into), xsVar(2));
			}
		}
		xsCatch
		{
			xsVar(0) = xsException;
			fprintf(stderr, "%s: %s\n", name, xsmcToString(xsVar(0)));
			failed = 1;
		}
	}
	xsEndHost(machine);
	if (!failed) {
		machine_run_jobs(machine);
	}
	fflush(stdout);
	return failed;
}

static int print_sizes(const char *file)
{
	machine_print_sizes();
	machine_import(create(), file);
	return 0;
}

static int report_mutable(const char *file)
{
	xsMachine *machine = create();
	machine_import(machine, file);
	machine_freeze(machine);
	return machine_report_mutable(machine) > 0;
}

/** Takes `name=N` from the arguments. */
static void take_option(const char *argument, xsCreation *creation)
{
	const char *equals = strchr(argument, '=');
	const size_t length = equals - argument;
	const long value = strtol(equals + 1, NULL, 10);
	if (0 == strncmp(argument, "chunk", length)) {
		creation->initialChunkSize = value;
		creation->incrementalChunkSize = 0;
	} else if (0 == strncmp(argument, "slots", length)) {
		creation->initialHeapCount = value;
		creation->incrementalHeapCount = 0;
	} else if (0 == strncmp(argument, "stack", length)) {
		creation->stackCount = value;
	} else {
		fprintf(stderr, "option: expected chunk, slots or stack, got %s\n", argument);
		exit(64);
	}
}

static int run(int count, char **arguments)
{
	xsCreation creation = large;
	for (; count > 0 && strchr(arguments[0], '='); count--, arguments++) {
		take_option(arguments[0], &creation);
	}
	if (count < 2) {
		return 64;
	}
	xsMachine *preload = create();
	machine_import(preload, arguments[0]);
	machine_freeze(preload);
	machine_share(preload);
	if (count > 2) {
		world = xsCloneMachine(&large, preload, "world", NULL);
		if (call(world, arguments[2], "serve")) {
			return 1;
		}
	}
	return call(xsCloneMachine(&creation, preload, "station", NULL), arguments[1], NULL);
}

int main(int count, char **arguments)
{
	if (count == 3 && 0 == strcmp(arguments[1], "size")) {
		return print_sizes(arguments[2]);
	}
	if (count == 3 && 0 == strcmp(arguments[1], "mutable")) {
		return report_mutable(arguments[2]);
	}
	if (count > 3 && 0 == strcmp(arguments[1], "run")) {
		return run(count - 2, arguments + 2);
	}
	fprintf(stderr, "usage: xs size FILE | mutable FILE | run [OPTION=N...] FILE PROGRAM [WORLD]\n");
	return 64;
}

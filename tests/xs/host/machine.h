/**
 * What the host asks of the engine beyond `xs.h`: modules from files, the freezing that the linker of the
 * Moddable SDK does to what it preloads, and how full a machine is.
 */
#pragma once

#include <stdint.h>

/** One and the same structure; `xs.h` and the engine's own headers name it differently. */
#ifdef __XSALL__
typedef struct sxMachine machine;
#else
typedef struct xsMachineRecord machine;
#endif

/** How full a machine is; slots have 16 bytes on the chip and in a build with -m32. */
struct usage {
	uint32_t chunk_bytes;
	uint32_t slots;
	uint32_t stack_slots_peak;
};

/** Imports the module in a file and runs the jobs that follow. */
void machine_import(machine *the, const char *path);

/** Runs promise jobs until there are none. */
void machine_run_jobs(machine *the);

/** Has a line printed for each module that is compiled: bytes of its code, bytes of its names, path. */
void machine_print_sizes(void);

/** Remembers what the engine itself has made, before any program. */
void machine_mark_built_in(machine *the);

/**
 * Freezes what the SDK's linker freezes: everything that is built in, functions, classes and their prototypes,
 * and instances that cannot change on the chip.
 */
void machine_freeze(machine *the);

/** Makes of the machine what the chip has in flash; others are cloned from it. */
void machine_share(machine *the);

/**
 * Prints a line for everything that is still mutable, and so costs a pointer in RAM. The machine is of no use
 * for anything else afterwards.
 *
 * @return how many lines
 */
int machine_report_mutable(machine *the);

struct usage machine_usage(machine *the);

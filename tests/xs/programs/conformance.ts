import { catalogue } from "../../../sensors/catalogue.ts";
import type { PathOptions } from "../../../simulator/device/socket.ts";
import { VirtualFlash, VirtualKeyValue } from "../../../simulator/device/storage.ts";
import { MemorySocketBench, makeBusBench, makeClockBench } from "../../conformance/benches.ts";
import { busCases } from "../../conformance/bus.ts";
import { clockCases } from "../../conformance/clock.ts";
import { flashCases } from "../../conformance/flash.ts";
import { keyValueCases } from "../../conformance/keyvalue.ts";
import { sensorCases } from "../../conformance/sensor.ts";
import { socketCases } from "../../conformance/socket.ts";
import { Bench } from "../../support/bench.ts";
import type { Host } from "../host.ts";

interface Case<T> {
	readonly name: string;
	run(bench: T): void | Promise<void>;
}

/** Runs each case on a bench of its own and prints a line for it. */
async function runAll<T>(
	{ print }: Host,
	suite: string,
	cases: readonly Case<T>[],
	make: () => T,
): Promise<void> {
	for (const { name, run } of cases) {
		let verdict = "ok";
		try {
			await run(make());
		} catch (error) {
			verdict = `FAILED: ${error instanceof Error ? error.message : error}`;
		}
		print(`${suite}: ${name}: ${verdict}`);
	}
}

const paths: Readonly<Record<string, PathOptions>> = {
	"a good path": {},
	"single bytes": { window: 64, segment: 1, delay: 1 },
	"every third segment lost": { loss: 0.33 },
};

export async function storage(host: Host): Promise<void> {
	for (const writeAlign of [1, 4, 16]) {
		const make = () => new VirtualFlash({ blocks: 4, blockLength: 512, writeAlign });
		await runAll(host, `flash, writeAlign ${writeAlign}`, flashCases, make);
	}
	await runAll(host, "key-value", keyValueCases, () => new VirtualKeyValue());
}

export async function ports(host: Host): Promise<void> {
	await runAll(host, "bus", busCases, () => makeBusBench().fixture);
	await runAll(host, "clock", clockCases, makeClockBench);
}

export async function sensors(host: Host): Promise<void> {
	for (const [name, Driver] of Object.entries(catalogue)) {
		const cases = sensorCases.filter(({ applies }) => applies?.(new Bench(Driver)) ?? true);
		await runAll(host, name, cases, () => new Bench(Driver));
	}
}

export async function sockets(host: Host): Promise<void> {
	for (const [name, options] of Object.entries(paths)) {
		await runAll(host, `socket, ${name}`, socketCases, () => new MemorySocketBench(options));
	}
}

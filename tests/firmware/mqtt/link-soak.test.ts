import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { Limits } from "../../../firmware/limits.ts";
import { SessionBuffers } from "../../../firmware/mqtt/buffers.ts";
import type { Socket } from "../../../firmware/ports/socket.ts";
import { LinkBench } from "./linkbench.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapAfterCollection(): number {
	collectGarbage();
	return process.memoryUsage().heapUsed;
}

/** The ways in which the connections end, in turn. */
const endings: readonly ((bench: LinkBench) => void)[] = [
	(bench) => bench.socket.options.onError(undefined),
	(bench) => bench.link.networkChanged(bench.ticks),
	(bench) => bench.next(),
	(bench) => bench.socket.receive({ cmd: "connack", returnCode: 0, sessionPresent: true }),
];

function reconnect(bench: LinkBench, times: number): void {
	const payload = new Uint8Array(20);
	for (let count = 0; count < times; count++) {
		bench.reach("Opening");
		bench.connack(0, count % 3 > 0);
		const qos = ((count % 2) + 1) as 1 | 2;
		bench.session.publish("t", payload, payload.length, qos, false, bench.ticks);
		endings[count % endings.length]!(bench);
		bench.lines.length = 0;
		bench.events.length = 0;
	}
}

/** Reconnects 1,000 times, in a frame of its own, so that no register holds the last socket. */
function watch(bench: LinkBench): WeakRef<Socket>[] {
	const references: WeakRef<Socket>[] = [];
	for (let round = 0; round < 10; round++) {
		reconnect(bench, 100);
		for (const socket of bench.sockets.splice(0)) references.push(new WeakRef(socket));
	}
	return references;
}

test("1,000 reconnects: every socket is let go", async () => {
	const bench = new LinkBench();
	const references = watch(bench);
	// A WeakRef holds its target until the job that made it has ended.
	await new Promise(setImmediate);
	collectGarbage();
	expect(bench.link.connects).toBe(1_000);
	expect(references).toHaveLength(1_000);
	expect(references.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
	expect(bench.questions).toHaveLength(0);
	expect(bench.session.inflightCount).toBeLessThanOrEqual(Limits.controlMessages);
});

test("1,000 reconnects: no buffer beside those reserved, and none that is not given back", () => {
	const buffers = new SessionBuffers();
	const reserved = buffers.bytes;
	const bench = new LinkBench({}, { buffers });
	reconnect(bench, 1_000);
	expect(buffers.bytes).toBe(reserved);
	const { input, receive, transmit, control } = buffers;
	expect([input.lent, receive.lent, transmit.lent]).toEqual([0, 0, 0]);
	expect(control.lent).toBe(bench.session.inflightCount);
});

test("10,000 reconnects: the heap is what it was", () => {
	const bench = new LinkBench();
	reconnect(bench, 1_000);
	bench.sockets.length = 0;
	const before = heapAfterCollection();
	for (let round = 0; round < 100; round++) {
		reconnect(bench, 100);
		bench.sockets.length = 0;
	}
	const bytesEach = (heapAfterCollection() - before) / 10_000;
	// A forgotten closure is 64 bytes or more; the test runner's own heap moves by 0.2 MB.
	expect(bytesEach).toBeLessThan(50);
});

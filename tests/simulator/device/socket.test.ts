import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import type { PathOptions } from "../../../simulator/device/socket.ts";
import { MemorySocketBench as Bench } from "../../conformance/benches.ts";
import { socketCases } from "../../conformance/socket.ts";

const kinds: Readonly<Record<string, PathOptions>> = {
	"a good path": {},
	"single bytes": { window: 64, segment: 1, delay: 1 },
	"a window of one byte": { window: 1, delay: 1 },
	"delay and jitter": { delay: 150, jitter: 300 },
	"every third segment lost": { loss: 0.33 },
};

describe.each(Object.entries(kinds))("socket through memory, %s", (_name, options) => {
	for (const { name, run } of socketCases) {
		test(name, () => run(new Bench(options)));
	}
});

describe("socket through memory", () => {
	test("a connection takes two round trips, a byte half a one", async () => {
		const bench = new Bench({ delay: 50 });
		const { socket, events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(events).toEqual(["100 connected", "200 writable 5744"]);
		expect(bench.peer.things).toEqual(["station-0001"]);
		socket.write(Uint8Array.of(1, 2));
		bench.clock.runUntil(1_049);
		expect(bench.peer.received).toEqual([]);
		bench.clock.runUntil(1_050);
		expect(bench.peer.received).toEqual([1, 2]);
	});

	test("every callback of the station is a turn", async () => {
		const bench = new Bench();
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(bench.turns).toBe(events.length);
	});

	test("a refusal by TLS carries its status", () => {
		const bench = new Bench();
		bench.peer.refusal = Status.CertificateExpired;
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(events).toEqual(["40 connected", `80 error ${Status.CertificateExpired}`]);
	});

	test("a name that is forgotten is not resolved, a listener that has gone refuses", async () => {
		const bench = new Bench();
		const address = bench.virtual.addressOf(bench.host);
		bench.virtual.stopListening(bench.host, bench.port);
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(events).toEqual([`40 error ${Status.ConnectionRefused}`]);
		bench.virtual.setResolvable(bench.host, false);
		expect(bench.virtual.addressOf(bench.host)).toBeUndefined();
		expect(address).toBeDefined();
	});

	test("half-open: nobody hears anything, and what waits goes on when the path is open again", () => {
		const bench = new Bench();
		const { socket, events } = bench.open();
		bench.clock.runUntil(1_000);
		bench.network.block(true, true);
		expect(socket.write(Uint8Array.of(1, 2, 3))).toBe(3);
		bench.peer.send(Uint8Array.of(4));
		bench.peer.close();
		const before = [...events];
		bench.clock.runUntil(86_400_000);
		expect(bench.peer.received).toEqual([]);
		expect(events).toEqual(before);
		bench.network.block(false, false);
		bench.clock.runUntil(86_401_000);
		expect(events.at(-2)).toBe("86400000 readable 1");
		expect(events.at(-1)).toBe("86400000 error undefined");
	});

	test("open towards the world only: writes fill the window and then stall", () => {
		const bench = new Bench({ window: 100 });
		const { socket, events } = bench.open();
		bench.clock.runUntil(1_000);
		bench.network.block(false, true);
		expect(socket.write(new Uint8Array(80))).toBe(80);
		bench.clock.runUntil(2_000);
		expect(bench.peer.received).toHaveLength(80);
		expect(socket.write(new Uint8Array(80))).toBe(20);
		expect(socket.write(new Uint8Array(80))).toBe(0);
		bench.clock.runUntil(60_000);
		expect(socket.write(new Uint8Array(80))).toBe(0);
		bench.network.block(false, false);
		bench.clock.runUntil(61_000);
		expect(events.at(-1)).toMatch(/writable/);
	});

	test("an attempt into a blocked path hears nothing, not even a refusal", () => {
		const bench = new Bench();
		bench.network.block(true, false);
		const { events } = bench.open();
		let answer: string | undefined = "none";
		bench.network.resolver.resolve(bench.host, (address) => {
			answer = address;
		});
		bench.clock.runUntil(600_000);
		expect(events).toEqual([]);
		expect(answer).toBeUndefined();
	});

	test("a crash of the server is a reset, with what was under way lost", () => {
		const bench = new Bench();
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		bench.peer.send(new Uint8Array(10));
		bench.peer.connection.reset();
		bench.clock.runUntil(2_000);
		expect(events.slice(2)).toEqual([`1020 error ${Status.ConnectionLost}`]);
	});

	test("a power cut of the station leaves the server with a half-open connection", () => {
		const bench = new Bench();
		const { socket } = bench.open();
		bench.clock.runUntil(1_000);
		socket.write(Uint8Array.of(1));
		bench.network.cut();
		bench.clock.runUntil(86_400_000);
		expect(bench.peer.received).toEqual([]);
		expect(bench.peer.ended).toBe(0);
	});

	test("the same seed gives the same events, with loss and jitter", () => {
		const run = (): string[] => {
			const bench = new Bench({ loss: 0.3, jitter: 40, segment: 5 });
			const { socket, events } = bench.open();
			bench.clock.runUntil(100_000);
			for (let count = 0; count < 20; count++) {
				socket.write(new Uint8Array(20));
				bench.peer.send(new Uint8Array(20));
				bench.clock.runUntil(bench.clock.now + 10_000);
			}
			return events;
		};
		expect(run()).toEqual(run());
		expect(run().length).toBeGreaterThan(20);
	});
});

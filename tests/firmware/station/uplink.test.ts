import { describe, expect, test } from "@jest/globals";
import { Observation, ObservationRun } from "../../../firmware/base/observation.ts";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { Uplink } from "../../../firmware/station/uplink.ts";

const at = (ms: number) => ms as Ticks;

/** An uplink over an outbox in a list; a report's payload is its first and last sequence. */
class Bench {
	readonly waiting: Observation[] = [];
	readonly published: [number, number][] = [];
	readonly acknowledged: [number, number][] = [];
	readonly log: string[] = [];
	/** Bytes of one observation in a report of at most 100 bytes. */
	bytesEach = 1;
	room = 99;
	newest = 0;
	readonly uplink = new Uplink({
		run: new ObservationRun(8),
		payload: new Uint8Array(Limits.reportBytes),
		peek: (from, limit, into) => {
			into.clear();
			for (const observation of this.waiting) {
				if (observation.sequence < from) continue;
				if (into.count === limit || !into.add(observation)) break;
			}
			return into.count;
		},
		newest: () => this.newest,
		acknowledge: (first, last) => {
			this.acknowledged.push([first, last]);
			const left = this.waiting.filter(({ sequence }) => sequence < first || sequence > last);
			this.waiting.splice(0, this.waiting.length, ...left);
			return Status.Ok;
		},
		encode: (run: ObservationRun) => {
			const length = run.count * this.bytesEach;
			return length > 100 ? -Status.NoRoom : length;
		},
		canPublish: () => this.room > 0,
		publish: (_payload, _length, first, last) => {
			this.room -= 1;
			this.published.push([first, last]);
			return this.published.length;
		},
		log: (line) => this.log.push(line),
	});

	/** Appends observations up to `last`; `gapAt` leaves out the time of one window before it. */
	append(last: number, gapAt = 0): this {
		for (let sequence = this.newest + 1; sequence <= last; sequence++) {
			const observation = new Observation();
			observation.sequence = sequence;
			observation.periodSeconds = 5;
			observation.startSeconds = (sequence + (gapAt > 0 && sequence >= gapAt ? 1 : 0)) * 5;
			this.waiting.push(observation);
			this.newest = sequence;
		}
		return this;
	}
}

describe("Uplink", () => {
	test("waits for a full report, then sends all that waits", () => {
		const bench = new Bench();
		bench.uplink.perReport = 6;
		bench.append(5).uplink.pump(at(0));
		expect(bench.published).toEqual([]);
		bench.append(6).uplink.pump(at(1));
		expect(bench.published).toEqual([[1, 6]]);
	});

	test("after an outage reports carry full runs, and the rest waits", () => {
		const bench = new Bench();
		bench.uplink.perReport = 6;
		bench.append(125).uplink.pump(at(0));
		expect(bench.published).toEqual([
			[1, 60],
			[61, 120],
		]);
	});

	test("a gap in time ends a run but holds nothing back", () => {
		const bench = new Bench();
		bench.uplink.perReport = 4;
		bench.append(4, 3).uplink.pump(at(0));
		expect(bench.published).toEqual([[1, 2]]);
		bench.append(6, 3).uplink.pump(at(1));
		expect(bench.published).toEqual([
			[1, 2],
			[3, 6],
		]);
	});

	test("draining sends what waits, full or not", () => {
		const bench = new Bench();
		bench.uplink.perReport = 6;
		bench.uplink.draining = true;
		bench.append(2).uplink.pump(at(0));
		expect(bench.published).toEqual([[1, 2]]);
	});

	test("sends nothing without room, and goes on with the acknowledgement", () => {
		const bench = new Bench();
		bench.room = 1;
		bench.append(120).uplink.pump(at(0));
		expect(bench.published).toEqual([[1, 60]]);
		bench.room = 1;
		bench.uplink.onAcknowledged(1, 60, at(40));
		expect(bench.published.at(-1)).toEqual([61, 120]);
		expect(bench.acknowledged).toEqual([[1, 60]]);
		expect(bench.uplink.roundTripMs).toBe(40);
	});

	test("a report that does not fit is cut in halves", () => {
		const bench = new Bench();
		bench.bytesEach = 4;
		bench.append(60).uplink.pump(at(0));
		expect(bench.published).toEqual([
			[1, 15],
			[16, 37],
			[38, 60],
		]);
	});

	test("an observation that fits no report is said, and holds nothing back", () => {
		const bench = new Bench();
		bench.bytesEach = 101;
		bench.append(2).uplink.pump(at(0));
		expect(bench.log).toEqual([
			"uplink: observation 1 does not fit a report",
			"uplink: observation 2 does not fit a report",
		]);
	});

	test("redelivers the very run, or gives it up and cuts what is left anew", () => {
		const bench = new Bench();
		bench.uplink.perReport = 6;
		bench.append(6).uplink.pump(at(0));
		expect(bench.uplink.redeliver(1, 6, new Uint8Array(100), 0)).toBe(6);
		bench.waiting.splice(0, 2);
		expect(bench.uplink.redeliver(1, 6, new Uint8Array(100), 0)).toBe(-Status.NotFound);
		bench.uplink.pump(at(1));
		expect(bench.published).toEqual([
			[1, 6],
			[3, 6],
		]);
	});

	test("counts payload bytes once, however often a report is sent", () => {
		const bench = new Bench();
		bench.append(6).uplink.pump(at(0));
		bench.waiting.shift();
		bench.uplink.redeliver(1, 6, new Uint8Array(100), 0);
		bench.uplink.pump(at(1));
		expect(bench.uplink).toMatchObject({
			sent: 2,
			resent: 1,
			payloadBytes: 6,
			payloadObservations: 6,
		});
	});

	test("a round trip over a reconnection is not measured", () => {
		const bench = new Bench();
		bench.append(6).uplink.pump(at(0));
		bench.uplink.redeliver(1, 6, new Uint8Array(100), 0);
		bench.uplink.onAcknowledged(1, 6, at(90_000));
		expect(bench.uplink.roundTripMs).toBeNaN();
	});
});

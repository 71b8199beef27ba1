import { describe, expect, test } from "@jest/globals";
import standard from "../../../examples/station.ts";
import { FleetBench } from "../fleet/bench.ts";

const definition = {
	...standard,
	cadence: { sampleSeconds: 60, observeSeconds: 60, reportSeconds: 300 },
	healthSeconds: 600,
};

/** States of the link in which the radio sends. */
const sending = new Set(["resolving", "connecting", "handshake", "opening", "up", "closing"]);

/** A battery that bears the processor and the sensors, but not the radio. */
class WeakBattery {
	dips = 0;
	readonly #bench: FleetBench;

	constructor(bench: FleetBench) {
		this.#bench = bench;
	}

	pass(seconds: number): void {
		const [station] = this.#bench.fleet.stations;
		for (let second = 0; second < seconds; second++) {
			this.#bench.pass(1);
			if (!sending.has(station!.state?.link ?? "")) continue;
			this.dips += 1;
			station!.reset("brownout");
		}
	}
}

describe("a battery that does not bear the radio", () => {
	test("is left alone longer and longer, while nothing observed is lost", () => {
		const bench = new FleetBench({ definition });
		bench.fleet.start();
		bench.pass(600);
		const battery = new WeakBattery(bench);
		battery.pass(3_600);
		const inFirstHour = battery.dips;
		battery.pass(5 * 3_600);
		const later = battery.dips - inFirstHour;
		process.stderr.write(
			`brown-outs in the first hour ${inFirstHour}, in the next five ${later}\n`,
		);
		// 3 that count, then after 1, 2, 4, 8, 16 and 30 minutes; twice an hour from there on.
		expect(inFirstHour).toBeGreaterThanOrEqual(6);
		expect(inFirstHour).toBeLessThanOrEqual(9);
		expect(later).toBeLessThanOrEqual(11);

		// The sun is back: within half an hour it connects, and says what there was.
		const [station] = bench.fleet.stations;
		const health = (): Record<string, unknown> =>
			JSON.parse(bench.broker.messages.get("isobar/station-1/health")!);
		for (let second = 0; second < 1_860 && station!.state?.link !== "up"; second++) bench.pass(1);
		bench.pass(5);
		expect(health()).toMatchObject({
			reset: "brownout",
			supply: { brownouts: battery.dips, heldSeconds: 1_800, reportStretch: 8 },
		});
		const sent = station!.state!.reportsSent;
		bench.pass(780);
		expect(station!.state!.reportsSent - sent).toBeLessThanOrEqual(1);

		// A quarter of an hour with the radio on, and everything is as before.
		bench.pass(1_200);
		expect(health()).not.toHaveProperty("supply");
		const before = station!.state!.reportsSent;
		bench.pass(1_500);
		expect(station!.state!.reportsSent - before).toBeGreaterThanOrEqual(4);

		bench.drain();
		bench.pass(60);
		expect(station!.isDrained).toBe(true);
		expect(station!.state!.waiting).toBe(0);
		// Every minute, but for those that a reset has cut, and each is acknowledged.
		const { made, acknowledged } = station!.totals();
		const count = made.reduce((sum, { first, last }) => sum + last - first + 1, 0);
		expect(count).toBeGreaterThan(bench.seconds / 60 - battery.dips - 3);
		expect(acknowledged).toBeGreaterThanOrEqual(count);
		expect(bench.lines.filter((line) => /not appended|corrupt/.test(line))).toEqual([]);
	}, 120_000);
});

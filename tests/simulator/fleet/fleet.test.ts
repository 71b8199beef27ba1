import { describe, expect, test } from "@jest/globals";
import standard from "../../../examples/station.ts";
import { defineStation, sensor } from "../../../firmware/index.ts";
import type { Analog, AnalogConstructor, AnalogOptions } from "../../../firmware/ports/io.ts";
import type { Sensor, SensorOptions } from "../../../firmware/ports/sensor.ts";
import type { SimulatedStation } from "../../../simulator/fleet/station.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import { FleetBench } from "./bench.ts";

/** Every sequence number that a station has made. */
function made(station: SimulatedStation): number[] {
	return station
		.totals()
		.made.flatMap(({ first, last }) =>
			Array.from({ length: last - first + 1 }, (_, index) => first + index),
		);
}

function expectWhole(bench: FleetBench): void {
	for (const station of bench.fleet.stations) {
		const arrived = bench.broker.sequences(station.thing);
		expect([...new Set(arrived)].sort((a, b) => a - b)).toEqual(made(station));
	}
}

describe("a fleet in virtual time", () => {
	test("samples, observes and reports by its cadence", () => {
		const bench = new FleetBench({ stations: 3 });
		bench.fleet.start();
		bench.pass(600);
		const totals = bench.fleet.totals();
		expect(totals.connects).toBe(3);
		expect(totals.samples).toBeGreaterThanOrEqual(3 * 298);
		expect(totals.made).toBeGreaterThanOrEqual(3 * 118);
		expect(totals.payloadBytes / totals.payloadObservations).toBeLessThan(32);
		bench.drain();
		bench.pass(31);
		expect(bench.fleet.stations.map(({ isDrained }) => isDrained)).toEqual([true, true, true]);
		expect(bench.fleet.totals()).toMatchObject({ waiting: 0, shed: 0, crashes: 0 });
		expectWhole(bench);
	});

	test("the same seed gives the same run", () => {
		const run = () => {
			const bench = new FleetBench({ stations: 2, seed: 7, path: { jitter: 50, loss: 0.05 } });
			bench.fleet.start();
			bench.pass(120);
			return [bench.lines, bench.broker.reports];
		};
		expect(run()).toEqual(run());
	});

	test("a station does not depend on how many others there are", () => {
		const values = (stations: number) => {
			const bench = new FleetBench({ stations });
			bench.fleet.start();
			bench.pass(20);
			return [...bench.fleet.stations[0]!.state!.lastObservation.values];
		};
		expect(values(1)).toEqual(values(3));
		expect(values(1)[0]).toBeLessThan(0);
	});

	test("a broker that is away for five minutes gets everything afterwards", () => {
		const bench = new FleetBench({ stations: 3 });
		bench.fleet.start();
		bench.pass(60);
		bench.network.stopListening(bench.host, bench.port);
		bench.broker.crash();
		bench.pass(300);
		expect(bench.fleet.totals().waiting).toBeGreaterThan(3 * 55);
		bench.network.listen(bench.host, bench.port, bench.broker);
		bench.pass(600);
		bench.drain();
		bench.pass(31);
		expect(bench.fleet.totals().waiting).toBe(0);
		expectWhole(bench);
	});

	test("a path that goes dead is noticed, and everything arrives afterwards", () => {
		const bench = new FleetBench();
		bench.fleet.start();
		bench.pass(60);
		bench.world.path("station-1")!.block(true, true);
		bench.pass(300);
		expect(bench.fleet.stations[0]!.state!.link).not.toBe("up");
		bench.world.path("station-1")!.block(false, false);
		bench.pass(600);
		bench.drain();
		bench.pass(31);
		expectWhole(bench);
		expect(bench.fleet.totals().connects).toBe(2);
	});
});

describe("a power cut", () => {
	test.each([1, 2, 3, 4, 5])("at any moment loses nothing that was made (seed %i)", (seed) => {
		const bench = new FleetBench({ stations: 2, seed, path: { loss: 0.02, jitter: 30 } });
		const random = new RandomStream(seed).child("cuts");
		bench.fleet.start();
		bench.pass(5);
		for (let cut = 0; cut < 20; cut++) {
			const station = bench.fleet.stations[random.below(2)]!;
			bench.pass(random.unit() * 40);
			station.powerCut();
			expect(station.state).toBeUndefined();
			bench.pass(random.unit() * 5);
			station.powerOn();
		}
		bench.pass(60);
		bench.drain();
		bench.pass(31);
		expect(bench.fleet.totals()).toMatchObject({ waiting: 0, shed: 0, crashes: 0 });
		expectWhole(bench);
		const numbers = bench.fleet.stations.map(made);
		for (const sequences of numbers) {
			expect(new Set(sequences).size).toBe(sequences.length);
			expect(sequences.at(-1)! - sequences[0]! + 1).toBe(sequences.length);
		}
	});

	test("in the middle of a write: the firmware ends there, and what was whole is reported", () => {
		const bench = new FleetBench();
		bench.fleet.start();
		bench.pass(40);
		const station = bench.fleet.stations[0]!;
		const flash = bench.flashes[0]!;
		flash.onCut = () => station.powerCut();
		for (let keep = 0; keep < 40; keep += 5) {
			flash.cutAfter(1, keep);
			bench.pass(31);
			expect(flash.isPowered).toBe(false);
			flash.powerOn();
			station.powerOn();
			bench.pass(5);
		}
		bench.pass(60);
		bench.drain();
		bench.pass(31);
		const arrived = bench.broker.sequences(station.thing);
		expect(bench.fleet.totals()).toMatchObject({ waiting: 0, crashes: 0 });
		for (const sequence of made(station)) expect(arrived).toContain(sequence);
	});

	test("a station that is off has no voice", () => {
		const bench = new FleetBench();
		bench.fleet.start();
		bench.pass(10);
		const station = bench.fleet.stations[0]!;
		station.powerCut();
		station.powerCut();
		const { lines, clock } = bench;
		const before = lines.length;
		bench.pass(600);
		expect(lines).toHaveLength(before);
		expect(clock.pending).toBe(0);
		expect(station.isDrained).toBe(true);
		station.drain(1_000);
		expect(station.totals().made).toHaveLength(1);
	});
});

describe("a user's own sensor", () => {
	class Probe implements Sensor {
		static readonly part = { name: "Probe", io: "Analog", channels: ["soilMoisture"] } as const;
		readonly #io: Analog;

		constructor({ sensor }: SensorOptions<AnalogConstructor, AnalogOptions>) {
			const { io: Analog, ...options } = sensor;
			this.#io = new Analog(options);
		}

		start(): number {
			return 0;
		}

		sample(into: object) {
			return Object.assign(into, { soil: { moisture: this.#io.read() / 40.95 } });
		}

		close(): void {
			this.#io.close();
		}
	}
	const definition = defineStation({
		...standard,
		sensors: [...standard.sensors, sensor(Probe, { pin: 36, configure: {} })],
		channels: [
			{
				name: "soilMoisture",
				unit: "%",
				key: "S",
				perUnit: 10,
				aggregate: "mean",
				minimum: 0,
				maximum: 100,
				group: "soil",
				property: "moisture",
				in: "observation",
			},
		],
	});

	test("is driven by the part that its file exports", () => {
		const bench = new FleetBench({
			definition,
			parts: { Probe: () => ({ kind: "analog", millivolts: () => 1_650 }) },
		});
		bench.fleet.stations[0]!.powerOn();
		bench.pass(9.9);
		expect(bench.fleet.stations[0]!.state!.lastObservation.values[8]).toBeCloseTo(50, 0);
	});

	test("without a part is one clear line", () => {
		expect(() => new FleetBench({ definition })).toThrow(
			/^sensor Probe: no simulated part Probe; expected the station file to export one in `parts`$/,
		);
	});
});

test("firmware that fails an assertion is started again and counted, and nothing is lost", () => {
	const bench = new FleetBench();
	bench.fleet.start();
	bench.pass(20);
	const station = bench.fleet.stations[0]!;
	let breaks = true;
	Object.defineProperty(station.state!.lastObservation, "startSeconds", {
		set() {
			if (breaks) throw new Error("assertion failed: a test");
		},
		get: () => 0,
		configurable: true,
	});
	bench.pass(6);
	breaks = false;
	expect(station.crashes).toBe(1);
	expect(bench.lines.some((line) => line.endsWith("crashed: assertion failed: a test"))).toBe(true);
	bench.pass(60);
	bench.drain();
	bench.pass(31);
	expect(station.totals().made).toHaveLength(2);
	expectWhole(bench);
});

import type { Sensor } from "../../firmware/ports/sensor.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { type Bench, valuesOf } from "../support/bench.ts";

/** One requirement on every driver. `run` throws when it is not met. */
export interface SensorCase {
	readonly name: string;
	/** Whether a part can be asked this at all. */
	applies?(bench: Bench): boolean;
	run(bench: Bench): void;
}

function check(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

/** Rounds until there is a sample with all values: pulse drivers need a sample before the first. */
function settle(bench: Bench, sensor: Sensor): number[] {
	for (let round = 0; round < 3; round++) {
		bench.advance(2000);
		const { values, reason } = bench.observe(sensor);
		if (reason === undefined) return values;
	}
	throw new Error("gives no values");
}

/** Puts a fault on the part and looks at what the driver says two samples later. */
function observeFault(bench: Bench, fault: "nack" | "unplugged" | "power" | "crc" | "busy") {
	const sensor = bench.create();
	settle(bench, sensor);
	const into = {};
	bench.observe(sensor, into);
	bench.part.fault = fault;
	for (let round = 0; round < 2; round++) {
		bench.advance(2000);
		bench.observe(sensor, into);
	}
	bench.advance(2000);
	const { values, reason } = bench.observe(sensor, into);
	check(values.length === 0, `stale values with fault ${fault}: ${values.join(", ")}`);
	return { sensor, reason };
}

/**
 * A fault that shows as a null with a reason, and goes away when it is repaired.
 *
 * A switch has no wire to tell an open contact from a cut cable: pulse parts are not asked.
 */
function faultCase(fault: "nack" | "unplugged" | "power" | "crc" | "busy", reasons: string[]) {
	return {
		name: `fault ${fault}: null with a reason, never a stale value, and values again once repaired`,
		applies: ({ part }: Bench) => part.kind !== "pulse" && (part.faults ?? []).includes(fault),
		run(bench: Bench): void {
			const { sensor, reason } = observeFault(bench, fault);
			check(reasons.includes(String(reason)), `reason of ${fault} is ${reason}`);
			bench.part.fault = undefined;
			if (fault === "power" && bench.part.kind === "i2c") bench.part.powerCycle(bench.time);
			settle(bench, sensor);
		},
	};
}

/** What every driver must do with its part, one case at a time, each on a fresh bench. */
export const sensorCases: readonly SensorCase[] = [
	{
		name: "names itself, its IO class and its channels",
		run(bench) {
			const { name, io, channels } = bench.Driver.part;
			const { identification } = bench.create();
			check(/^\S+$/.test(name), "the part has a name without blanks");
			check(io in bench.bus.io, `${io} is an IO class`);
			check(channels.length > 0, "it fills a channel");
			check(new Set(channels).size === channels.length, "no channel twice");
			check(Boolean(identification?.model), "identification.model (ECMA-419 §13.3)");
			check(Boolean(identification?.classification), "identification.classification");
		},
	},
	{
		name: "its channels are all known and filled, within their range",
		run(bench) {
			const sensor = bench.create();
			settle(bench, sensor);
			bench.advance(2000);
			const sample = bench.round(sensor)!;
			const known = new ChannelTable();
			for (const name of bench.Driver.part.channels) {
				check(known.indexOf(name) >= 0, `there is no channel ${name}`);
				const channel = known.at(known.indexOf(name));
				const value = (sample[channel.group] as Record<string, number>)?.[channel.property];
				check(
					value !== undefined && value >= channel.minimum && value <= channel.maximum,
					`${channel.name} is ${value}`,
				);
			}
		},
	},
	{
		name: "start gives a finite wait of 0 ms or more, in whole ms",
		run(bench) {
			const sensor = bench.create();
			for (let count = 0; count < 4; count++) {
				const wait = sensor.start(bench.now);
				check(Number.isInteger(wait) && wait >= 0, `wait is ${wait}`);
				bench.advance(wait);
				sensor.sample({}, bench.now);
				bench.advance(2000);
			}
		},
	},
	{
		name: "no value before the first start",
		// An analog input, or a part that nobody has to tell to measure, has its value at any moment.
		applies: (bench) => bench.part.kind === "pulse" || bench.create().start(bench.now) > 0,
		run(bench) {
			const into = {};
			bench.create().sample(into, bench.now);
			check(valuesOf(into).length === 0, "a value out of nothing");
		},
	},
	{
		name: "mid-conversion there is nothing, and no value is left in the target",
		run(bench) {
			const sensor = bench.create();
			settle(bench, sensor);
			const into = {};
			bench.advance(2000);
			bench.round(sensor, into);
			bench.advance(2000);
			const wait = sensor.start(bench.now);
			for (let elapsed = 0; elapsed < wait * 0.8; elapsed++) {
				const sample = sensor.sample(into, bench.now);
				check(sample === undefined, `a sample after ${elapsed} of ${wait} ms`);
				check(valuesOf(into).length === 0, `a stale value after ${elapsed} ms`);
				bench.advance(1);
			}
			bench.advance(wait);
			check(bench.round(sensor, into) !== undefined, "no sample when the time is over");
		},
	},
	{
		name: "fills the caller's object and gives it back",
		run(bench) {
			const sensor = bench.create();
			settle(bench, sensor);
			bench.advance(2000);
			const into = {};
			check(bench.round(sensor, into) === into, "another object came back");
		},
	},
	{
		name: "close gives the bus back, for another instance to open",
		run(bench) {
			bench.create().close();
			bench.advance(1000);
			const sensor = bench.create();
			settle(bench, sensor);
			sensor.close();
			bench.advance(1000);
			settle(bench, bench.create());
		},
	},
	{
		name: "a constructor that fails gives the bus back",
		applies: ({ part }) => part.kind === "i2c",
		run(bench) {
			bench.part.fault = "nack";
			let thrown = false;
			try {
				bench.create();
			} catch {
				thrown = true;
			}
			check(thrown, "the constructor takes a part that does not answer");
			bench.part.fault = undefined;
			settle(bench, bench.create());
		},
	},
	faultCase("nack", ["nack"]),
	faultCase("unplugged", ["nack", "unplugged"]),
	faultCase("power", ["nack", "unplugged"]),
	faultCase("crc", ["crc"]),
	faultCase("busy", ["stuck", "silent", "nack"]),
	{
		name: "goes on after the part alone was without power",
		applies: ({ part }) => part.kind === "i2c",
		run(bench) {
			const sensor = bench.create();
			const before = settle(bench, sensor);
			if (bench.part.kind === "i2c") bench.part.powerCycle(bench.time);
			bench.advance(2000);
			bench.observe(sensor);
			const after = settle(bench, sensor);
			check(
				after.length === before.length && after.every((value, at) => value === before[at]),
				`${before.join(", ")} before and ${after.join(", ")} after`,
			);
		},
	},
];

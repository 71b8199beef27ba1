import { beforeEach, describe, expect, test } from "@jest/globals";
import { Limits } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { MissingReason, Sample, Sensor } from "../../../firmware/ports/sensor.ts";
import { ChannelTable, reasonName } from "../../../firmware/sensing/channel.ts";
import { SensingScheduler, type SensorMount } from "../../../firmware/sensing/scheduler.ts";
import { Window } from "../../../firmware/sensing/window.ts";

const channels = new ChannelTable([], []);

/** A window that writes down what it is told. */
class RecordingWindow extends Window {
	readonly told: string[] = [];

	override add(channel: number, value: number, now: Ticks): void {
		super.add(channel, value, now);
		this.told.push(`${channels.at(channel).name} ${value}`);
	}

	override missing(channel: number, reason: number, now: Ticks): void {
		super.missing(channel, reason, now);
		this.told.push(`${channels.at(channel).name} ${reasonName(reason)}`);
	}

	take(): string[] {
		return this.told.splice(0);
	}
}

/** A thermometer of which every step can be told to fail. */
class Thermometer implements Sensor {
	waitMs = 0;
	/** Calls of `sample` that find nothing ready. */
	busy = 0;
	temperature: number | undefined = 20;
	missing: MissingReason | undefined;
	fault: unknown;
	closeFault: unknown;
	starts = 0;
	isClosed = false;

	start(): number {
		this.starts += 1;
		if (this.fault !== undefined) throw this.fault;
		return this.waitMs;
	}

	sample(into: Sample): Sample | undefined {
		if (this.busy > 0) {
			this.busy -= 1;
			return undefined;
		}
		into.thermometer ??= { temperature: undefined };
		if (this.temperature !== undefined) into.thermometer.temperature = this.temperature;
		into.missing = this.missing;
		return into;
	}

	close(): void {
		this.isClosed = true;
		if (this.closeFault !== undefined) throw this.closeFault;
	}
}

function faultOf(reason: MissingReason): Error {
	return Object.assign(new Error(`it is ${reason}`), { reason });
}

let window: RecordingWindow;
let lines: string[];
let made: Thermometer[];
let createFault: unknown;
let scheduler: SensingScheduler;

function mountOf(name: string, names: readonly string[], sensor: () => Sensor): SensorMount {
	const fillings = names.map((channel) => {
		const { group, property } = channels.at(Math.max(0, channels.indexOf(channel)));
		return { channel, group, property };
	});
	return { name, fillings, create: sensor };
}

function makeThermometer(): Thermometer {
	if (createFault !== undefined) throw createFault;
	const sensor = new Thermometer();
	made.push(sensor);
	return sensor;
}

function build(...mounts: SensorMount[]): SensingScheduler {
	return new SensingScheduler({ mounts, channels, window, log: (line) => lines.push(line) });
}

/** Runs to `end` like the agenda, and says when something was due. */
function runTo(end: number): number[] {
	const due: number[] = [];
	while (scheduler.deadline <= end) {
		due.push(scheduler.deadline);
		scheduler.onDeadline(scheduler.deadline);
	}
	return due;
}

beforeEach(() => {
	window = new RecordingWindow(channels);
	lines = [];
	made = [];
	createFault = undefined;
	scheduler = build(mountOf("shelter", ["airTemperature"], makeThermometer));
});

describe("rounds", () => {
	test("nothing is created or due before it is open", () => {
		expect(scheduler.deadline).toBe(Number.POSITIVE_INFINITY);
		expect(made).toHaveLength(0);
	});

	test("the first begins at once, the others at whole periods", () => {
		scheduler.setPeriod(1000, 0 as Ticks);
		scheduler.open(500 as Ticks);
		expect(runTo(3500)).toEqual([500, 1500, 2500, 3500]);
		expect(scheduler.samples).toBe(4);
		expect(window.take()).toEqual(Array(4).fill("airTemperature 20"));
	});

	test("a late round neither drifts nor bursts", () => {
		scheduler.setPeriod(1000, 0 as Ticks);
		scheduler.open(0 as Ticks);
		scheduler.onDeadline(0 as Ticks);
		scheduler.onDeadline(4300 as Ticks);
		expect(scheduler.samples).toBe(2);
		expect(scheduler.deadline).toBe(5000);
	});

	test("are missed when the device slept past many of them", () => {
		scheduler.setPeriod(1000, 0 as Ticks);
		scheduler.open(0 as Ticks);
		scheduler.onDeadline(1_000_000 as Ticks);
		expect(scheduler.samples).toBe(1);
		expect(scheduler.deadline).toBe(1_001_000);
	});

	test("follow a new period from the moment it is set", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		scheduler.setPeriod(700, 100 as Ticks);
		expect(runTo(2200)).toEqual([800, 1500, 2200]);
	});

	test("end with close, which closes the sensors; open begins again with new ones", () => {
		scheduler.open(0 as Ticks);
		runTo(2000);
		scheduler.close();
		expect(made[0]?.isClosed).toBe(true);
		expect(scheduler.deadline).toBe(Number.POSITIVE_INFINITY);
		scheduler.open(9000 as Ticks);
		runTo(9000);
		expect(made).toHaveLength(2);
	});

	test("a close in the middle of a conversion leaves nothing due", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		(made[0] as Thermometer).waitMs = 100;
		runTo(2000);
		expect(scheduler.deadline).toBe(2100);
		scheduler.close();
		expect(scheduler.deadline).toBe(Number.POSITIVE_INFINITY);
		window.take();
		scheduler.open(3000 as Ticks);
		runTo(3000);
		expect(window.take()).toEqual(["airTemperature 20"]);
	});
});

describe("conversions", () => {
	test("all sensors convert at once, each is sampled when it is ready", () => {
		const slow = new Thermometer();
		slow.waitMs = 80;
		const hygrometer: Sensor = {
			start: () => 30,
			sample: (into) => Object.assign(into, { hygrometer: { humidity: 50 } }),
			close: () => {},
		};
		scheduler = build(
			mountOf("slow", ["airTemperature"], () => slow),
			mountOf("quick", ["relativeHumidity"], () => hygrometer),
		);
		scheduler.open(0 as Ticks);
		expect(runTo(100)).toEqual([0, 30, 80]);
		expect(window.take()).toEqual(["relativeHumidity 50", "airTemperature 20"]);
	});

	test("ECMA-419 §13: start and sample are repeated while nothing is ready", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		const sensor = made[0] as Thermometer;
		sensor.starts = 0;
		sensor.waitMs = 10;
		sensor.busy = Limits.sampleAttempts - 1;
		window.take();
		expect(runTo(2100)).toEqual([2000, 2010, 2020, 2030, 2040]);
		expect(sensor.starts).toBe(Limits.sampleAttempts);
		expect(window.take()).toEqual(["airTemperature 20"]);
		expect(lines).toEqual([]);
	});

	test("a sensor that is never ready is silent after Limits.sampleAttempts", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		(made[0] as Thermometer).busy = Number.POSITIVE_INFINITY;
		window.take();
		runTo(2000);
		expect(window.take()).toEqual(["airTemperature silent"]);
		expect(lines).toEqual(["sensor shelter: fault silent, gives no sample"]);
	});

	test("one that outlasts its round goes on, and the round is silent", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		(made[0] as Thermometer).waitMs = 5000;
		window.take();
		expect(runTo(8000)).toEqual([2000, 4000, 6000, 7000, 8000]);
		expect(window.take()).toEqual([
			"airTemperature silent",
			"airTemperature silent",
			"airTemperature 20",
		]);
		expect(made[0]?.starts).toBe(3);
		expect(lines).toEqual([]);
	});

	test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, Limits.conversionMs + 1])(
		"a wait of %p ms is a fault",
		(waitMs) => {
			scheduler.open(0 as Ticks);
			runTo(0);
			(made[0] as Thermometer).waitMs = waitMs;
			window.take();
			runTo(2000);
			expect(window.take()).toEqual(["airTemperature silent"]);
			expect(lines[0]).toContain("asks to wait");
		},
	);
});

describe("values", () => {
	test.each<[string, number | undefined, MissingReason | undefined, string]>([
		["at the lower end", -80, undefined, "-80"],
		["at the upper end", 60, undefined, "60"],
		["below the range", -80.01, undefined, "range"],
		["above the range", 60.01, undefined, "range"],
		["infinite", Number.POSITIVE_INFINITY, undefined, "range"],
		["not a number", Number.NaN, undefined, "silent"],
		["not a number, with a reason", Number.NaN, "crc", "crc"],
		["left out, with a reason", undefined, "unplugged", "unplugged"],
	])("%s", (_, temperature, missing, expected) => {
		scheduler.open(0 as Ticks);
		runTo(0);
		Object.assign(made[0] as Thermometer, { temperature, missing });
		window.take();
		runTo(2000);
		expect(window.take()).toEqual([`airTemperature ${expected}`]);
	});

	test("esphome/issues#5495: what a driver leaves out is not the value of the round before", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		(made[0] as Thermometer).temperature = undefined;
		window.take();
		runTo(2000);
		expect(window.take()).toEqual(["airTemperature silent"]);
	});

	test("one source fills speed and gust, and one missing value leaves the others", () => {
		const anemometer: Sensor = {
			start: () => 0,
			sample: (into) => Object.assign(into, { anemometer: { speed: 80 } }),
			close: () => {},
		};
		scheduler = build(mountOf("cup", ["windSpeed", "windGust"], () => anemometer));
		scheduler.open(0 as Ticks);
		runTo(0);
		expect(window.take()).toEqual(["windSpeed range", "windGust 80"]);
		expect(scheduler.faults(0)).toBe(1);
	});
});

describe("faults", () => {
	test.each<[unknown, string, string]>([
		[new Error("no acknowledge"), "nack", ", no acknowledge"],
		[faultOf("crc"), "crc", ", it is crc"],
		["a string", "nack", ""],
		[undefined, "nack", ""],
	])("what a driver throws ends in a reason: %p", (fault, reason, detail) => {
		const sensor: Sensor = {
			start: () => {
				throw fault;
			},
			sample: () => undefined,
			close: () => {},
		};
		scheduler = build(mountOf("shelter", ["airTemperature"], () => sensor));
		scheduler.open(0 as Ticks);
		runTo(0);
		expect(window.take()).toEqual([`airTemperature ${reason}`]);
		expect(lines).toEqual([`sensor shelter: fault ${reason}${detail}`]);
	});

	test("are logged once when they begin and once when they end", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		const sensor = made[0] as Thermometer;
		sensor.fault = faultOf("stuck");
		runTo(20_000);
		sensor.fault = undefined;
		runTo(26_000);
		expect(lines).toEqual([
			"sensor shelter: fault stuck, it is stuck",
			"sensor shelter: well again after 10 failed rounds",
		]);
		expect(scheduler.faults(0)).toBe(10);
	});

	test("a sensor that fails on and on is closed and created anew", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		const first = made[0] as Thermometer;
		first.fault = faultOf("nack");
		first.closeFault = new Error("bus gone");
		runTo(2000 * (Limits.failedRounds - 1));
		expect(first.isClosed).toBe(false);
		runTo(2000 * Limits.failedRounds);
		expect(first.isClosed).toBe(true);
		window.take();
		runTo(2000 * (Limits.failedRounds + 2));
		expect(window.take()).toEqual(["airTemperature nack", "airTemperature 20"]);
		expect(made).toHaveLength(2);
		expect(lines).toEqual([
			"sensor shelter: fault nack, it is nack",
			"sensor shelter: close failed, Error: bus gone",
			"sensor shelter: well again after 3 failed rounds",
		]);
	});

	test("a stuck one is kept: a new instance would not know what it has seen", () => {
		scheduler.open(0 as Ticks);
		runTo(0);
		(made[0] as Thermometer).fault = faultOf("stuck");
		runTo(100_000);
		expect(made).toHaveLength(1);
	});

	test("a constructor that throws is tried again after 1, 2, 4, 8, 16, 16 rounds", () => {
		createFault = faultOf("part");
		const tries: number[] = [];
		scheduler = build(
			mountOf("shelter", ["airTemperature"], () => {
				tries.push(scheduler.samples);
				return makeThermometer();
			}),
		);
		scheduler.open(0 as Ticks);
		runTo(2000 * 70);
		expect(tries).toEqual([1, 3, 6, 11, 20, 37, 54, 71]);
		expect(new Set(window.take())).toEqual(new Set(["airTemperature part"]));
		createFault = undefined;
		runTo(2000 * 87);
		expect(window.take().at(-1)).toBe("airTemperature 20");
		expect(lines).toEqual([
			"sensor shelter: fault part, it is part",
			"sensor shelter: well again after 8 failed rounds",
		]);
	});

	test("one sensor's fault does not touch the others", () => {
		const dead = mountOf("dead", ["stationPressure"], () => {
			throw new Error("nobody");
		});
		scheduler = build(dead, mountOf("shelter", ["airTemperature"], makeThermometer));
		scheduler.open(0 as Ticks);
		runTo(0);
		expect(window.take()).toEqual(["stationPressure nack", "airTemperature 20"]);
		expect([scheduler.faults(0), scheduler.faults(1)]).toEqual([1, 0]);
	});

	test("log lines are bounded", () => {
		createFault = new Error("x".repeat(500));
		scheduler.open(0 as Ticks);
		runTo(0);
		expect(lines[0]).toHaveLength(Limits.logLineChars);
	});
});

test("in every round every channel is told once, whatever the sensors do", () => {
	let random = 12_345;
	const next = (): number => {
		random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
		return random / 2 ** 32;
	};
	const moody: Sensor = {
		start: () => {
			if (next() < 0.2) throw new Error("nack");
			return next() < 0.1 ? 2500 : Math.floor(next() * 900);
		},
		sample: (into) => {
			if (next() < 0.2) throw faultOf("crc");
			if (next() < 0.2) return undefined;
			return Object.assign(into, { thermometer: { temperature: next() < 0.1 ? 999 : 10 } });
		},
		close: () => {
			if (next() < 0.5) throw new Error("close");
		},
	};
	scheduler = build(
		mountOf("shelter", ["airTemperature"], () => {
			if (next() < 0.5) throw new Error("create");
			return moody;
		}),
	);
	scheduler.open(0 as Ticks);
	for (let round = 0; round < 2000; round++) {
		runTo(round * 2000);
		const before = window.told.length;
		// A round that is still under way is told of by the beginning of the one after the next.
		expect(round + 1 - before).toBeGreaterThanOrEqual(0);
		expect(round + 1 - before).toBeLessThanOrEqual(1);
	}
});

describe("a station that cannot be", () => {
	test("unknown channel", () => {
		expect(() => build(mountOf("x", ["dewPoint"], makeThermometer))).toThrow(
			'sensor "x": there is no channel "dewPoint"',
		);
	});

	test("two sensors for one channel", () => {
		expect(() =>
			build(
				mountOf("a", ["airTemperature"], makeThermometer),
				mountOf("b", ["airTemperature"], makeThermometer),
			),
		).toThrow('sensor "b": channel "airTemperature" is filled by "a"');
	});

	test("more sensors than Limits.sensors", () => {
		const mounts = Array.from({ length: Limits.sensors + 1 }, (_, index) =>
			mountOf(`s${index}`, [], makeThermometer),
		);
		expect(() => build(...mounts)).toThrow("sensors: 13 are more than the 12");
	});
});

describe("fillings", () => {
	function fill(...fillings: SensorMount["fillings"]): string[] {
		scheduler = build({ name: "shelter", fillings, create: makeThermometer });
		scheduler.open(0 as Ticks);
		runTo(0);
		return window.take();
	}

	const source = { group: "thermometer", property: "temperature" };

	test("put one value into several channels", () => {
		expect(
			fill({ channel: "airTemperature", ...source }, { channel: "relativeHumidity", ...source }),
		).toEqual(["airTemperature 20", "relativeHumidity 20"]);
	});

	test("are calibrated before anything looks at the value", () => {
		expect(fill({ channel: "airTemperature", ...source, coefficients: [0.5, 2] })).toEqual([
			"airTemperature 40.5",
		]);
		expect(fill({ channel: "airTemperature", ...source, coefficients: [50, 1] })).toEqual([
			"airTemperature range",
		]);
	});

	test("keep a calibrated direction within the circle", () => {
		expect(fill({ channel: "windDirection", ...source, coefficients: [-30, 1] })).toEqual([
			"windDirection 350",
		]);
	});

	test("leave a missing value missing", () => {
		scheduler = build({
			name: "shelter",
			fillings: [{ channel: "airTemperature", ...source, coefficients: [1, 1] }],
			create: () => Object.assign(makeThermometer(), { temperature: undefined }),
		});
		scheduler.open(0 as Ticks);
		runTo(0);
		expect(window.take()).toEqual(["airTemperature silent"]);
	});
});

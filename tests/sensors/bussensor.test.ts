import { describe, expect, test } from "@jest/globals";
import type { Ticks } from "../../firmware/ports/clock.ts";
import type { Sample } from "../../firmware/ports/sensor.ts";
import { BusSensor } from "../../sensors/bussensor.ts";

/** A driver that writes down what it is told to do. */
class Recorder extends BusSensor {
	protected readonly bootMs = 2;
	protected readonly intervalMs: number;
	readonly calls: string[] = [];
	steps: number[] = [0];
	ready = true;
	requestMs = 0;
	failure: string | undefined;

	constructor(intervalMs = 0) {
		super();
		this.intervalMs = intervalMs;
	}

	begin(): void {
		this.noteRestart();
	}

	reconfigure(): void {
		this.restart();
	}

	protected reset(): void {
		this.#note("reset");
	}

	protected setUp(step: number): number {
		this.#note(`setUp ${step}`);
		return this.steps[step]!;
	}

	protected trigger(): number {
		this.#note("trigger");
		return 10;
	}

	protected clear(into: Sample): void {
		into.thermometer = { temperature: undefined };
	}

	protected collect(into: Sample): boolean {
		this.#note("collect");
		if (this.ready) into.thermometer!.temperature = 1;
		return this.ready;
	}

	protected override request(): number {
		if (this.requestMs > 0) this.#note("request");
		return this.requestMs;
	}

	protected sleep(): void {
		this.#note("sleep");
	}

	protected release(): void {
		this.calls.push("release");
	}

	#note(call: string): void {
		this.calls.push(call);
		if (this.failure === call) throw new Error(call);
	}
}

const at = (now: number) => now as Ticks;

/** Brings a driver to the moment when its first measurement has been started, at 2 ms. */
function run(driver: Recorder): Recorder {
	driver.start(at(0));
	driver.start(at(2));
	driver.calls.length = 0;
	return driver;
}

describe("BusSensor", () => {
	test("Reset: resets, waits, sets up, triggers, collects; then Idle triggers again", () => {
		const driver = new Recorder();
		expect(driver.start(at(0))).toBe(2);
		expect(driver.start(at(1))).toBe(1);
		expect(driver.sample({}, at(2))).toBeUndefined();
		expect(driver.start(at(2))).toBe(10);
		expect(driver.start(at(5))).toBe(7);
		expect(driver.sample({}, at(11))).toBeUndefined();
		expect(driver.sample({}, at(12))).toBeDefined();
		expect(driver.sample({}, at(13))).toBeUndefined();
		expect(driver.start(at(100))).toBe(10);
		expect(driver.calls).toEqual(["reset", "setUp 0", "trigger", "collect", "trigger"]);
	});

	test("Restarted: the constructor has reset the part, start only waits", () => {
		const driver = new Recorder();
		driver.begin();
		expect(driver.start(at(7))).toBe(2);
		expect(driver.calls).toEqual([]);
		expect(driver.start(at(9))).toBe(10);
	});

	test("Booting: as many steps of set-up as there are, each after its wait", () => {
		const driver = new Recorder();
		driver.steps = [5, 3, 0];
		driver.start(at(0));
		expect([driver.start(at(2)), driver.start(at(7)), driver.start(at(10))]).toEqual([5, 3, 10]);
		expect(driver.calls).toEqual(["reset", "setUp 0", "setUp 1", "setUp 2", "trigger"]);
	});

	test("Running: a measurement that nobody sampled in time is started again", () => {
		const driver = run(new Recorder());
		expect(driver.start(at(12))).toBe(10);
		expect(driver.calls).toEqual(["trigger"]);
	});

	test("Late: waits a little, gives the sample late, or is stuck at twice its time", () => {
		const driver = run(new Recorder());
		driver.ready = false;
		expect(driver.sample({}, at(12))).toBeUndefined();
		expect(driver.start(at(12))).toBe(1);
		driver.ready = true;
		expect(driver.sample({}, at(13))).toBeDefined();
		driver.ready = false;
		driver.start(at(20));
		expect(driver.sample({}, at(40))).toBeUndefined();
		expect(() => driver.sample({}, at(41))).toThrow(expect.objectContaining({ reason: "stuck" }));
		driver.calls.length = 0;
		driver.start(at(50));
		expect(driver.calls).toEqual(["reset"]);
	});

	test("a part that goes on: each sample is of a later measurement", () => {
		const driver = run(new Recorder(500));
		expect(driver.start(at(12))).toBe(0);
		expect(driver.sample({}, at(12))).toBeDefined();
		expect(driver.start(at(100))).toBe(412);
		expect(driver.sample({}, at(511))).toBeUndefined();
		expect(driver.start(at(512))).toBe(0);
		expect(driver.sample({}, at(512))).toBeDefined();
		expect(driver.calls).toEqual(["collect", "collect"]);
		driver.close();
		expect(driver.calls.slice(2)).toEqual(["sleep", "release"]);
	});

	test("a result that has to be asked for is asked for when it is due, and read after its time", () => {
		const driver = run(new Recorder(500));
		driver.requestMs = 3;
		expect(driver.start(at(12))).toBe(3);
		expect(driver.sample({}, at(14))).toBeUndefined();
		expect(driver.start(at(14))).toBe(1);
		expect(driver.sample({}, at(15))).toBeDefined();
		driver.ready = false;
		driver.start(at(515));
		expect(driver.sample({}, at(518))).toBeUndefined();
		expect(driver.start(at(518))).toBe(3);
		driver.ready = true;
		expect(driver.sample({}, at(521))).toBeDefined();
		const round = ["request", "collect"];
		expect(driver.calls).toEqual([...round, ...round, ...round]);
	});

	test("a part that sleeps between measurements is not put to sleep", () => {
		const driver = run(new Recorder());
		driver.close();
		expect(driver.calls).toEqual(["release"]);
	});

	test("the bus is given back when the part can't be put to sleep", () => {
		const driver = run(new Recorder(500));
		driver.failure = "sleep";
		expect(() => driver.close()).toThrow("sleep");
		expect(driver.calls).toEqual(["sleep", "release"]);
	});

	test.each(["trigger", "collect"])(
		"a failure of %s: reset comes next, and no old value",
		(call) => {
			const driver = run(new Recorder());
			driver.sample({}, at(12));
			driver.failure = call;
			const into: Sample = { thermometer: { temperature: 5 } };
			expect(() => {
				driver.start(at(20));
				driver.sample(into, at(30));
			}).toThrow(call);
			if (call === "collect") expect(into.thermometer!.temperature).toBeUndefined();
			driver.failure = undefined;
			driver.calls.length = 0;
			expect(driver.start(at(40))).toBe(2);
			expect(driver.calls).toEqual(["reset"]);
		},
	);

	test.each(["reset", "setUp 0"])("a failure of %s: the same again from the reset", (call) => {
		const driver = new Recorder();
		driver.failure = call;
		expect(() => {
			driver.start(at(0));
			driver.start(at(2));
		}).toThrow(call);
		driver.failure = undefined;
		driver.calls.length = 0;
		expect(driver.start(at(4))).toBe(2);
		expect(driver.calls).toEqual(["reset"]);
	});

	test("a new configuration restarts a part that is up, and not one that boots", () => {
		const booting = new Recorder();
		booting.start(at(0));
		booting.reconfigure();
		expect(booting.start(at(2))).toBe(10);
		const running = run(new Recorder());
		running.reconfigure();
		expect(running.start(at(3))).toBe(2);
		expect(running.calls).toEqual(["reset"]);
	});
});

import type { Ticks } from "../../firmware/ports/clock.ts";
import type { DeviceClock } from "../../simulator/device/clock.ts";

/** A clock that has just been started, and the means to let time pass. */
export interface ClockBench {
	readonly clock: DeviceClock;
	/** Turns that the firmware was given. */
	readonly turns: number;
	/** Lets so many ms pass. */
	pass(ms: number): Promise<void>;
}

/** One requirement on every device clock. `run` throws when it is not met. */
export interface ClockCase {
	readonly name: string;
	run(bench: ClockBench): Promise<void>;
}

function check(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

/** Has the moments at which the alarm fired. */
function listen({ clock }: ClockBench): Ticks[] {
	const fired: Ticks[] = [];
	clock.onAlarm = (now) => fired.push(now);
	return fired;
}

function at(clock: DeviceClock, ms: number): Ticks {
	return (clock.ticks + ms) as Ticks;
}

/** What every device clock must do, one case at a time, each on a fresh bench. */
export const clockCases: readonly ClockCase[] = [
	{
		name: "ticks count milliseconds from the start and never go back",
		async run({ clock, pass }) {
			check(clock.ticks >= 0 && clock.ticks < 1_000, `${clock.ticks} ticks at the start`);
			let before = clock.ticks;
			for (let count = 0; count < 5; count++) {
				await pass(10);
				check(clock.ticks >= before + 9, `${clock.ticks} ticks after ${before}`);
				before = clock.ticks;
			}
		},
	},
	{
		name: "the epoch is a date of this century",
		async run({ clock }) {
			const epoch = clock.epoch ?? 0;
			check(epoch > Date.UTC(2020, 0) && epoch < Date.UTC(2100, 0), `epoch ${epoch}`);
		},
	},
	{
		name: "the alarm fires once, not before its deadline, in a turn",
		async run(bench) {
			const fired = listen(bench);
			const deadline = at(bench.clock, 30);
			bench.clock.setAlarm(deadline);
			await bench.pass(120);
			check(fired.length === 1, `fired ${fired.length} times`);
			check(fired[0]! >= deadline, `fired at ${fired[0]}, due at ${deadline}`);
			check(bench.turns === 1, `${bench.turns} turns`);
		},
	},
	{
		name: "setting it again moves it, Infinity turns it off",
		async run(bench) {
			const fired = listen(bench);
			bench.clock.setAlarm(at(bench.clock, 20));
			bench.clock.setAlarm(at(bench.clock, 60));
			await bench.pass(40);
			check(fired.length === 0, "fired at the old deadline");
			bench.clock.setAlarm(Number.POSITIVE_INFINITY as Ticks);
			await bench.pass(80);
			check(fired.length === 0, "fired though it was off");
		},
	},
	{
		name: "a deadline that has passed fires after the caller has returned",
		async run(bench) {
			const fired = listen(bench);
			bench.clock.setAlarm((bench.clock.ticks - 5) as Ticks);
			check(fired.length === 0, "fired before the caller returned");
			await bench.pass(50);
			check(fired.length === 1, `fired ${fired.length} times`);
		},
	},
	{
		name: "an alarm can be set from within the alarm",
		async run(bench) {
			let count = 0;
			bench.clock.onAlarm = (now) => {
				count += 1;
				if (count < 3) bench.clock.setAlarm((now + 10) as Ticks);
			};
			bench.clock.setAlarm(at(bench.clock, 10));
			await bench.pass(200);
			check(count === 3, `fired ${count} times`);
		},
	},
	{
		name: "after stop it never fires, nor can it be set",
		async run(bench) {
			const fired = listen(bench);
			bench.clock.setAlarm(at(bench.clock, 20));
			bench.clock.stop();
			bench.clock.stop();
			bench.clock.setAlarm(at(bench.clock, 20));
			await bench.pass(100);
			check(fired.length === 0, `fired ${fired.length} times`);
		},
	},
];

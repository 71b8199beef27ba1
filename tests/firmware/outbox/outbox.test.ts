import { describe, expect, test } from "@jest/globals";
import { ObservationRun, TimeQuality } from "../../../firmware/base/observation.ts";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import { Outbox, type OutboxOptions } from "../../../firmware/outbox/outbox.ts";
import { VirtualFlash, VirtualRetainedMemory } from "../../../simulator/device/storage.ts";
import { list, observe, same } from "./support.ts";

const small = { blocks: 8, blockLength: 1024 };

function start(flash: VirtualFlash, options: Partial<OutboxOptions> = {}): Outbox {
	const outbox = new Outbox(flash, { firstSequence: 100, ...options });
	expect(outbox.open()).toBe(Status.Ok);
	return outbox;
}

function fill(
	outbox: Outbox,
	count: number,
	quality: TimeQuality = TimeQuality.Synchronised,
): void {
	for (let index = 0; index < count; index++) {
		expect(outbox.append(observe(outbox.nextSequence, quality))).toBe(Status.Ok);
	}
}

const sequences = (outbox: Outbox) => list(outbox).map(({ sequence }) => sequence);

const range = (first: number, last: number) =>
	Array.from({ length: last + 1 - first }, (_, index) => first + index);

describe("Outbox", () => {
	test("a blank partition begins with the first sequence of the options", () => {
		const outbox = start(new VirtualFlash(small));
		expect(outbox.nextSequence).toBe(100);
		expect(outbox.boot).toBe(1);
		expect(outbox.waiting).toBe(0);
		expect(outbox.oldest).toBe(100);
	});

	test("does nothing before it is open", () => {
		const outbox = new Outbox(new VirtualFlash(small), { firstSequence: 1 });
		const run = new ObservationRun();
		expect(outbox.append(observe(1))).toBe(Status.NotReady);
		expect(outbox.acknowledge(1, 1)).toBe(Status.NotReady);
		expect(outbox.backStamp(5)).toBe(Status.NotReady);
		expect(outbox.peek(0, 10, run)).toBe(0);
	});

	test("gives back every field of what was appended, over a reboot", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 30);
		for (const box of [outbox, start(flash, { firstSequence: 7 })]) {
			const observations = list(box);
			expect(observations).toHaveLength(30);
			for (const observation of observations) {
				expect(same(observation, observe(observation.sequence))).toBe(true);
			}
			expect(box.nextSequence).toBe(130);
		}
	});

	test("a sequence that is not the next one is a mistake of the program", () => {
		const outbox = start(new VirtualFlash(small));
		expect(() => outbox.append(observe(101))).toThrow("sequence of an observation");
	});

	test("a run starts at the first that waits at or after `from`, and ends at the limit", () => {
		const outbox = start(new VirtualFlash(small));
		fill(outbox, 50);
		const run = new ObservationRun();
		expect(outbox.peek(0, 5, run)).toBe(5);
		expect(run.firstSequence).toBe(100);
		expect(outbox.peek(140, 5, run)).toBe(5);
		expect(run.firstSequence).toBe(140);
		expect(outbox.peek(148, 60, run)).toBe(2);
		expect(outbox.peek(150, 60, run)).toBe(0);
	});

	test("a run ends where period, time quality or sequence do not go on", () => {
		const outbox = start(new VirtualFlash(small));
		fill(outbox, 3);
		fill(outbox, 2, TimeQuality.Retained);
		const run = new ObservationRun();
		expect(outbox.peek(0, 60, run)).toBe(3);
		expect(outbox.peek(103, 60, run)).toBe(2);
		expect(outbox.acknowledge(101, 101)).toBe(Status.Ok);
		expect(outbox.peek(0, 60, run)).toBe(1);
		expect(outbox.peek(101, 60, run)).toBe(1);
		expect(run.firstSequence).toBe(102);
	});

	test("an acknowledgement holds over a reboot, in any order, twice, and beyond what exists", () => {
		const flash = new VirtualFlash(small);
		let outbox = start(flash);
		fill(outbox, 40);
		for (const [first, last] of [
			[130, 139],
			[110, 119],
			[110, 119],
			[125, 132],
			[100, 104],
			[0, 101],
			[138, 9_999],
		] as const) {
			expect(outbox.acknowledge(first, last)).toBe(Status.Ok);
		}
		const open = [...range(105, 109), ...range(120, 124)];
		for (let boot = 0; boot < 3; boot++) {
			expect(sequences(outbox)).toEqual(open);
			expect(outbox.waiting).toBe(open.length);
			expect(outbox.oldest).toBe(105);
			expect(outbox.nextSequence).toBe(140);
			outbox = start(flash);
		}
	});

	test("what is done with already is acknowledged without a write", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 10);
		outbox.acknowledge(100, 104);
		const before = flash.operations;
		expect(outbox.acknowledge(100, 104)).toBe(Status.Ok);
		expect(outbox.acknowledge(102, 103)).toBe(Status.Ok);
		expect(flash.operations).toBe(before);
	});

	test("a block is erased as soon as nothing in it waits, whatever waits before it", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 70);
		const erases = () => range(0, 7).reduce((sum, block) => sum + flash.wear(block), 0);
		const before = erases();
		expect(outbox.acknowledge(125, 169)).toBe(Status.Ok);
		expect(erases() - before).toBeGreaterThanOrEqual(1);
		expect(sequences(outbox)).toEqual(range(100, 124));
	});

	test("a full log sheds its oldest block, counts it, and keeps the count over reboots", () => {
		const flash = new VirtualFlash(small);
		let outbox = start(flash);
		fill(outbox, 200);
		const { shed, waiting } = outbox;
		expect(shed).toBeGreaterThan(0);
		expect(shed + waiting).toBe(200);
		expect(sequences(outbox)).toEqual(range(100 + shed, 299));
		outbox = start(flash);
		expect(outbox.shed).toBe(shed);
		expect(sequences(outbox)).toEqual(range(100 + shed, 299));
		expect(outbox.acknowledge(100, 299)).toBe(Status.Ok);
		fill(outbox, 200);
		outbox = start(flash);
		expect(outbox.shed + outbox.waiting).toBe(shed + 200);
		expect(outbox.nextSequence).toBe(500);
	});

	test("a full log takes acknowledgements without shedding anything", () => {
		const outbox = start(new VirtualFlash(small));
		fill(outbox, 120);
		while (outbox.waiting > 0) {
			const { shed } = outbox;
			for (let from = outbox.oldest; from < 220; from += 3) {
				expect(outbox.acknowledge(from, from)).toBe(Status.Ok);
				expect(outbox.acknowledge(from + 2, from + 2)).toBe(Status.Ok);
				expect(outbox.acknowledge(from + 1, from + 1)).toBe(Status.Ok);
			}
			expect(outbox.shed).toBe(shed);
		}
	});

	test("sequence and shed count survive when everything has been acknowledged and reclaimed", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 150);
		const { shed } = outbox;
		outbox.acknowledge(0, 249);
		for (let round = 0; round < 300; round++) {
			fill(outbox, 1);
			outbox.acknowledge(outbox.oldest, outbox.oldest);
		}
		const again = start(flash, { firstSequence: 1 });
		expect(again.nextSequence).toBe(550);
		expect(again.shed).toBe(shed);
		expect(again.waiting).toBe(0);
	});

	test("more ranges than there is room for: the smallest is sent again, nothing is lost", () => {
		const outbox = start(new VirtualFlash({ blocks: 16, blockLength: 4096 }));
		fill(outbox, 200);
		for (let index = 0; index < Limits.outboxRanges; index++) {
			const first = 101 + index * 4;
			outbox.acknowledge(first, index === 5 ? first : first + 1);
		}
		const before = outbox.waiting;
		expect(outbox.acknowledge(290, 295)).toBe(Status.Ok);
		expect(outbox.waiting).toBe(before - 6 + 1);
		expect(sequences(outbox)).toContain(121);
		expect(sequences(outbox)).not.toContain(117);
		outbox.acknowledge(0, 299);
		expect(outbox.waiting).toBe(0);
	});

	test("blocks wear evenly", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		for (let round = 0; round < 3_000; round++) {
			fill(outbox, 1);
			if (round % 6 === 5) outbox.acknowledge(0, outbox.nextSequence - 1);
		}
		const wear = range(0, 5).map((block) => flash.wear(block));
		expect(Math.max(...wear) - Math.min(...wear)).toBeLessThanOrEqual(1);
		expect(Math.max(...wear)).toBeGreaterThan(20);
		expect(flash.violations).toBe(0);
	});
});

describe("Outbox, observations from before the clock was set", () => {
	const unknown = TimeQuality.Unknown;

	test("are dated once the clock is known, and stay so", () => {
		const flash = new VirtualFlash(small);
		let outbox = start(flash);
		fill(outbox, 5, unknown);
		expect(outbox.backStamp(1_700_000_000)).toBe(Status.Ok);
		fill(outbox, 5);
		for (let boot = 0; boot < 2; boot++) {
			const observations = list(outbox);
			expect(observations).toHaveLength(10);
			for (const { sequence, startSeconds, timeQuality } of observations) {
				expect(startSeconds).toBe(1_700_000_000 + sequence * 60);
				expect(timeQuality).toBe(
					sequence < 105 ? TimeQuality.BackStamped : TimeQuality.Synchronised,
				);
			}
			outbox = start(flash);
		}
	});

	test("only those of this boot are dated", () => {
		const flash = new VirtualFlash(small);
		fill(start(flash), 3, unknown);
		const outbox = start(flash);
		fill(outbox, 3, unknown);
		expect(outbox.backStamp(1_000_000)).toBe(Status.Ok);
		expect(list(outbox).map(({ timeQuality }) => timeQuality)).toEqual([3, 3, 3, 2, 2, 2]);
	});

	test("each boot keeps its own offset, also through blocks that come and go", () => {
		const flash = new VirtualFlash(small);
		for (let boot = 1; boot <= 3; boot++) {
			const outbox = start(flash);
			fill(outbox, 10, unknown);
			expect(outbox.backStamp(boot * 1_000_000)).toBe(Status.Ok);
			fill(outbox, 10);
		}
		const outbox = start(flash);
		outbox.acknowledge(130, 159);
		fill(outbox, 25);
		for (const observation of list(start(flash))) {
			if (observation.timeQuality !== TimeQuality.BackStamped) continue;
			const boot = 1 + Math.floor((observation.sequence - 100) / 20);
			expect(observation.startSeconds).toBe(observation.sequence * 60 + boot * 1_000_000);
		}
	});

	test("nothing to date costs nothing; more boots than can be kept are refused", () => {
		const flash = new VirtualFlash({ blocks: 16, blockLength: 4096 });
		let outbox = start(flash);
		const before = flash.operations;
		expect(outbox.backStamp(5)).toBe(Status.Ok);
		expect(flash.operations).toBe(before);
		for (let boot = 0; boot < Limits.outboxStamps; boot++) {
			fill(outbox, 1, unknown);
			expect(outbox.backStamp(boot)).toBe(Status.Ok);
			outbox = start(flash);
		}
		fill(outbox, 1, unknown);
		expect(outbox.backStamp(99)).toBe(Status.NoRoom);
		outbox.acknowledge(100, 100);
		expect(outbox.backStamp(99)).toBe(Status.Ok);
		expect(list(outbox).at(-1)?.timeQuality).toBe(TimeQuality.BackStamped);
	});
});

describe("Outbox, a loss window in retained memory", () => {
	const windowed = (retained: VirtualRetainedMemory, resumed = false) => ({
		retained,
		lossWindow: 10,
		resumed,
	});

	test("flash is written by the page", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash, windowed(new VirtualRetainedMemory(1024)));
		const before = flash.operations;
		fill(outbox, 10);
		expect(flash.operations).toBe(before);
		fill(outbox, 1);
		expect(flash.operations - before).toBeLessThanOrEqual(3);
		expect(outbox.waiting).toBe(11);
		expect(outbox.nextSequence).toBe(111);
	});

	test("what is staged survives deep sleep, and the boot goes on", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		let outbox = start(flash, windowed(retained));
		for (let wake = 0; wake < 25; wake++) {
			fill(outbox, 1, TimeQuality.Unknown);
			outbox = start(flash, windowed(retained, true));
			expect(outbox.boot).toBe(1);
			expect(outbox.waiting).toBe(wake + 1);
		}
		expect(outbox.backStamp(1_000)).toBe(Status.Ok);
		const observations = list(outbox);
		expect(observations.map(({ sequence }) => sequence)).toEqual(range(100, 124));
		expect(observations.every(({ timeQuality }) => timeQuality === 2)).toBe(true);
	});

	test("a reset with the supply on loses nothing and counts as a boot", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		fill(start(flash, windowed(retained)), 7);
		const outbox = start(flash, windowed(retained));
		expect(outbox.boot).toBe(2);
		expect(sequences(outbox)).toEqual(range(100, 106));
	});

	test("a power cut takes the window at most, and no sequence is used twice", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		let next = 100;
		let made = 0;
		for (const count of [7, 0, 10, 13, 1]) {
			const outbox = start(flash, windowed(retained));
			expect(outbox.nextSequence).toBeGreaterThanOrEqual(next);
			fill(outbox, count);
			made += count;
			const safe = outbox.waiting;
			next = outbox.nextSequence;
			retained.losePower({ next: () => 0x5a });
			const after = start(flash, windowed(retained));
			expect(after.nextSequence).toBeGreaterThanOrEqual(next);
			expect(safe - after.waiting).toBeLessThanOrEqual(10);
			expect(after.waiting).toBe(list(after).length);
			retained.losePower({ next: () => 0xa5 });
		}
		expect(made).toBe(31);
		expect(start(flash).corrupt).toBe(0);
	});

	test("nothing leaves the station before it is in flash", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		const outbox = start(flash, windowed(retained));
		fill(outbox, 4);
		expect(outbox.peek(0, 60, new ObservationRun())).toBe(4);
		retained.losePower({ next: () => 0 });
		expect(sequences(start(flash, windowed(retained)))).toEqual(range(100, 103));
	});

	test("flush writes what is staged", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		const outbox = start(flash, windowed(retained));
		fill(outbox, 9);
		expect(outbox.flush()).toBe(Status.Ok);
		retained.losePower({ next: () => 0 });
		expect(start(flash).waiting).toBe(9);
	});

	test("more than fits into retained memory is flushed before the window is full", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash, windowed(new VirtualRetainedMemory(224)));
		fill(outbox, 40);
		expect(sequences(outbox)).toEqual(range(100, 139));
	});

	test("a bit that flips in retained memory costs what cannot be read, counted", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		const outbox = start(flash, windowed(retained));
		fill(outbox, 8);
		const bytes = new Uint8Array(1);
		retained.read(bytes, 100);
		bytes[0]! ^= 4;
		retained.write(bytes, 100);
		const kept = sequences(outbox);
		expect(kept.length + outbox.corrupt).toBe(8);
		expect(outbox.corrupt).toBeGreaterThan(0);
		expect(outbox.nextSequence).toBe(108);
		fill(outbox, 1);
		expect(sequences(outbox)).toEqual([...kept, 108]);
	});

	test("an image without a loss window takes what one with it has left", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		fill(start(flash, windowed(retained)), 7);
		const outbox = start(flash, { retained });
		expect(outbox.mayBeLost).toBe(0);
		retained.losePower({ next: () => 3 });
		fill(outbox, 1);
		expect(sequences(start(flash))).toEqual(range(100, 107));
	});

	test("it says how many retained memory can have held when that is lost", () => {
		const flash = new VirtualFlash(small);
		const retained = new VirtualRetainedMemory(1024);
		expect(start(flash, windowed(retained)).mayBeLost).toBe(0);
		retained.losePower({ next: () => 3 });
		expect(start(flash, windowed(retained)).mayBeLost).toBe(10);
		expect(start(flash, windowed(retained)).mayBeLost).toBe(0);
	});

	test("a loss window without retained memory is a mistake of the program", () => {
		expect(() => start(new VirtualFlash(small), { lossWindow: 5 })).toThrow("retained memory");
	});
});

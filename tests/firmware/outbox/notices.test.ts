import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import { Notice, NoticeKind } from "../../../firmware/outbox/notices.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import { VirtualFlash } from "../../../simulator/device/storage.ts";
import { observe } from "./support.ts";

const { Alert, Health } = NoticeKind;
const geometry = { blocks: 16, blockLength: 4096 };

function start(flash: VirtualFlash): Outbox {
	const outbox = new Outbox(flash, { firstSequence: 500 });
	expect(outbox.open()).toBe(Status.Ok);
	return outbox;
}

function numbers(outbox: Outbox): number[] {
	const notice = new Notice();
	const found: number[] = [];
	for (let from = 0; outbox.notices.peek(from, notice); from = notice.number + 1) {
		found.push(notice.number);
	}
	return found;
}

const say = (outbox: Outbox, kind: NoticeKind, length = 8) =>
	outbox.notices.append(kind, new Uint8Array(length).fill(7), length);

describe("NoticeLog", () => {
	test("gives back kind, number and bytes, over a reboot", () => {
		const flash = new VirtualFlash(geometry);
		let outbox = start(flash);
		expect(outbox.notices.append(Alert, Uint8Array.of(1, 2, 3, 4), 3)).toBe(500);
		expect(outbox.notices.append(Health, Uint8Array.of(9), 1)).toBe(501);
		for (let boot = 0; boot < 2; boot++) {
			const notice = new Notice();
			expect(outbox.notices.peek(0, notice)).toBe(true);
			expect([notice.number, notice.kind, notice.length]).toEqual([500, Alert, 3]);
			expect([...notice.bytes.slice(0, 3)]).toEqual([1, 2, 3]);
			expect(outbox.notices.peek(501, notice)).toBe(true);
			expect([notice.number, notice.kind, notice.length]).toEqual([501, Health, 1]);
			expect(outbox.notices.peek(502, notice)).toBe(false);
			expect(outbox.notices.waiting).toBe(2);
			outbox = start(flash);
		}
	});

	test("an acknowledgement holds over a reboot, twice, and for a number that is not there", () => {
		const flash = new VirtualFlash(geometry);
		const outbox = start(flash);
		for (let count = 0; count < 4; count++) say(outbox, Alert);
		for (const number of [501, 501, 503, 999]) {
			expect(outbox.notices.acknowledge(number)).toBe(Status.Ok);
		}
		expect(numbers(outbox)).toEqual([500, 502]);
		expect(numbers(start(flash))).toEqual([500, 502]);
		expect(start(flash).notices.nextNumber).toBe(504);
	});

	test("too many: health reports give way before alerts, the oldest first, and are counted", () => {
		const flash = new VirtualFlash(geometry);
		const outbox = start(flash);
		say(outbox, Alert);
		say(outbox, Health);
		say(outbox, Health);
		while (outbox.notices.waiting < Limits.notices) say(outbox, Alert);
		expect(say(outbox, Alert)).toBeGreaterThan(0);
		expect(say(outbox, Health)).toBeGreaterThan(0);
		expect(numbers(outbox)).not.toContain(501);
		expect(numbers(outbox)).not.toContain(502);
		expect(outbox.notices.shed).toBe(2);
		say(outbox, Alert);
		expect(say(outbox, Health)).toBe(-Status.NoRoom);
		expect(outbox.notices.shed).toBe(4);
		say(outbox, Alert);
		expect(numbers(outbox)[0]).toBe(503);
		expect(outbox.notices.waiting).toBe(Limits.notices);
		expect(outbox.notices.shed).toBe(5);
	});

	test("what waits stays through any number of blocks, and numbers are never used twice", () => {
		const flash = new VirtualFlash(geometry);
		let outbox = start(flash);
		const kept = say(outbox, Alert, 100);
		let last = kept;
		for (let round = 0; round < 400; round++) {
			const number = say(outbox, Health, round % 100);
			expect(number).toBeGreaterThan(last);
			last = number;
			outbox.notices.acknowledge(number);
			if (round % 50 === 0) outbox = start(flash);
		}
		expect(numbers(outbox)).toEqual([kept]);
		expect(flash.violations).toBe(0);
	});

	test("a flood of observations does not touch notices, nor they the observations", () => {
		const outbox = start(new VirtualFlash({ blocks: 8, blockLength: 1024 }));
		const first = say(outbox, Health);
		while (outbox.shed === 0) outbox.append(observe(outbox.nextSequence));
		const { shed } = outbox;
		for (let count = 0; count < 100; count++) say(outbox, Alert, 50);
		expect(outbox.shed).toBe(shed);
		expect(first).toBe(500);
		expect(outbox.notices.waiting).toBeGreaterThan(3);
	});

	test("a notice that is too long is refused", () => {
		const outbox = start(new VirtualFlash(geometry));
		const longest = new Notice().bytes.length;
		expect(say(outbox, Alert, longest)).toBe(500);
		expect(say(outbox, Alert, longest + 1)).toBe(-Status.TooLong);
	});

	test("a notice that can no longer be read is dropped and counted, the others stay", () => {
		const flash = new VirtualFlash(geometry);
		const outbox = start(flash);
		for (let count = 0; count < 3; count++) say(outbox, Alert, 20);
		const block = [12, 13, 14, 15].find((index) => flash.image[index * 4096] !== 0xff)!;
		flash.flipBit(block * 4096 + 48 + 32 + 14, 1);
		expect(numbers(outbox)).toEqual([500, 502]);
		expect(outbox.notices.corrupt).toBe(1);
		expect(outbox.notices.waiting).toBe(2);
		expect(numbers(start(flash))).toEqual([500, 502]);
	});

	test("a block whose first record is damaged still gives its notices", () => {
		const flash = new VirtualFlash(geometry);
		const outbox = start(flash);
		for (let count = 0; count < 3; count++) say(outbox, Alert, 20);
		const block = [12, 13, 14, 15].find((index) => flash.image[index * 4096] !== 0xff)!;
		flash.flipBit(block * 4096 + 5, 1);
		const again = start(flash);
		expect(numbers(again)).toEqual([500, 501, 502]);
		expect(say(again, Alert)).toBe(503);
		expect(numbers(start(flash))).toEqual([500, 501, 502, 503]);
	});
});

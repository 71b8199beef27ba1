import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { NoticeKind } from "../../../firmware/outbox/notices.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import type { FlashPartition } from "../../../firmware/ports/storage.ts";
import { VirtualFlash } from "../../../simulator/device/storage.ts";
import { Ledger } from "./ledger.ts";
import { list, observe } from "./support.ts";

const small = { blocks: 8, blockLength: 1024 };

function start(flash: FlashPartition): Outbox {
	const outbox = new Outbox(flash, { firstSequence: 100 });
	expect(outbox.open()).toBe(Status.Ok);
	return outbox;
}

function fill(outbox: Outbox, count: number): void {
	for (let index = 0; index < count; index++) {
		expect(outbox.append(observe(outbox.nextSequence))).toBe(Status.Ok);
	}
}

describe("bits that flip while the power is off", () => {
	test("one in any byte of the partition costs what it hits, no more", () => {
		const flash = new VirtualFlash(small);
		const ledger = new Ledger();
		let outbox = start(flash);
		ledger.opened(outbox);
		for (let index = 0; index < 30; index++) ledger.append(outbox, 3);
		ledger.backStamp(outbox, 1_700_000_000);
		for (let index = 0; index < 50; index++) ledger.append(outbox, 0);
		ledger.acknowledge(outbox, 105, 130);
		ledger.acknowledge(outbox, 170, 175);
		ledger.notice(outbox, NoticeKind.Alert);
		outbox = start(flash);
		ledger.opened(outbox);
		ledger.append(outbox, 0);
		for (let offset = 0; offset < 8 * 1024; offset++) {
			const copy = flash.clone();
			copy.flipBit(offset, offset & 7);
			ledger.checkDamaged(start(copy), 1);
		}
	});

	test("what is found to be damaged is counted once, and no longer waits", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 12);
		const { image } = flash;
		let place = 1024 + 48;
		while (image[place + 8] !== 105) place += 16;
		flash.flipBit(place + 20, 3);
		expect(list(outbox).map(({ sequence }) => sequence)).not.toContain(105);
		expect(list(outbox)).toHaveLength(11);
		expect(outbox.corrupt).toBe(1);
		expect(outbox.waiting).toBe(11);
		outbox.acknowledge(100, 104);
		expect(outbox.oldest).toBe(106);
	});

	test("a partition of noise is taken as blank", () => {
		const flash = new VirtualFlash(small);
		flash.load(Uint8Array.from({ length: 8192 }, (_, index) => (index * index * 31 + 17) & 0xff));
		const outbox = start(flash);
		expect(outbox.nextSequence).toBe(100);
		fill(outbox, 200);
		expect(outbox.waiting + outbox.shed).toBe(200);
		expect(flash.violations).toBe(0);
	});

	test("every first record damaged: what can be read is read", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 60);
		outbox.acknowledge(100, 104);
		for (let block = 0; block < 6; block++) {
			if (flash.image[block * 1024] !== 0xff) flash.flipBit(block * 1024 + 9, 2);
		}
		const again = new Outbox(flash, { firstSequence: 5_000 });
		expect(again.open()).toBe(Status.Ok);
		expect(list(again).map(({ sequence }) => sequence)).toEqual(
			Array.from({ length: 55 }, (_, index) => 105 + index),
		);
		expect(again.nextSequence).toBe(5_000);
	});
});

describe("blocks that fail", () => {
	test("are passed over, one after the other, and nothing that waits is lost", () => {
		const flash = new VirtualFlash({ blocks: 12, blockLength: 1024 });
		const outbox = start(flash);
		for (const broken of [2, 5, 6]) {
			flash.breakBlock(broken);
			fill(outbox, 30);
			outbox.acknowledge(0, outbox.nextSequence - 10);
		}
		expect(outbox.faults).toBeGreaterThan(0);
		expect(outbox.corrupt).toBe(0);
		expect(list(outbox)).toHaveLength(outbox.waiting);
		const again = start(flash);
		expect(again.waiting).toBe(outbox.waiting);
		expect(flash.violations).toBe(0);
	});

	test("when all fail, every call says so and nothing throws", () => {
		const flash = new VirtualFlash(small);
		const outbox = start(flash);
		fill(outbox, 5);
		for (let block = 0; block < 8; block++) flash.breakBlock(block);
		const { nextSequence } = outbox;
		expect(outbox.append(observe(nextSequence))).toBe(Status.StorageFailed);
		expect(outbox.nextSequence).toBeGreaterThan(nextSequence);
		expect(outbox.acknowledge(100, 101)).toBe(Status.StorageFailed);
		expect(outbox.backStamp(1)).toBe(Status.Ok);
		expect(outbox.notices.append(NoticeKind.Alert, new Uint8Array(4), 4)).toBeLessThan(0);
		expect(list(outbox)).toHaveLength(5);
		expect(outbox.shed).toBe(0);
	});

	test("a flash that cannot be read: open says so, and works when it can", () => {
		const flash = new VirtualFlash(small);
		fill(start(flash), 5);
		const outbox = new Outbox(flash, { firstSequence: 1 });
		flash.cutAfter(1);
		expect(() => flash.eraseBlock(7)).toThrow();
		expect(outbox.open()).toBe(Status.StorageFailed);
		expect(outbox.append(observe(1))).toBe(Status.NotReady);
		flash.powerOn();
		expect(outbox.open()).toBe(Status.Ok);
		expect(outbox.waiting).toBe(5);
	});

	test("a write that does not read back is a failure, and is written elsewhere", () => {
		const flash = new VirtualFlash({ blocks: 12, blockLength: 1024 });
		let stuck = false;
		const outbox = start({
			status: () => flash.status(),
			read: (into, offset) => {
				flash.read(into, offset);
				if (stuck && offset < 2048 && offset >= 1024 && into.length > 0) into[0]! &= 0xfe;
			},
			write: (from, offset) => flash.write(from, offset),
			eraseBlock: (block) => flash.eraseBlock(block),
			close: () => {},
		});
		fill(outbox, 3);
		stuck = true;
		fill(outbox, 20);
		stuck = false;
		expect(outbox.faults).toBeGreaterThan(0);
		expect(list(outbox)).toHaveLength(23);
	});
});

import { ObservationRun } from "../../../firmware/base/observation.ts";
import { NoticeKind } from "../../../firmware/outbox/notices.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import type {
	FlashPartition,
	FlashStatus,
	RetainedMemory,
} from "../../../firmware/ports/storage.ts";
import { VirtualFlash, VirtualRetainedMemory } from "../../../simulator/device/storage.ts";
import { Ledger } from "./ledger.ts";
import { observe } from "./support.ts";

/**
 * A flash that visits every power cut: before each write and each erase it makes copies of itself
 * in which the power goes in the middle of that operation, at every unit of `writeAlign`, and shows
 * each copy to `visit`.
 */
class WalkedFlash implements FlashPartition {
	readonly flash: VirtualFlash;
	/** Shown a flash as the power cut has left it. */
	visit: (flash: VirtualFlash) => void = () => {};
	/** Writes and erases at which the power was cut. */
	points = 0;
	/** Copies shown: cuts at all units of all points. */
	cuts = 0;
	/** The first broken promise. The outbox catches what its flash throws, so it is kept here. */
	failure: Error | undefined;

	constructor(flash: VirtualFlash) {
		this.flash = flash;
	}

	status(): FlashStatus {
		return this.flash.status();
	}

	read(into: Uint8Array, offset: number): void {
		this.flash.read(into, offset);
	}

	write(from: Uint8Array, offset: number): void {
		this.points += 1;
		const { writeAlign } = this.flash.status();
		for (let keep = 0; keep <= from.length; keep += writeAlign) {
			this.#cut(keep, (copy) => copy.write(from, offset));
		}
		this.flash.write(from, offset);
	}

	eraseBlock(block: number): void {
		this.points += 1;
		const { blockLength, writeAlign } = this.flash.status();
		const edges = [0, writeAlign, 16, 48, 64, blockLength / 2, blockLength - 16, blockLength];
		for (const keep of edges) this.#cut(keep, (copy) => copy.eraseBlock(block));
		this.flash.eraseBlock(block);
	}

	close(): void {}

	#cut(keep: number, operate: (copy: VirtualFlash) => void): void {
		const copy = this.flash.clone();
		copy.cutAfter(1, keep);
		try {
			operate(copy);
			throw new Error("the power did not go");
		} catch (error) {
			if (copy.isPowered) throw error;
		}
		copy.powerOn();
		this.cuts += 1;
		if (this.failure !== undefined) return;
		try {
			this.visit(copy);
		} catch (error) {
			const { message } = error as Error;
			this.failure = new Error(`operation ${this.points}, ${keep} bytes done: ${message}`);
		}
	}
}

export interface Walk {
	/** Writes and erases of the script at which the power was cut. */
	readonly points: number;
	/** All cuts, torn prefixes included. */
	readonly cuts: number;
	/** Cuts while the station started again after a first cut. */
	readonly secondCuts: number;
}

export interface WalkOptions {
	readonly writeAlign: number;
	readonly lossWindow: number;
	/** Whether the start after a cut is itself cut everywhere. */
	readonly second: boolean;
	/** Makes the outbox under test; a broken one must be found. */
	readonly create?: typeof createOutbox;
}

export function createOutbox(
	flash: FlashPartition,
	lossWindow: number,
	retained: RetainedMemory,
): Outbox {
	return new Outbox(flash, { firstSequence: 1000, lossWindow, retained });
}

/**
 * Runs the script on a small partition and cuts the power everywhere. After each cut the station starts
 * again and must keep every promise; then it goes on, and must again.
 *
 * @throws {Error} at the first promise that is broken
 */
export function walk(options: WalkOptions): Walk {
	const { writeAlign, lossWindow, second, create = createOutbox } = options;
	const walked = new WalkedFlash(new VirtualFlash({ blocks: 8, blockLength: 1024, writeAlign }));
	const retained = new VirtualRetainedMemory(1024);
	const ledger = new Ledger(lossWindow);
	let secondCuts = 0;
	const startAgain = (flash: FlashPartition, memory: VirtualRetainedMemory, isLost: boolean) => {
		const outbox = create(flash, lossWindow, memory);
		const status = outbox.open();
		if (status !== 0) throw new Error(`open: status ${status}`);
		ledger.check(outbox, isLost);
		return outbox;
	};
	walked.visit = (flash) => {
		for (const isLost of lossWindow === 0 ? [true] : [false, true]) {
			const memory = copyOf(retained, isLost);
			if (second) {
				const again = new WalkedFlash(flash.clone());
				const between = copyOf(memory, false);
				again.visit = (twice) => {
					if (lossWindow > 0) startAgain(twice.clone(), copyOf(between, true), true);
					startAgain(twice, copyOf(between, false), isLost);
				};
				create(again, lossWindow, between).open();
				if (again.failure !== undefined) throw again.failure;
				secondCuts += again.cuts;
			}
			const copy = flash.clone();
			goOn(startAgain(copy, memory, isLost), copy);
			if (copy.violations > 0) throw new Error("a rule of NOR flash was broken");
		}
	};
	try {
		runScript(() => create(walked, lossWindow, retained), ledger);
	} catch (error) {
		throw walked.failure ?? error;
	}
	if (walked.failure !== undefined) throw walked.failure;
	if (walked.flash.violations > 0) throw new Error("a rule of NOR flash was broken");
	return { points: walked.points, cuts: walked.cuts, secondCuts };
}

/** Life after the cut: it takes observations, and everything can be acknowledged. */
function goOn(outbox: Outbox, flash: VirtualFlash): void {
	const before = outbox.waiting + outbox.shed;
	for (let index = 0; index < 3; index++) {
		if (outbox.append(observe(outbox.nextSequence)) !== 0) throw new Error("append after the cut");
	}
	if (outbox.waiting + outbox.shed !== before + 3) throw new Error("miscounts after the cut");
	const run = new ObservationRun();
	while (outbox.waiting > 0) {
		const { waiting } = outbox;
		const count = outbox.peek(0, 60, run);
		if (outbox.acknowledge(run.firstSequence, run.firstSequence + count - 1) !== 0) {
			throw new Error("acknowledge after the cut");
		}
		if (outbox.waiting >= waiting) throw new Error("cannot be emptied after the cut");
	}
	const again = createOutbox(flash, 0, new VirtualRetainedMemory(0));
	if (again.open() !== 0 || again.waiting !== 0) throw new Error("does not stay empty");
	if (again.nextSequence < outbox.nextSequence) throw new Error("sequences go back");
}

function copyOf(memory: VirtualRetainedMemory, isLost: boolean): VirtualRetainedMemory {
	const copy = new VirtualRetainedMemory(memory.length);
	const bytes = new Uint8Array(memory.length);
	memory.read(bytes, 0);
	copy.write(bytes, 0);
	if (isLost) copy.losePower({ next: () => 0x6b });
	return copy;
}

/** Everything an outbox does, in an order in which each part meets a log in another state. */
function runScript(create: () => Outbox, ledger: Ledger): void {
	const run = new ObservationRun();
	let outbox = create();
	const open = () => {
		ledger.reopening();
		if (outbox.open() !== 0) throw new Error("open");
		ledger.opened(outbox);
	};
	const reboot = () => {
		outbox = create();
		open();
	};
	const append = (count: number, quality: 0 | 1 | 3 = 0) => {
		for (let index = 0; index < count; index++) ledger.append(outbox, quality);
	};
	const deliver = (from: number, limit: number) => {
		const count = ledger.peek(outbox, from, limit, run);
		if (count > 0) {
			ledger.acknowledge(outbox, run.firstSequence, run.firstSequence + count - 1);
		}
		return count;
	};
	const notice = (kind: NoticeKind) => ledger.notice(outbox, kind);

	open();
	append(6, 3);
	reboot();
	append(4, 3);
	ledger.backStamp(outbox, 1_700_000_000);
	append(20);
	notice(NoticeKind.Health);
	notice(NoticeKind.Alert);
	ledger.acknowledgeNotice(outbox, 1000);
	deliver(0, 5);
	// Newest first, and with holes.
	append(12);
	deliver(outbox.nextSequence - 4, 4);
	deliver(outbox.nextSequence - 9, 2);
	ledger.acknowledge(outbox, 1014, 1020);
	reboot();
	append(30, 1);
	deliver(outbox.nextSequence - 10, 10);
	deliver(0, 60);
	deliver(0, 60);
	reboot();
	append(3, 3);
	// A long outage: the log fills and sheds, some of it acknowledged out of order.
	append(60);
	deliver(outbox.nextSequence - 20, 20);
	ledger.backStamp(outbox, 1_800_000_000);
	append(90);
	reboot();
	for (let number = 0; number < 12; number++) {
		notice(number % 3 === 0 ? NoticeKind.Alert : NoticeKind.Health);
		append(4);
	}
	ledger.acknowledgeNotice(outbox, 1001);
	ledger.acknowledgeNotice(outbox, 1013);
	notice(NoticeKind.Alert);
	for (let round = 0; round < 8; round++) {
		deliver(0, 25);
		append(1);
	}
	reboot();
	append(40);
	deliver(0, 60);
	reboot();
}

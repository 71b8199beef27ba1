import { Crystal } from "../device/clock.ts";
import { VirtualFlash, VirtualKeyValue } from "../device/storage.ts";
import type { RandomStream } from "../kernel/random.ts";

/** In the middle of what the power goes; after a turn it has run to its end and told nobody. */
export type CutPoint = "flash" | "keyValue" | "turn";

export interface BoardOptions {
	/** Everything random about this board. */
	readonly random: RandomStream;
	/** Erase blocks of the outbox partition. */
	readonly flashBlocks?: number | undefined;
	/** How much too fast its crystal is, in parts per million. */
	readonly driftPpm?: number | undefined;
}

/**
 * What of a station survives the end of its firmware: flash, key-value domain and crystal, on one
 * supply. It can be told to lose it in the middle of an operation to come.
 */
export class Board {
	readonly flash: VirtualFlash;
	readonly keyValue = new SuppliedKeyValue();
	readonly crystal: Crystal;
	readonly #random: RandomStream;
	#onCut: (() => void) | undefined;
	#isAfterTurn = false;

	constructor({ random, flashBlocks, driftPpm }: BoardOptions) {
		this.#random = random;
		this.flash = new VirtualFlash({
			...(flashBlocks === undefined ? {} : { blocks: flashBlocks }),
			seed: random.next(),
		});
		this.crystal = new Crystal(driftPpm);
		const onCut = (): void => this.#cut();
		this.flash.onCut = onCut;
		this.keyValue.onCut = onCut;
	}

	/** Whether a cut is still to come. */
	get isArmed(): boolean {
		return this.#onCut !== undefined;
	}

	/** Whether the firmware that runs has effect; a cut in the middle of a turn lets it run on without. */
	get isPowered(): boolean {
		return this.keyValue.isPowered;
	}

	/** Gives the power back, where it is gone, and forgets a cut that did not come. */
	powerOn(): void {
		this.disarm();
		this.keyValue.isPowered = true;
		this.flash.powerOn();
	}

	/** Forgets a cut that did not come. */
	disarm(): void {
		this.#onCut = undefined;
		this.#isAfterTurn = false;
		this.keyValue.cutAfter(Number.POSITIVE_INFINITY, false);
		this.flash.cutAfter(Number.POSITIVE_INFINITY);
	}

	/**
	 * Cuts the power in the middle of an operation of this kind, one of the next few.
	 *
	 * @param onCut  the power has gone; what is left of the turn has no effect any more
	 */
	cutIn(point: CutPoint, onCut: () => void): void {
		const random = this.#random;
		this.#onCut = onCut;
		if (point === "flash") this.flash.cutAfter(1 + random.below(4), random.below(160));
		else if (point === "keyValue") this.keyValue.cutAfter(1, random.chance(0.5));
		else this.#isAfterTurn = true;
	}

	/** The firmware has run and waits again. */
	afterTurn(): void {
		if (this.#isAfterTurn) this.#cut();
	}

	#cut(): void {
		this.keyValue.isPowered = false;
		this.#isAfterTurn = false;
		const onCut = this.#onCut;
		this.#onCut = undefined;
		onCut?.();
	}
}

/** A key-value domain that can lose its power between the old bytes and the new ones. */
class SuppliedKeyValue extends VirtualKeyValue {
	isPowered = true;
	/** Bytes of the largest item that was ever written. */
	largest = 0;
	onCut: (() => void) | undefined;
	#cutAt = Number.POSITIVE_INFINITY;
	#isDone = false;

	/**
	 * @param count   1 is the next write or deletion
	 * @param isDone  whether it has happened when the power goes
	 */
	cutAfter(count: number, isDone: boolean): void {
		this.#cutAt = this.operations + count;
		this.#isDone = isDone;
	}

	override read(key: string): Uint8Array | undefined {
		this.#check();
		return super.read(key);
	}

	override write(key: string, value: Uint8Array): void {
		this.largest = Math.max(this.largest, value.length);
		this.#do(() => super.write(key, value));
	}

	override delete(key: string): void {
		this.#do(() => super.delete(key));
	}

	#do(operation: () => void): void {
		this.#check();
		if (this.operations + 1 < this.#cutAt) {
			operation();
			return;
		}
		this.#cutAt = Number.POSITIVE_INFINITY;
		if (this.#isDone) operation();
		this.onCut?.();
		throw new Error("the power went in the middle of an operation");
	}

	#check(): void {
		if (!this.isPowered) throw new Error("the key-value domain has no power");
	}
}

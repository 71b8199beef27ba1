import { assert } from "../base/assert.ts";
import { Observation, type ObservationRun, TimeQuality } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import type { FlashPartition, RetainedMemory } from "../ports/storage.ts";
import { divide } from "./budget.ts";
import { FlashLog, FlashMedium } from "./log.ts";
import { NoticeLog } from "./notices.ts";
import { ObservationCodec, plainIds } from "./observations.ts";
import type { PageBuffers } from "./pages.ts";
import { RangeSet } from "./ranges.ts";
import {
	blockHeaderBytes,
	headerBytes,
	RecordKind,
	recordKind,
	recordSequence,
	recordSize,
	recordTag,
	sealRecord,
	unitBytes,
} from "./record.ts";
import { Stage } from "./stage.ts";
import { StampTable } from "./stamps.ts";

export interface OutboxOptions {
	/** The first sequence where the partition holds none, 1 or more. */
	readonly firstSequence: number;
	/** Where observations may wait for a full page; needed when `lossWindow` is not 0. */
	readonly retained?: RetainedMemory | undefined;
	/**
	 * Observations that a power cut may take, at most `Limits.stagedObservations`. With 0, the default,
	 * every observation is in flash when `append` returns.
	 */
	readonly lossWindow?: number | undefined;
	/**
	 * Identifier of each channel in storage, 0..127, by index; 128 or more for one that is not stored.
	 * The indices themselves unless given.
	 */
	readonly channelIds?: Uint8Array | undefined;
	/** Scratch that the outboxes of one process may share; its own unless given. */
	readonly pages?: PageBuffers | undefined;
	readonly observation?: Observation | undefined;
	/** Woken from deep sleep: the same boot goes on, and with it its boot-relative times. */
	readonly resumed?: boolean | undefined;
}

/** Room at the end of a block for the record of what is shed before the next block is opened. */
const reserveBytes = unitBytes;

/** Payload of a `Block` record: generation, position, shed, corrupt, boot, its first sequence, window. */
const stateBytes = 26;

/**
 * Observations from the moment they are made to the moment the archive has them.
 *
 * `append` puts an observation into flash, `peek` reads runs of those that wait, `acknowledge` says that a run
 * has arrived; nothing else makes an observation go away, except a full log, which sheds the
 * oldest block and counts what it held. All state is in the log itself, in records that are read back by `open`.
 *
 * Memory: fixed at construction. `append`, `peek` and `acknowledge` allocate nothing.
 */
export class Outbox {
	/** Alerts and health reports, in blocks of their own: observations never take their place. */
	readonly notices: NoticeLog;
	readonly #options: OutboxOptions;
	readonly #medium: FlashMedium;
	readonly #log: FlashLog;
	#stage: Stage | undefined;
	readonly #done = new RangeSet();
	readonly #stamps = new StampTable();
	readonly #codec: ObservationCodec;
	readonly #observation: Observation;
	#isOpen = false;
	/** The first sequence that is not in flash. */
	#next = 0;
	#boot = 0;
	#bootFirst = 0;
	/** The last observation of this boot that has a boot-relative time; 0 when there is none. */
	#unknownLast = 0;
	#shed = 0;
	#corrupt = 0;
	/** Loss window that the flash knows of. */
	#window = 0;
	#mayBeLost = 0;
	/** Where reading goes on: everything from `#cursorSequence` is at or behind this place. */
	#cursorIndex = -1;
	#cursorOffset = 0;
	#cursorSequence = 0;

	/** @throws {Error} when partition or options cannot work; see `divide` */
	constructor(flash: FlashPartition, options: OutboxOptions) {
		const { lossWindow = 0, retained, firstSequence, channelIds = plainIds() } = options;
		assert(firstSequence >= 1, "firstSequence");
		this.#options = options;
		this.#observation = options.observation ?? new Observation();
		this.#codec = new ObservationCodec(channelIds);
		this.#medium = new FlashMedium(flash, options.pages);
		const { observationBlocks, noticeBlocks } = divide(flash.status());
		this.#log = new FlashLog(this.#medium, 0, observationBlocks);
		const noticeLog = new FlashLog(this.#medium, observationBlocks, noticeBlocks);
		this.notices = new NoticeLog(noticeLog, firstSequence);
		if (lossWindow > 0) {
			assert(retained !== undefined, "a loss window needs retained memory");
			this.#stage = new Stage(retained, lossWindow, this.#medium);
		}
	}

	/** How often the station has started, this time included. */
	get boot(): number {
		return this.#boot;
	}

	/** The sequence of the next observation. */
	get nextSequence(): number {
		return this.#next + (this.#stage?.count ?? 0);
	}

	/** Observations that are neither acknowledged nor shed. */
	get waiting(): number {
		return this.#done.openBelow(this.nextSequence);
	}

	/** Sequence of the first observation that waits; `nextSequence` when none does. */
	get oldest(): number {
		return this.#done.position;
	}

	/** Observations that a full log has given up, since the partition was blank. */
	get shed(): number {
		return this.#shed;
	}

	/** Observations that could not be read back, since the partition was blank. */
	get corrupt(): number {
		return this.#corrupt;
	}

	/**
	 * Observations at most that went with retained memory before this start: their sequences were left out.
	 */
	get mayBeLost(): number {
		return this.#mayBeLost;
	}

	/** Operations of the flash that failed, since the start. */
	get faults(): number {
		return this.#medium.faults;
	}

	/**
	 * Finds what is intact in the partition, and starts a new boot. Can be called again after a failure.
	 *
	 * Reads the first record of each block and the newest block; the rest is read when it is wanted.
	 */
	open(): Status {
		this.#isOpen = false;
		this.#cursorIndex = -1;
		this.#forget();
		let status = this.#log.open();
		if (status === Status.Ok) status = this.#recover();
		if (status === Status.Ok) status = this.notices.open();
		this.#isOpen = status === Status.Ok;
		return status;
	}

	/**
	 * Stores an observation.
	 *
	 * @param observation  its sequence must be `nextSequence`; read only
	 * @returns Ok when it survives a power cut, or, with a loss window, a reset; NotReady before `open`;
	 *   StorageFailed when it is not stored and `nextSequence` stays
	 *
	 * Allocates: nothing.
	 */
	append(observation: Observation): Status {
		if (!this.#isOpen) return Status.NotReady;
		const { sequence } = observation;
		assert(sequence === this.nextSequence, "sequence of an observation");
		const stage = this.#stage;
		const status = stage === undefined ? this.#write(observation) : this.#hold(stage, observation);
		if (status === Status.Ok && observation.timeQuality === TimeQuality.Unknown) {
			this.#unknownLast = sequence;
		}
		return status;
	}

	/**
	 * Reads a run of observations that wait.
	 *
	 * The run starts at the first one with a sequence of `from` or more, whatever lies before it: the
	 * newest can be read while older ones wait. It ends at `limit`, at a gap, and where period or time
	 * quality change. With a loss window, what is in retained memory goes to flash first, so that
	 * nothing leaves the station that a power cut could take back.
	 *
	 * @param limit  observations at most, 1..`Limits.observationsPerReport`
	 * @param into   gets the run; what it held is gone
	 * @returns observations in the run; 0 when none waits or the flash failed, see `faults`
	 *
	 * Allocates: nothing.
	 */
	peek(from: number, limit: number, into: ObservationRun): number {
		into.clear();
		if (!this.#isOpen) return 0;
		void this.flush(); // What could not be written stays where it is and is read later.
		let sequence = this.#done.next(from);
		while (into.count < limit && sequence < this.#next) {
			const found = this.#seek(sequence);
			if (found < 0) break;
			if (found > sequence) {
				this.#corrupt += this.#done.add(sequence, found - 1);
				if (into.count > 0) break;
			} else {
				this.#codec.decode(this.#medium.inView, this.#observation);
				this.#date(this.#observation);
				if (!into.add(this.#observation)) break;
			}
			sequence = this.#done.next(found === sequence ? found + 1 : found);
		}
		return into.count;
	}

	/**
	 * Says that the archive has the observations from `first` to `last`. Any range at any time; what is done
	 * with already costs nothing.
	 *
	 * @returns Ok when this survives a power cut; otherwise nothing has changed
	 *
	 * Allocates: nothing.
	 */
	acknowledge(first: number, last: number): Status {
		if (!this.#isOpen) return Status.NotReady;
		last = Math.min(last, this.#next - 1);
		first = Math.max(first, this.#done.position);
		if (this.#done.covers(first, last + 1)) return Status.Ok;
		const status = this.#put(RecordKind.Acknowledged, 0, first, last);
		if (status !== Status.Ok) return status;
		this.#done.add(first, last);
		this.#reclaim(this.#log.find(first), this.#log.find(last));
		return Status.Ok;
	}

	/**
	 * Dates the observations of this boot that were appended with `TimeQuality.Unknown`: `offsetSeconds`
	 * is added to their boot-relative start and their quality becomes BackStamped.
	 *
	 * @returns Ok when this survives a power cut, also when there was nothing to date; NoRoom when the
	 *   observations of `Limits.outboxStamps` other boots still wait to be sent with their own offset
	 */
	backStamp(offsetSeconds: number): Status {
		if (!this.#isOpen) return Status.NotReady;
		assert(offsetSeconds >= 0 && offsetSeconds <= 0xffff_ffff, "offset of a back-stamp");
		this.#stamps.prune(this.#done.position);
		const first = Math.max(this.#bootFirst, this.#stamps.end, this.#done.position);
		const last = this.#unknownLast;
		if (last < first) return Status.Ok;
		if (this.#stamps.isFull) return Status.NoRoom;
		const status = this.#put(RecordKind.Stamp, 0, first, last, offsetSeconds);
		if (status !== Status.Ok) return status;
		this.#stamps.add(first, last, offsetSeconds);
		return Status.Ok;
	}

	/** Writes what is in retained memory to flash; before a power-down that is not a deep sleep. */
	flush(): Status {
		const stage = this.#stage;
		if (stage === undefined || stage.count === 0) return Status.Ok;
		let status: Status = Status.Ok;
		for (let failures = 0; stage.count > 0 && failures < 2; ) {
			const size = stage.headSize();
			if (size === 0) {
				// The gap is found by `peek` and counted there.
				this.#next = this.nextSequence;
				stage.reset(this.#next);
				break;
			}
			const isFull = !this.#hasRoom(size);
			status = this.#ensureRoom(size);
			if (status !== Status.Ok) break;
			const bytes = stage.load(this.#log.blockLength - reserveBytes - this.#log.tail);
			status = this.#log.append(bytes);
			if (status === Status.Ok) {
				stage.drop(bytes);
				this.#next = stage.first;
				if (isFull) void this.#keepSpare(); // The next roll tries again.
			} else {
				failures += 1;
				this.#log.close();
			}
		}
		return status;
	}

	#forget(): void {
		this.#next = this.#options.firstSequence;
		this.#done.reset(this.#next);
		this.#stamps.clear();
		this.#boot = 0;
		this.#bootFirst = 0;
		this.#unknownLast = 0;
		this.#shed = 0;
		this.#corrupt = 0;
		this.#window = 0;
		this.#mayBeLost = 0;
	}

	// Opening.

	#recover(): Status {
		let damaged = 0;
		if (this.#log.count > 0) {
			damaged = this.#replay(this.#log.count - 1);
			if (damaged < 0) return -damaged as Status;
		}
		const status = this.#salvage();
		if (status !== Status.Ok) return status;
		const before = this.#next;
		const isKept = this.#restoreStage(damaged);
		const started = this.#startBoot(this.#next !== before);
		// Not before the flash knows what was left out: until then retained memory must not look whole.
		if (!isKept && started === Status.Ok) this.#stage?.reset(this.#next);
		return started;
	}

	/**
	 * Applies the records of the block `index`, the newest one, and finds where the next one goes.
	 *
	 * @returns units that may have held observations newer than the last intact one, or a negated Status
	 */
	#replay(index: number): number {
		const log = this.#log;
		const block = log.block(index);
		const header = log.read(block, 0);
		if (header < 0) return header;
		if (header > 0) this.#applyState();
		const end = log.written(block);
		if (end < 0) return end;
		let damaged = 0;
		for (let offset = blockHeaderBytes; offset < end; ) {
			const size = log.read(block, offset);
			if (size < 0) return size;
			if (size === 0) damaged += 1;
			else if (this.#apply()) damaged = 0;
			offset += Math.max(size, unitBytes);
		}
		// A block without its first record is left for another one, unless that would shed.
		if (header > 0 || log.free === 0) log.tail = end;
		return damaged;
	}

	/** Takes over the state in a `Block` record. */
	#applyState(): void {
		const view = this.#medium.inView;
		this.#next = recordSequence(view);
		this.#done.reset(view.getUint32(headerBytes + 4, true));
		this.#shed = view.getUint32(headerBytes + 8, true);
		this.#corrupt = view.getUint32(headerBytes + 12, true);
		this.#boot = view.getUint32(headerBytes + 16, true);
		this.#bootFirst = view.getUint32(headerBytes + 20, true);
		this.#window = view.getUint16(headerBytes + 24, true);
	}

	/** Applies the record that was read last; returns whether it is an observation. */
	#apply(): boolean {
		const view = this.#medium.inView;
		const sequence = recordSequence(view);
		const last = view.getUint32(headerBytes, true);
		switch (recordKind(view)) {
			case RecordKind.Observation:
				this.#next = Math.max(this.#next, sequence + 1);
				return true;
			case RecordKind.Acknowledged:
				this.#done.add(sequence, last);
				break;
			case RecordKind.Shed:
				this.#shed += this.#done.add(sequence, last);
				break;
			case RecordKind.Stamp:
				this.#stamps.prune(this.#done.position);
				if (!this.#stamps.isFull) {
					this.#stamps.add(sequence, last, view.getUint32(headerBytes + 4, true));
				}
				break;
			case RecordKind.Boot:
				this.#skipTo(sequence);
				this.#boot = view.getUint32(headerBytes, true);
				this.#bootFirst = view.getUint32(headerBytes + 4, true);
				this.#window = recordTag(view);
				break;
		}
		return false;
	}

	/** Makes `sequence` the next one; those before it that nobody has used do not wait. */
	#skipTo(sequence: number): void {
		if (sequence <= this.#next) return;
		this.#done.add(this.#next, sequence - 1);
		this.#next = sequence;
	}

	/**
	 * Looks into blocks whose first record is damaged for observations that still wait. There are
	 * none in a block that a power cut has caught while it was erased or opened.
	 */
	#salvage(): Status {
		const log = this.#log;
		const isBlind = log.count === 0;
		if (isBlind) this.#done.reset(0);
		let least = Number.POSITIVE_INFINITY;
		let isNewest = false;
		for (let block = log.suspect(0); block >= 0; block = log.suspect(block + 1)) {
			const first = this.#firstWaiting(block);
			if (first < 0) return -first as Status;
			if (first === Number.POSITIVE_INFINITY) continue;
			least = Math.min(least, first);
			if (log.adopt(block, first) === log.count - 1) isNewest = true;
		}
		if (isBlind) {
			// Nothing says what is done with, so everything that can be read waits.
			this.#next = isNewest ? least : this.#options.firstSequence;
			this.#done.reset(this.#next);
		}
		if (!isNewest) return Status.Ok;
		const damaged = this.#replay(log.count - 1);
		if (damaged < 0) return -damaged as Status;
		this.#skipTo(this.#next + damaged);
		if (isBlind) this.#skipTo(this.#options.firstSequence);
		return Status.Ok;
	}

	/** The least sequence in a block of an observation that waits, Infinity, or a negated Status. */
	#firstWaiting(block: number): number {
		const log = this.#log;
		let first = Number.POSITIVE_INFINITY;
		for (let offset = blockHeaderBytes; offset < log.blockLength; ) {
			const size = log.read(block, offset);
			if (size < 0) return size;
			if (size > 0 && recordKind(this.#medium.inView) === RecordKind.Observation) {
				const sequence = recordSequence(this.#medium.inView);
				if (this.#done.next(sequence) === sequence) first = Math.min(first, sequence);
			}
			offset += Math.max(size, unitBytes);
		}
		return first;
	}

	/**
	 * Finds the next sequence that was never given to anybody. Where the end of the log is damaged or
	 * retained memory was lost, it leaves out as many as can have been there.
	 *
	 * @returns whether retained memory has kept its bytes
	 */
	#restoreStage(damaged: number): boolean {
		const stage = this.#stage ?? this.#formerStage();
		if (stage?.restore(this.#next) === true) {
			this.#stage = stage;
			// What the stage had handed over and cannot be found now waits until `peek` counts it.
			this.#next = Math.max(this.#next, stage.first);
			if (stage.count === 0) stage.reset(this.#next);
			return true;
		}
		this.#mayBeLost = this.#window;
		this.#skipTo(this.#next + damaged + this.#window);
		return false;
	}

	/** Where an image before this one, which had a loss window, may have left observations. */
	#formerStage(): Stage | undefined {
		const { retained } = this.#options;
		if (retained === undefined || retained.length === 0 || this.#window === 0) return undefined;
		return new Stage(retained, this.#window, this.#medium);
	}

	/** @param skipped  whether sequences were left out, which must be known to the next boot too */
	#startBoot(skipped: boolean): Status {
		const isResumed = this.#options.resumed === true && this.#boot > 0;
		const window = this.#options.lossWindow ?? 0;
		if (isResumed) {
			this.#unknownLast = this.nextSequence - 1;
		} else {
			const status = this.flush();
			if (status !== Status.Ok) return status;
			if (window === 0) this.#stage = undefined;
			this.#boot += 1;
			this.#bootFirst = this.#next;
		}
		this.#reclaim(0, this.#log.count);
		if (this.#log.count > 0 && isResumed && !skipped && window === this.#window) return Status.Ok;
		this.#window = window;
		if (this.#log.count === 0) return this.#roll();
		return this.#put(RecordKind.Boot, window, this.#next, this.#boot, this.#bootFirst);
	}

	// Writing.

	/** Puts an observation into flash, at the second attempt into another block. */
	#write(observation: Observation): Status {
		const { out, outView } = this.#medium;
		const size = this.#codec.size(observation);
		for (let attempt = 1; ; attempt++) {
			const isFull = !this.#hasRoom(size);
			let status = this.#ensureRoom(size);
			if (status === Status.Ok) {
				this.#codec.encode(observation, out, outView);
				status = this.#log.append(size);
			}
			if (status === Status.Ok) {
				this.#next += 1;
				if (isFull) void this.#keepSpare(); // The next roll tries again.
				return Status.Ok;
			}
			this.#log.close();
			if (attempt === 2) {
				// A write that failed may still be found at the next start.
				this.#skipTo(this.#next + 1);
				return status;
			}
		}
	}

	/** Puts an observation into retained memory. */
	#hold(stage: Stage, observation: Observation): Status {
		const size = this.#codec.size(observation);
		if (!stage.hasRoom(size)) {
			const status = this.flush();
			if (status !== Status.Ok) return status;
		}
		stage.push(this.#codec.encode(observation, this.#medium.out, this.#medium.outView));
		return Status.Ok;
	}

	/** Puts a record of one or two numbers into flash, at the second attempt into another block. */
	#put(kind: number, tag: number, sequence: number, value: number, second = -1): Status {
		const size = recordSize(second < 0 ? 4 : 8);
		for (let attempt = 1; ; attempt++) {
			let status = this.#ensureRoom(size);
			if (status === Status.Ok) status = this.#appendNumbers(kind, tag, sequence, value, second);
			if (status === Status.Ok || attempt === 2) return status;
			this.#log.close();
		}
	}

	#appendNumbers(kind: number, tag: number, sequence: number, value: number, second = -1): Status {
		const { out, outView } = this.#medium;
		outView.setUint32(headerBytes, value, true);
		if (second >= 0) outView.setUint32(headerBytes + 4, second, true);
		const length = second < 0 ? 4 : 8;
		return this.#log.append(sealRecord(out, outView, kind, tag, sequence, length));
	}

	#hasRoom(size: number): boolean {
		return this.#log.hasRoom(size + reserveBytes);
	}

	/** Makes room for a record. Goes on in the next block when it must. */
	#ensureRoom(size: number): Status {
		return this.#hasRoom(size) ? Status.Ok : this.#roll();
	}

	/** Goes on in the next block, past any that fail. */
	#roll(): Status {
		const log = this.#log;
		let status: Status = this.#keepSpare();
		if (status !== Status.Ok) return status;
		do status = this.#openBlock();
		while (status !== Status.Ok && log.free > 0);
		if (status === Status.Ok) this.#reclaim(log.count - 3, log.count);
		return status;
	}

	/** Opens a block with everything that its records build on, so that no older block is needed. */
	#openBlock(): Status {
		const log = this.#log;
		let status = log.begin();
		if (status !== Status.Ok) return status;
		const done = this.#done;
		for (let index = 0; index < done.count && status === Status.Ok; index++) {
			const first = done.first(index);
			status = this.#appendNumbers(RecordKind.Acknowledged, 0, first, done.last(index));
		}
		const stamps = this.#stamps;
		stamps.prune(done.position);
		for (let index = 0; index < stamps.count && status === Status.Ok; index++) {
			const offset = stamps.offset(index);
			const last = stamps.last(index);
			status = this.#appendNumbers(RecordKind.Stamp, 0, stamps.first(index), last, offset);
		}
		if (status !== Status.Ok) return log.abandon(status);
		const view = this.#medium.outView;
		view.setUint32(headerBytes + 4, done.position, true);
		view.setUint32(headerBytes + 8, this.#shed, true);
		view.setUint32(headerBytes + 12, this.#corrupt, true);
		view.setUint32(headerBytes + 16, this.#boot, true);
		view.setUint32(headerBytes + 20, this.#bootFirst, true);
		view.setUint16(headerBytes + 24, this.#window, true);
		return log.commit(this.#next, stateBytes);
	}

	/**
	 * Makes sure that a block is free; sheds when it must. Observations leave one free for
	 * acknowledgements, which need room before they make some.
	 */
	#keepSpare(): Status {
		const log = this.#log;
		if (log.free === 0) this.#reclaim(0, log.count);
		while (log.free === 0) {
			if (log.count < 2) return Status.StorageFailed;
			const status = this.#shedOldest();
			if (status !== Status.Ok) return status;
		}
		return Status.Ok;
	}

	/** Gives up what still waits in the oldest block. */
	#shedOldest(): Status {
		const position = this.#done.position;
		const last = this.#log.first(1) - 1;
		if (last >= position) {
			const status = this.#appendNumbers(RecordKind.Shed, 0, position, last);
			// A block that was closed for a failed write has no room; the next one says it.
			if (status !== Status.Ok && status !== Status.NoRoom) return status;
			this.#shed += this.#done.add(position, last);
		}
		return this.#release(0);
	}

	/**
	 * Erases the blocks from index `from` to `to` in which nothing waits. The block before the newest
	 * one stays: it holds a second copy of everything that the first record of the newest one says.
	 */
	#reclaim(from: number, to: number): void {
		const log = this.#log;
		for (let index = Math.min(to, log.count - 3); index >= Math.max(from, 0); index--) {
			if (this.#done.covers(log.first(index), log.first(index + 1))) {
				void this.#release(index); // A block that cannot be erased is out of use.
			}
		}
	}

	#release(index: number): Status {
		if (this.#cursorIndex === index) this.#cursorIndex = -1;
		else if (this.#cursorIndex > index) this.#cursorIndex -= 1;
		return this.#log.release(index);
	}

	// Reading.

	/**
	 * Reads the first intact observation with a sequence of `sequence` or more into `medium.in`.
	 *
	 * @returns its sequence, `#next` when there is none, or a negated Status
	 */
	#seek(sequence: number): number {
		const log = this.#log;
		const view = this.#medium.inView;
		if (this.#cursorIndex < 0 || this.#cursorSequence !== sequence) {
			this.#cursorIndex = Math.max(0, log.find(sequence));
			this.#cursorOffset = blockHeaderBytes;
			this.#cursorSequence = sequence;
		}
		for (;;) {
			const block = log.block(this.#cursorIndex);
			const end = log.end(this.#cursorIndex);
			while (this.#cursorOffset < end) {
				const size = log.read(block, this.#cursorOffset);
				if (size < 0) return size;
				if (size > 0 && recordKind(view) === RecordKind.Observation) {
					const found = recordSequence(view);
					if (found > sequence) return found;
					this.#cursorOffset += size;
					if (found < sequence) continue;
					this.#cursorSequence = sequence + 1;
					return found;
				}
				this.#cursorOffset += Math.max(size, unitBytes);
			}
			if (this.#cursorIndex === log.count - 1) return this.#next;
			this.#cursorIndex += 1;
			this.#cursorOffset = blockHeaderBytes;
		}
	}

	/** Gives an observation from before the clock was set its time, where that is known by now. */
	#date(observation: Observation): void {
		if (observation.timeQuality !== TimeQuality.Unknown) return;
		const index = this.#stamps.indexOf(observation.sequence);
		if (index < 0) return;
		observation.startSeconds += this.#stamps.offset(index);
		observation.timeQuality = TimeQuality.BackStamped;
	}
}

import { assert } from "../base/assert.ts";
import { Observation, type ObservationRun, TimeQuality } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import type { FlashPartition, RetainedMemory } from "../ports/storage.ts";
import { divide } from "./budget.ts";
import { Journal } from "./journal.ts";
import { FlashLog, FlashMedium } from "./log.ts";
import { NoticeLog } from "./notices.ts";
import { ObservationCodec, plainIds } from "./observations.ts";
import { Reader } from "./reader.ts";
import { Stage } from "./stage.ts";

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
	/** Woken from deep sleep: the same boot goes on, and with it its boot-relative times. */
	readonly resumed?: boolean | undefined;
}

/**
 * Observations from the moment they are made to the moment the archive has them.
 *
 * `append` stores an observation, `peek` reads runs of those that wait, `acknowledge` says that a run has
 * arrived; nothing else makes an observation go away, except a full log, which sheds the oldest block and
 * counts what it held.
 *
 * Memory: see docs/outbox.md. `append`, `peek` and `acknowledge` allocate nothing.
 */
export class Outbox {
	/** Alerts and health reports, in blocks of their own: observations never take their place. */
	readonly notices: NoticeLog;
	readonly #options: OutboxOptions;
	readonly #medium: FlashMedium;
	readonly #journal: Journal;
	readonly #reader: Reader;
	readonly #stage: Stage | undefined;
	readonly #codec: ObservationCodec;
	readonly #observation = new Observation();
	#isOpen = false;
	/** The last observation of this boot that has a boot-relative time; 0 when there is none. */
	#unknownLast = 0;

	/** @throws {Error} when partition or options cannot work; see `divide` */
	constructor(flash: FlashPartition, options: OutboxOptions) {
		const { lossWindow = 0, retained, firstSequence, channelIds = plainIds() } = options;
		assert(firstSequence >= 1, "firstSequence");
		this.#options = options;
		this.#codec = new ObservationCodec(channelIds);
		this.#medium = new FlashMedium(flash);
		const { observationBlocks, noticeBlocks } = divide(flash.status());
		const log = new FlashLog(this.#medium, 0, observationBlocks);
		this.#journal = new Journal(log);
		this.#reader = new Reader(log);
		const noticeLog = new FlashLog(this.#medium, observationBlocks, noticeBlocks);
		this.notices = new NoticeLog(noticeLog, firstSequence);
		if (lossWindow > 0) {
			assert(retained !== undefined, "a loss window needs retained memory");
			this.#stage = new Stage(retained, lossWindow, this.#medium);
		}
	}

	/** How often the station has started, this time included. */
	get boot(): number {
		return this.#journal.boot;
	}

	/** The sequence of the next observation. */
	get nextSequence(): number {
		return this.#journal.next + (this.#stage?.count ?? 0);
	}

	/** Observations that are neither acknowledged nor shed. */
	get waiting(): number {
		return this.#journal.done.openBelow(this.nextSequence);
	}

	/** Sequence of the first observation that waits; `nextSequence` when none does. */
	get oldest(): number {
		return this.#journal.done.position;
	}

	/** Observations that a full log has given up, since the partition was blank. */
	get shed(): number {
		return this.#journal.shed;
	}

	/** Observations that could not be read back, since the partition was blank. */
	get corrupt(): number {
		return this.#journal.corrupt;
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
		this.#unknownLast = 0;
		this.#reader.reset();
		const damaged = this.#journal.open(this.#options.firstSequence);
		if (damaged < 0) return -damaged as Status;
		let status = this.#start(damaged);
		if (status === Status.Ok) status = this.notices.open();
		this.#isOpen = status === Status.Ok;
		return status;
	}

	/**
	 * Stores an observation.
	 *
	 * @param observation  its sequence must be `nextSequence`; read only
	 * @returns Ok when it survives a power cut, or, with a loss window, a reset; NotReady before `open`;
	 *   StorageFailed when it is not stored
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
		const journal = this.#journal;
		const { done } = journal;
		let sequence = done.next(from);
		while (into.count < limit && sequence < journal.next) {
			const found = this.#reader.seek(sequence, journal.next);
			if (found < 0) break;
			if (found > sequence) {
				journal.corrupt += done.add(sequence, found - 1);
				if (into.count > 0) break;
			} else {
				this.#codec.decode(this.#medium.inView, this.#observation);
				this.#date(this.#observation);
				if (!into.add(this.#observation)) break;
			}
			sequence = done.next(found === sequence ? found + 1 : found);
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
		return this.#journal.acknowledge(first, last);
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
		return this.#journal.stamp(this.#unknownLast, offsetSeconds);
	}

	/** Writes what is in retained memory to flash; before a power-down that is not a deep sleep. */
	flush(): Status {
		const stage = this.#stage;
		if (stage === undefined || stage.count === 0) return Status.Ok;
		const journal = this.#journal;
		let status: Status = Status.Ok;
		for (let failures = 0; stage.count > 0 && failures < 2; ) {
			const size = stage.headSize();
			if (size === 0) {
				// The gap is found by `peek` and counted there.
				journal.next = this.nextSequence;
				stage.reset(journal.next);
				break;
			}
			status = journal.prepare(size);
			if (status !== Status.Ok) break;
			const bytes = stage.load(journal.room);
			status = journal.append(bytes, stage.loaded);
			if (status === Status.Ok) stage.drop(bytes);
			else failures += 1;
		}
		return status;
	}

	/**
	 * Finds the next sequence that was never given to anybody, and starts a boot. Where the end of the log is
	 * damaged or retained memory was lost, as many sequences are left out as can have been there.
	 */
	#start(damaged: number): Status {
		const journal = this.#journal;
		const stage = this.#stage;
		const before = journal.next;
		if (stage?.restore(before) === true) {
			// What the stage had handed over and cannot be found now waits until `peek` counts it.
			journal.next = Math.max(before, stage.first);
			if (stage.count === 0) stage.reset(journal.next);
		} else {
			journal.skipTo(before + damaged + journal.window);
			stage?.reset(journal.next);
		}
		const skipped = journal.next !== before;
		const isResumed = this.#options.resumed === true && journal.boot > 0;
		if (isResumed) {
			this.#unknownLast = this.nextSequence - 1;
		} else {
			const status = this.flush();
			if (status !== Status.Ok) return status;
		}
		return journal.start(isResumed, stage?.window ?? 0, skipped);
	}

	/** Puts an observation into flash, at the second attempt into another block. */
	#write(observation: Observation): Status {
		const journal = this.#journal;
		const { out, outView } = this.#medium;
		const size = this.#codec.size(observation);
		for (let attempt = 1; ; attempt++) {
			let status = journal.prepare(size);
			if (status === Status.Ok) {
				this.#codec.encode(observation, out, outView);
				status = journal.append(size, 1);
			}
			if (status === Status.Ok) return Status.Ok;
			if (attempt === 1) continue;
			// A write that failed may still be found at the next start: its sequence is not used again.
			journal.skipTo(observation.sequence + 1);
			return status;
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

	/** Gives an observation from before the clock was set its time, where that is known by now. */
	#date(observation: Observation): void {
		if (observation.timeQuality !== TimeQuality.Unknown) return;
		const { stamps } = this.#journal;
		const index = stamps.indexOf(observation.sequence);
		if (index < 0) return;
		observation.startSeconds += stamps.offset(index);
		observation.timeQuality = TimeQuality.BackStamped;
	}
}

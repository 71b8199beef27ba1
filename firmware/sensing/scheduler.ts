import { assert } from "../base/assert.ts";
import { never } from "../base/ticks.ts";
import { Limits } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";
import type { Sample, SensorError } from "../ports/sensor.ts";
import { calibrate } from "./calibration.ts";
import { type Channel, type ChannelTable, reasonCode, reasonName } from "./channel.ts";
import { type Filling, Mount, MountState, type SensorMount } from "./mount.ts";
import type { Window } from "./window.ts";

export type { Filling, SensorMount } from "./mount.ts";

/** Milliseconds between two rounds until `setPeriod` says otherwise. */
const defaultPeriodMs = 2_000;

export interface SchedulerOptions {
	readonly mounts: readonly SensorMount[];
	readonly channels: ChannelTable;
	readonly window: Window;
	log(line: string): void;
}

/**
 * Samples all sensors in rounds: starts every conversion at once, and takes each sample when its
 * time has come. In each round every channel of a mount gets a value or a reason, exactly once.
 *
 * Rounds begin at whole periods after `open` or the last `setPeriod`; the ones that were missed are
 * left out. A conversion that outlasts its round goes on, and the round is "silent" for its
 * channels.
 *
 * This is the one place where calibrations are applied, before anything looks at a value, and the one
 * that catches what drivers throw. A sensor that cannot be created, or fails
 * Limits.failedRounds in a row, is created anew after a pause of 1, 2, 4 … Limits.pausedRounds
 * rounds, with what its bus can do for it in between. One that says "stuck" is kept, because a new
 * instance would not know what it has seen.
 *
 * Source: ECMA-419 §13 for the pattern of the drivers.
 */
export class SensingScheduler implements Timed {
	/** Rounds since construction. */
	samples = 0;
	readonly #window: Window;
	readonly #log: (line: string) => void;
	readonly #mounts: readonly Mount[];
	#periodMs = defaultPeriodMs;
	#nextRound = never as Ticks;
	#deadline = never as Ticks;

	/**
	 * @throws {Error} with one line when there are more than Limits.sensors mounts, a channel that is
	 *   not in the table, or one that two mounts fill
	 */
	constructor(options: SchedulerOptions) {
		this.#window = options.window;
		this.#log = (line) => options.log(line.slice(0, Limits.logLineChars));
		this.#mounts = mountAll(options.mounts, options.channels);
		for (const { indices } of this.#mounts) {
			for (const index of indices) options.window.fit(index);
		}
	}

	get deadline(): Ticks {
		return this.#deadline;
	}

	/** Whether no conversion is under way. */
	get isIdle(): boolean {
		return this.#mounts.every(({ state }) => state !== MountState.Converting);
	}

	/** Rounds in which a sensor did not give all its values. */
	faults(mount: number): number {
		return this.#mounts[mount]!.faults;
	}

	/** The first round begins at once. */
	open(now: Ticks): void {
		assert(this.#nextRound === never, "the scheduler is closed");
		this.#nextRound = now;
		this.#deadline = now;
	}

	/** Rounds begin `periodMs` apart, counted from now; a round under way is finished. */
	setPeriod(periodMs: number, now: Ticks): void {
		assert(periodMs > 0 && periodMs < never, "the sampling period is above 0");
		this.#periodMs = periodMs;
		if (this.#nextRound === never) return;
		this.#nextRound = (now + periodMs) as Ticks;
		this.#updateDeadline();
	}

	/** Closes all sensors. A round under way ends without a word to the window. */
	close(): void {
		this.#nextRound = never as Ticks;
		this.#deadline = never as Ticks;
		for (const mount of this.#mounts) {
			if (mount.state === MountState.Converting) mount.endRound();
			this.#closeSensor(mount, mount.release());
			mount.bus?.close();
		}
	}

	onDeadline(now: Ticks): void {
		this.#advanceAll(now);
		if (now >= this.#nextRound) {
			this.#beginRound(now);
			this.#advanceAll(now);
		}
		this.#updateDeadline();
	}

	#beginRound(now: Ticks): void {
		const missed = Math.floor((now - this.#nextRound) / this.#periodMs);
		this.#nextRound = (this.#nextRound + (missed + 1) * this.#periodMs) as Ticks;
		this.samples += 1;
		for (let index = 0; index < this.#mounts.length; index++) {
			const mount = this.#mounts[index]!;
			if (mount.state === MountState.Converting) {
				this.#missAll(mount, reasonCode("silent"), now);
				continue;
			}
			mount.beginRound(now);
			if (mount.state === MountState.Resting) this.#missAll(mount, mount.reason, now);
		}
	}

	#advanceAll(now: Ticks): void {
		for (let index = 0; index < this.#mounts.length; index++) {
			const mount = this.#mounts[index]!;
			if (mount.readyAt <= now) this.#advance(mount, now);
		}
	}

	#advance(mount: Mount, now: Ticks): void {
		let sample: Sample | undefined;
		try {
			sample = mount.advance(now);
		} catch (error) {
			this.#fail(mount, error, now);
			return;
		}
		if (sample !== undefined) this.#deliver(mount, sample, now);
	}

	#deliver(mount: Mount, sample: Sample, now: Ticks): void {
		let fault = 0;
		for (let at = 0; at < mount.indices.length; at++) {
			const channel = mount.channels[at]!;
			const value = readValue(sample, mount.fillings[at]!, channel);
			const reason = missingCode(value, channel, sample);
			if (reason === 0) {
				this.#window.add(mount.indices[at]!, value, now);
			} else {
				this.#window.missing(mount.indices[at]!, reason, now);
				if (fault === 0) fault = reason;
			}
		}
		if (fault === 0) this.#recover(mount);
		else this.#noteFault(mount, fault, "");
	}

	#fail(mount: Mount, error: unknown, now: Ticks): void {
		const reason = reasonOf(error);
		this.#missAll(mount, reason, now);
		this.#noteFault(mount, reason, error instanceof Error ? `, ${error.message}` : "");
		const isWorn = mount.failedRounds >= Limits.failedRounds && reason !== reasonCode("stuck");
		if (mount.isPresent && !isWorn) {
			mount.endRound();
			return;
		}
		this.#closeSensor(mount, mount.drop());
		mount.afterDrop(now);
	}

	#missAll(mount: Mount, reason: number, now: Ticks): void {
		for (let at = 0; at < mount.indices.length; at++) {
			this.#window.missing(mount.indices[at]!, reason, now);
		}
	}

	#noteFault(mount: Mount, reason: number, detail: string): void {
		mount.faults += 1;
		mount.failedRounds += 1;
		if (mount.reason === 0) this.#log(`sensor ${mount.name}: fault ${reasonName(reason)}${detail}`);
		mount.reason = reason;
	}

	#recover(mount: Mount): void {
		if (mount.reason !== 0) {
			this.#log(`sensor ${mount.name}: well again after ${mount.failedRounds} failed rounds`);
		}
		mount.recover();
	}

	#closeSensor(mount: Mount, sensor: ReturnType<Mount["release"]>): void {
		try {
			sensor?.close();
		} catch (error) {
			this.#log(`sensor ${mount.name}: close failed, ${String(error)}`);
		}
	}

	#updateDeadline(): void {
		let deadline: number = this.#nextRound;
		for (let index = 0; index < this.#mounts.length; index++) {
			deadline = Math.min(deadline, this.#mounts[index]!.readyAt);
		}
		this.#deadline = deadline as Ticks;
	}
}

function mountAll(mounts: readonly SensorMount[], channels: ChannelTable): Mount[] {
	if (mounts.length > Limits.sensors) {
		throw new Error(
			`sensors: ${mounts.length} are more than the ${Limits.sensors} there is room for`,
		);
	}
	const filledBy = new Map<number, string>();
	return mounts.map((mount) => {
		const indices = mount.fillings.map(({ channel: name }) => {
			const index = channels.indexOf(name);
			if (index < 0) throw new Error(`sensor "${mount.name}": there is no channel "${name}"`);
			const other = filledBy.get(index);
			if (other !== undefined) {
				throw new Error(`sensor "${mount.name}": channel "${name}" is filled by "${other}"`);
			}
			filledBy.set(index, mount.name);
			return index;
		});
		return new Mount(
			mount,
			indices.map((index) => channels.at(index)),
			indices,
		);
	});
}

/** The calibrated value of a channel in a sample; NaN when there is none. */
function readValue(
	sample: Sample,
	{ group, property, coefficients }: Filling,
	{ aggregate }: Channel,
): number {
	const values = sample[group] as Record<string, unknown> | undefined;
	const raw = values?.[property];
	if (typeof raw !== "number") return Number.NaN;
	if (coefficients === undefined) return raw;
	const value = calibrate(raw, coefficients);
	return aggregate === "direction" ? ((value % 360) + 360) % 360 : value;
}

/** Code of the reason why a value is no good; 0 when it is. */
function missingCode(value: number, channel: Channel, sample: Sample): number {
	if (Number.isNaN(value)) return reasonCode(sample.missing ?? "silent");
	return value >= channel.minimum && value <= channel.maximum ? 0 : reasonCode("range");
}

/** A driver that knows better says so in the error; the bus itself only knows that nobody answered. */
function reasonOf(error: unknown): number {
	const reason = error instanceof Error ? (error as Partial<SensorError>).reason : undefined;
	return reason === undefined ? reasonCode("nack") : reasonCode(reason);
}

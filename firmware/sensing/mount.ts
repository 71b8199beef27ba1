import { assert } from "../base/assert.ts";
import { after, never } from "../base/ticks.ts";
import { Limits } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";
import type { MissingReason, Sample, Sensor, SensorError } from "../ports/sensor.ts";
import type { Channel } from "./channel.ts";
import type { SensorBus } from "./sensorbus.ts";

/** One value of a sensor's samples, and the channel it fills. */
export interface Filling {
	/** Name of the channel. */
	readonly channel: string;
	/** Where the value stands in a sample of this sensor. */
	readonly group: string;
	readonly property: string;
	/** See `calibrate`; left out when the value is right as it is. */
	readonly coefficients?: readonly number[];
}

/** One sensor of a station: how it is made and what it fills. */
export interface SensorMount {
	/** Name in logs and faults. */
	readonly name: string;
	readonly fillings: readonly Filling[];
	/** What it is connected to, where more can be done for it than to create it anew. */
	readonly bus?: SensorBus | undefined;
	/** What every wait that the driver asks for is longer by, ms; none unless given. */
	readonly slackMs?: number;
	/** @throws when the part does not answer or is another one */
	create(): Sensor;
}

/**
 * What a mounted sensor is doing.
 *
 * | state      | round begins             | its time has come            | fault                  |
 * |------------|--------------------------|------------------------------|------------------------|
 * | Idle       | start -> Converting      | –                            | –                      |
 * | Converting | goes on                  | sample -> Idle, or start again | -> Idle, or close -> Resting |
 * | Resting    | one round less; at 0 create, start -> Converting | –    | –                      |
 */
export const MountState = Object.freeze({ Idle: 0, Converting: 1, Resting: 2 } as const);
export type MountState = (typeof MountState)[keyof typeof MountState];

/** `allowed[from]` has the bit of every state that may follow. */
const allowed: readonly number[] = Object.freeze([
	1 << MountState.Converting,
	(1 << MountState.Idle) | (1 << MountState.Resting),
	1 << MountState.Converting,
]);

/**
 * A sensor on its station: created when it is first needed, and again when it has failed for long.
 * Whatever the driver throws passes through; the scheduler catches it.
 */
export class Mount {
	readonly name: string;
	/** What it fills: where each value comes from, its channel, and the index of that in the table. */
	readonly fillings: readonly Filling[];
	readonly channels: readonly Channel[];
	readonly indices: readonly number[];
	readonly bus: SensorBus | undefined;
	/** Rounds that ended without all values. */
	faults = 0;
	/** The same since the last good round. */
	failedRounds = 0;
	/** Code of the reason of the fault it is in, 0 while it is well. */
	reason = 0;
	/** Times in a row that it was given up. */
	#givenUp = 0;
	readonly #create: () => Sensor;
	readonly #slackMs: number;
	readonly #sample: Sample = {};
	#sensor: Sensor | undefined;
	#state: MountState = MountState.Idle;
	#readyAt = never as Ticks;
	/** Conversions started in this round. */
	#attempts = 0;
	#restRounds = 0;
	#nextRestRounds = 1;

	constructor(mount: SensorMount, channels: readonly Channel[], indices: readonly number[]) {
		this.name = mount.name;
		this.fillings = mount.fillings;
		this.channels = channels;
		this.indices = indices;
		this.#create = () => mount.create();
		this.#slackMs = mount.slackMs ?? 0;
		this.bus = mount.bus;
	}

	get state(): MountState {
		return this.#state;
	}

	/** When `advance` has something to do; Infinity unless it is converting. */
	get readyAt(): Ticks {
		return this.#readyAt;
	}

	/** Whether there is an instance of the driver. */
	get isPresent(): boolean {
		return this.#sensor !== undefined;
	}

	/** A round begins; not to be called while it is converting. */
	beginRound(now: Ticks): void {
		if (this.#restRounds > 0) {
			this.#restRounds -= 1;
			return;
		}
		this.#enter(MountState.Converting);
		this.#attempts = 0;
		this.#readyAt = now;
	}

	/**
	 * Does what is due: creates the sensor, starts a conversion, takes its sample, and starts again
	 * while there is none, up to Limits.sampleAttempts.
	 *
	 * @returns the sample, or `undefined` when it has to wait until `readyAt`
	 * @throws whatever the driver throws, or a SensorError "silent"; the round is over then
	 */
	advance(now: Ticks): Sample | undefined {
		while (this.#readyAt <= now) {
			if (this.#attempts > 0) {
				this.#forget();
				const sample = this.#sensor!.sample(this.#sample, now);
				if (sample !== undefined) {
					this.#enter(MountState.Idle);
					return sample;
				}
				if (this.#attempts === Limits.sampleAttempts) throw new Silence("gives no sample");
			}
			const supplyMs = this.bus?.supply(now) ?? 0;
			if (supplyMs > 0) {
				this.#readyAt = after(now, supplyMs);
				return undefined;
			}
			if (this.#sensor === undefined) {
				this.bus?.clear();
				this.#sensor = this.#create();
			}
			this.#attempts += 1;
			const waitMs = this.#sensor.start(now);
			if (!(waitMs >= 0 && waitMs <= Limits.conversionMs)) {
				throw new Silence(`asks to wait ${waitMs} ms`);
			}
			this.#readyAt = after(now, waitMs + this.#slackMs);
		}
		return undefined;
	}

	/** The round ended in a fault; the sensor stays for the next one. */
	endRound(): void {
		this.#enter(MountState.Idle);
	}

	/**
	 * The sensor is not to be used again: it rests for some rounds, twice as many each time up to
	 * Limits.pausedRounds, and is created anew.
	 *
	 * @returns the instance to close, if there is one; `afterDrop` is to follow
	 */
	drop(): Sensor | undefined {
		const sensor = this.release();
		this.#enter(MountState.Resting);
		this.#restRounds = this.#nextRestRounds;
		this.#nextRestRounds = Math.min(2 * this.#nextRestRounds, Limits.pausedRounds);
		return sensor;
	}

	/** The instance is closed: its bus may do more for the part. */
	afterDrop(now: Ticks): void {
		this.#givenUp += 1;
		this.bus?.onGivenUp(this.#givenUp, now);
	}

	/** All channels had their values. */
	recover(): void {
		this.#givenUp = 0;
		this.failedRounds = 0;
		this.reason = 0;
		this.#nextRestRounds = 1;
	}

	/** Gives the instance away, without a word about the state. */
	release(): Sensor | undefined {
		const sensor = this.#sensor;
		this.#sensor = undefined;
		return sensor;
	}

	/** Clears the values of the last sample, so that a driver that fills nothing leaves nothing. */
	#forget(): void {
		this.#sample.missing = undefined;
		for (let index = 0; index < this.fillings.length; index++) {
			const { group, property } = this.fillings[index]!;
			const values = this.#sample[group] as Record<string, unknown> | undefined;
			if (values !== undefined) values[property] = undefined;
		}
	}

	#enter(next: MountState): void {
		assert(((allowed[this.#state]! >> next) & 1) === 1, "a transition of the mount's table");
		this.#state = next;
		if (next !== MountState.Converting) this.#readyAt = never as Ticks;
	}
}

class Silence extends Error implements SensorError {
	readonly reason: MissingReason = "silent";
}

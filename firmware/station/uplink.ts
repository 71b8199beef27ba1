import type { ObservationRun } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";

/** What the uplink is given by the station. */
export interface UplinkOptions {
	/** Scratch for a run, and for the report that it becomes; nobody else uses them during a call. */
	readonly run: ObservationRun;
	readonly payload: Uint8Array;
	/** The outbox, as far as reports are cut from it. */
	peek(from: number, limit: number, into: ObservationRun): number;
	/** Sequence number of the newest observation, 0 before the first. */
	newest(): number;
	acknowledge(first: number, last: number): Status;
	encode(run: ObservationRun, into: Uint8Array, start: number): number;
	/** Whether the session takes one more report now. */
	canPublish(): boolean;
	/** Packet identifier, or a negated Status when it was not taken. */
	publish(payload: Uint8Array, length: number, first: number, last: number, now: Ticks): number;
	log(line: string): void;
}

/**
 * Cuts reports from the outbox and hands them to the session while there is room.
 *
 * A report goes when it is full: `perReport` observations in calm times, and as many as fit once
 * a backlog waits. What was handed over is not cut again until the session gives it back.
 */
export class Uplink {
	/** Observations that a report waits for, 1..Limits.observationsPerReport. */
	perReport = 1;
	/** Whether what waits is sent at once, full or not: before a sleep or an end. */
	draining = false;
	sent = 0;
	resent = 0;
	acknowledged = 0;
	/** Payload bytes and observations of reports, each counted the first time it is sent. */
	payloadBytes = 0;
	payloadObservations = 0;
	/** Milliseconds from the last measured PUBLISH to its acknowledgement; NaN before the first. */
	roundTripMs = Number.NaN;
	readonly #options: UplinkOptions;
	readonly #run: ObservationRun;
	readonly #payload: Uint8Array;
	/** The highest sequence number that is with the session. */
	#handedOver = 0;
	/** The highest sequence number that was ever in a report; survives a rewind. */
	#everSent = 0;
	#measuredFirst = 0;
	#measuredAt = 0 as Ticks;

	constructor(options: UplinkOptions) {
		this.#options = options;
		this.#run = options.run;
		this.#payload = options.payload;
	}

	/**
	 * Begins behind `sequence`: what is up to there is acknowledged, or under way in a session that
	 * outlived the reboot.
	 */
	resumeAfter(sequence: number): void {
		this.#handedOver = sequence;
	}

	/** Sends what is due. Called whenever something was appended, acknowledged or opened. */
	pump(now: Ticks): void {
		const { canPublish, peek } = this.#options;
		while (this.#isDue() && canPublish()) {
			if (peek(this.#handedOver + 1, Limits.observationsPerReport, this.#run) === 0) return;
			if (!this.#publish(now)) return;
		}
	}

	/**
	 * PUBACK or PUBCOMP came: the broker owns these observations now.
	 *
	 * @returns what the outbox said; on a failure the observations are sent again after the next reboot,
	 *   and the archive drops them by their sequence numbers
	 */
	onAcknowledged(first: number, last: number, now: Ticks): Status {
		this.acknowledged += last - first + 1;
		if (first === this.#measuredFirst) {
			this.roundTripMs = now - this.#measuredAt;
			this.#measuredFirst = 0;
		}
		const status = this.#options.acknowledge(first, last);
		this.pump(now);
		return status;
	}

	/**
	 * Encodes a report again that was under way when the connection ended. The same run gives the
	 * same bytes.
	 *
	 * @returns bytes written, or -Status.NotFound when the outbox no longer holds that very run: then
	 *   what is left of it is cut anew
	 */
	redeliver(first: number, last: number, into: Uint8Array, start: number): number {
		const wanted = last - first + 1;
		const count = this.#options.peek(first, wanted, this.#run);
		if (count !== wanted || this.#run.firstSequence !== first) {
			this.#handedOver = Math.min(this.#handedOver, first - 1);
			return -Status.NotFound;
		}
		this.resent += 1;
		// A round trip over a reconnection says nothing about the link.
		if (first === this.#measuredFirst) this.#measuredFirst = 0;
		return this.#options.encode(this.#run, into, start);
	}

	#isDue(): boolean {
		const waiting = this.#options.newest() - this.#handedOver;
		return waiting >= (this.draining ? 1 : this.perReport);
	}

	#publish(now: Ticks): boolean {
		const run = this.#run;
		let length = this.#options.encode(run, this.#payload, 0);
		while (length < 0 && run.count > 1) {
			run.count = run.count >> 1;
			length = this.#options.encode(run, this.#payload, 0);
		}
		const first = run.firstSequence;
		const last = first + run.count - 1;
		if (length < 0) {
			this.#options.log(`uplink: observation ${first} does not fit a report`);
			this.#handedOver = last;
			return true;
		}
		if (this.#options.publish(this.#payload, length, first, last, now) < 0) return false;
		this.#handedOver = last;
		this.sent += 1;
		this.#measure(first, last, length, now);
		return true;
	}

	#measure(first: number, last: number, length: number, now: Ticks): void {
		if (this.#measuredFirst === 0) {
			this.#measuredFirst = first;
			this.#measuredAt = now;
		}
		if (first <= this.#everSent) {
			this.resent += 1;
			return;
		}
		this.#everSent = last;
		this.payloadBytes += length;
		this.payloadObservations += last - first + 1;
	}
}

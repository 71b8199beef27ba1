import { assert } from "../base/assert.ts";
import { Backoff } from "../base/backoff.ts";
import { ByteWriter } from "../base/bytes.ts";
import { freezeDeep } from "../base/freeze.ts";
import { asDocument, type Document, parseDocument } from "../base/json.ts";
import { Status } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import type { Random, Ticks, Timed } from "../ports/clock.ts";
import type { StationConfig } from "./config.ts";
import { ShadowAnswer, ShadowCode, shadowFilters, shadowPrefix } from "./protocol.ts";
import type { Setting } from "./setting.ts";

/**
 * The device side of the classic shadow.
 *
 * ```
 * state        input                        next          action
 * offline      open                         subscribing   SUBSCRIBE
 * subscribing  subscribed                   getting       publish get
 * getting      get/accepted                 reporting     apply the delta, publish update
 *                                           | synced      … when there is nothing to report
 * getting      get/rejected 404             reporting     publish update
 * getting      get/rejected, other          pausing
 * reporting    update/accepted              synced
 * reporting    update/rejected 409          getting       publish get
 * reporting    update/rejected, other       pausing
 * synced       delta, something to report   reporting     apply it, publish update
 * pausing      deadline                     subscribing   SUBSCRIBE
 * subscribing, getting, reporting  deadline pausing
 * any          closed                       offline
 * ```
 * A delta is applied in every state but offline; what follows on it is reported as soon as nothing
 * is asked.
 *
 * A device that missed deltas while it was away learns of them by `get` after each connect: the
 * delta message is not retained. Source: AWS IoT Core Developer Guide, "Device Shadow service
 * documents"; docs/architecture.md.
 */
export const ShadowState = Object.freeze({
	Offline: 0,
	Subscribing: 1,
	Getting: 2,
	Reporting: 3,
	Synced: 4,
	Pausing: 5,
} as const);

export type ShadowState = (typeof ShadowState)[keyof typeof ShadowState];

const { Offline, Subscribing, Getting, Reporting, Synced, Pausing } = ShadowState;

const transitions: Readonly<Record<ShadowState, readonly ShadowState[]>> = freezeDeep({
	[Offline]: [Subscribing, Pausing],
	[Subscribing]: [Getting, Pausing, Offline],
	[Getting]: [Reporting, Synced, Pausing, Offline, Subscribing],
	[Reporting]: [Synced, Getting, Pausing, Offline, Subscribing],
	[Synced]: [Reporting, Pausing, Offline, Subscribing],
	[Pausing]: [Subscribing, Offline],
});

/** How long an answer may take, in ms; the service answers in well under a second. */
const answerTimeout = 20_000;
const pauseBase = 5_000;
const pauseCap = 300_000;
const pauseFloor = 1_000;
const shadowQos = 1;

/** What the client is given by the station. */
export interface ShadowOptions {
	readonly thingName: string;
	readonly config: StationConfig;
	/** What else the shadow can set. */
	readonly settings: readonly Setting[];
	readonly random: Random;
	/** Facts about the station that are reported with the settings; fixed for the life of the run. */
	readonly facts: Document;
	/** Scratch for a request, of Limits.controlBytes; nobody else uses it during a call. */
	readonly payload: Uint8Array;
	/** Publishes at the given QoS; returns a packet identifier or a negated Status. */
	publish(topicName: string, payload: Uint8Array, length: number, qos: 0 | 1, now: Ticks): number;
	/** Subscribes at QoS 1; returns a packet identifier or a negated Status. */
	subscribe(filters: readonly string[], now: Ticks): number;
	/** The settings have changed. */
	onConfig(now: Ticks): void;
	log(line: string): void;
}

export class ShadowClient implements Timed {
	deadline = never as Ticks;
	readonly #options: ShadowOptions;
	readonly #prefix: string;
	readonly #filters: readonly string[];
	readonly #backoff: Backoff;
	readonly #payload: Uint8Array;
	readonly #writer: ByteWriter;
	#state: ShadowState = Offline;
	#subscription = 0;
	#tokens = 0;
	#token = "";
	#deltaVersion = 0;
	/** Why what a setting was wanted to be was refused last, by its member. */
	readonly #refusals = new Map<string, string>();
	/** What the service is known to have as `reported`; empty when that is not known. */
	#reported = "";
	#sent = "";

	constructor(options: ShadowOptions) {
		this.#options = options;
		this.#payload = options.payload;
		this.#writer = new ByteWriter(options.payload);
		this.#prefix = shadowPrefix(options.thingName);
		this.#filters = shadowFilters(options.thingName);
		this.#backoff = new Backoff(pauseBase, pauseCap, pauseFloor, () => options.random.next());
	}

	get state(): ShadowState {
		return this.#state;
	}

	/** The connection is up. Subscribes anew in any case: it costs one packet and repairs anything. */
	onOpen(now: Ticks): void {
		this.#reported = "";
		this.#subscribe(now);
	}

	onClosed(now: Ticks): void {
		this.#enter(Offline, now);
	}

	/** A SUBACK came. A filter that was refused leaves the shadow alone until the pause is over. */
	onSubscribed(packetId: number, granted: readonly number[], now: Ticks): void {
		if (this.#state !== Subscribing || packetId !== this.#subscription) return;
		if (granted.some((code) => code > 1)) {
			this.#options.log("shadow: subscription refused");
			this.#pause(now);
			return;
		}
		this.#get(now);
	}

	/**
	 * Takes a message of the shadow service.
	 *
	 * @returns NotFound when the topic is none of the shadow's, else Ok: a document that cannot be
	 *   used is logged, not sent again
	 */
	onMessage(topicName: string, payload: Uint8Array, now: Ticks): Status {
		if (!topicName.startsWith(this.#prefix)) return Status.NotFound;
		const document = parseDocument(payload);
		if (document === undefined) {
			this.#options.log("shadow: a document that cannot be read was ignored");
			return Status.Ok;
		}
		switch (topicName.slice(this.#prefix.length)) {
			case ShadowAnswer.GetAccepted:
				if (this.#isAnswer(document, Getting)) this.#onGetAccepted(document, now);
				return Status.Ok;
			case ShadowAnswer.GetRejected:
				if (this.#isAnswer(document, Getting)) this.#onRejected(document, now);
				return Status.Ok;
			case ShadowAnswer.UpdateAccepted:
				if (this.#isAnswer(document, Reporting)) this.#onUpdateAccepted(now);
				return Status.Ok;
			case ShadowAnswer.UpdateRejected:
				if (this.#isAnswer(document, Reporting)) this.#onRejected(document, now);
				return Status.Ok;
			case ShadowAnswer.UpdateDelta:
				this.#onDelta(document, now);
				return Status.Ok;
			default:
				return Status.NotFound;
		}
	}

	onDeadline(now: Ticks): void {
		if (this.#state === Pausing) this.#subscribe(now);
		else this.#pause(now);
	}

	/** An answer carries the token of the request it belongs to; others are somebody else's. */
	#isAnswer(document: Document, state: ShadowState): boolean {
		return this.#state === state && document.clientToken === this.#token;
	}

	#onGetAccepted(document: Document, now: Ticks): void {
		const state = asDocument(document.state);
		const delta = asDocument(state?.delta);
		if (typeof document.version === "number") this.#deltaVersion = document.version;
		if (delta !== undefined) this.#apply(delta, now);
		this.#report(now);
	}

	/**
	 * `update/accepted` and the delta it causes carry one version, so equal versions are taken; older
	 * ones come late, from a session that was kept.
	 */
	#onDelta(document: Document, now: Ticks): void {
		const { version } = document;
		const delta = asDocument(document.state);
		if (this.#state === Offline || typeof version !== "number" || delta === undefined) return;
		if (version < this.#deltaVersion) return;
		this.#deltaVersion = version;
		this.#apply(delta, now);
		if (this.#state === Synced) this.#report(now);
	}

	#apply(delta: Document, now: Ticks): void {
		const { config, settings, log, onConfig } = this.#options;
		if (config.applyDelta(delta)) onConfig(now);
		if (config.refusal !== undefined) {
			log(`shadow: ${config.refusal.field} refused, ${config.refusal.reason}`);
		}
		for (const setting of settings) {
			if (delta[setting.member] === undefined) continue;
			const reason = setting.apply(delta[setting.member]);
			if (reason === undefined) {
				this.#refusals.delete(setting.member);
			} else {
				this.#refusals.set(setting.member, reason);
				log(`shadow: ${setting.member} refused, ${reason}`);
			}
		}
	}

	#onUpdateAccepted(now: Ticks): void {
		this.#reported = this.#sent;
		this.#backoff.reset();
		// A delta that came while the report was under way.
		this.#report(now);
	}

	#onRejected(document: Document, now: Ticks): void {
		const { code } = document;
		if (code === ShadowCode.NotFound && this.#state === Getting) {
			// Versions go on above those of a deleted shadow, or begin at 1 for a new one.
			this.#deltaVersion = 0;
			this.#report(now);
		} else if (code === ShadowCode.Conflict && this.#state === Reporting) {
			this.#get(now);
		} else {
			this.#options.log(`shadow: rejected with code ${String(code).slice(0, 8)}`);
			this.#pause(now);
		}
	}

	#subscribe(now: Ticks): void {
		const packetId = this.#options.subscribe(this.#filters, now);
		if (packetId < 0) {
			this.#pause(now);
			return;
		}
		this.#subscription = packetId;
		this.#enter(Subscribing, now);
	}

	#get(now: Ticks): void {
		this.#nextToken("g");
		if (this.#publish("get", JSON.stringify({ clientToken: this.#token }), now)) {
			this.#enter(Getting, now);
		} else {
			this.#pause(now);
		}
	}

	/** Reports when there is something that the service does not know, else all is in step. */
	#report(now: Ticks): void {
		const reported = this.#reportedDocument();
		if (reported === this.#reported) {
			this.#enter(Synced, now);
			return;
		}
		this.#nextToken("u");
		const request = `{"state":{"reported":${reported}},"clientToken":"${this.#token}"}`;
		if (this.#publish("update", request, now)) {
			this.#sent = reported;
			this.#enter(Reporting, now);
		} else {
			this.#pause(now);
		}
	}

	/**
	 * The truth about the settings. A wanted value that was refused stays in the delta, and `refused` says
	 * why; null removes it once it is over.
	 */
	#reportedDocument(): string {
		const { config, settings, facts } = this.#options;
		return JSON.stringify({
			...facts,
			sampleSeconds: config.sampleSeconds,
			observeSeconds: config.observeSeconds,
			reportSeconds: config.reportSeconds,
			...Object.fromEntries(settings.map((setting) => [setting.member, setting.reported()])),
			refused: this.#refused(),
		});
	}

	#refused(): Document | null {
		const { refusal } = this.#options.config;
		if (refusal !== undefined) return { field: refusal.field, reason: refusal.reason };
		for (const [field, reason] of this.#refusals) return { field, reason };
		return null;
	}

	#nextToken(kind: string): void {
		this.#tokens += 1;
		this.#token = kind + this.#tokens;
	}

	#publish(command: string, text: string, now: Ticks): boolean {
		const payload = this.#payload;
		this.#writer.reset(payload);
		this.#writer.utf8(text);
		assert(!this.#writer.overflow, "a shadow request fits Limits.controlBytes");
		const length = this.#writer.position;
		return this.#options.publish(this.#prefix + command, payload, length, shadowQos, now) >= 0;
	}

	#pause(now: Ticks): void {
		this.#enter(Pausing, now);
	}

	#enter(next: ShadowState, now: Ticks): void {
		assert(
			next === this.#state || transitions[this.#state].includes(next),
			`shadow state ${this.#state} to ${next}`,
		);
		this.#state = next;
		this.deadline = after(now, this.#timeout(next));
	}

	#timeout(state: ShadowState): number {
		if (state === Offline || state === Synced) return never;
		return state === Pausing ? this.#backoff.next() : answerTimeout;
	}
}

import { assert } from "../base/assert.ts";
import { Backoff } from "../base/backoff.ts";
import { ByteWriter } from "../base/bytes.ts";
import { freezeDeep } from "../base/freeze.ts";
import { type Document, parseDocument } from "../base/json.ts";
import { Status, statusName } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import { Limits } from "../limits.ts";
import type { Random, Ticks, Timed } from "../ports/clock.ts";
import type { KeyValue } from "../ports/storage.ts";
import {
	deletePending,
	type PendingCertificate,
	type ProvisionedIdentity,
	readPending,
	textsOf,
	writeIdentity,
	writePending,
} from "./identity.ts";
import {
	createTopic,
	isWorthRetrying,
	ProvisioningAnswer,
	provisioningFilters,
	registerTopic,
} from "./protocol.ts";

/**
 * The device side of provisioning by claim: from a claim certificate that a whole batch shares to a
 * certificate and a name of its own.
 *
 * ```
 * state        input                          next         action
 * Offline      open                           Subscribing  SUBSCRIBE
 * Subscribing  subscribed, none pending       Creating     publish create
 * Subscribing  subscribed, one pending        Registering  publish register
 * Creating     create/accepted                Registering  keep it as pending, publish register
 * Registering  register/accepted              Done         keep the identity, onProvisioned
 *                                             | Storing    … when the storage fails
 * Registering  register/rejected 4xx          Creating     forget the pending one, publish create
 *                                             | Pausing    … when it was made in this connection
 * Creating, Registering  rejected, other      Pausing
 * Storing      deadline                       Done         keep the identity, onProvisioned
 * Subscribing, Creating, Registering  deadline  Offline    reconnect
 * Pausing      deadline                       Offline      reconnect
 * any but Storing and Done  closed            Offline, or Pausing for the rest of its time
 * ```
 * A power cut at any moment leaves one of three things: nothing, and it starts again; a pending certificate,
 * which is registered first thing; or the identity. A pending one whose registration was answered into the void
 * is refused the second time, and the device asks for another: the service drops what it never used.
 *
 * An answer names no request, so in one connection nothing is asked twice: after silence comes a new
 * connection, to which no answer of an old one can come.
 *
 * Source: AWS IoT Core Developer Guide, "Provisioning by claim".
 */
export const ClaimState = Object.freeze({
	Offline: 0,
	Subscribing: 1,
	Creating: 2,
	Registering: 3,
	/** The identity is known and the storage does not take it. */
	Storing: 4,
	Pausing: 5,
	Done: 6,
} as const);

export type ClaimState = (typeof ClaimState)[keyof typeof ClaimState];

const { Offline, Subscribing, Creating, Registering, Storing, Pausing, Done } = ClaimState;

const transitions: Readonly<Record<ClaimState, readonly ClaimState[]>> = freezeDeep({
	[Offline]: [Subscribing, Pausing],
	[Subscribing]: [Creating, Registering, Pausing, Offline],
	[Creating]: [Registering, Pausing, Offline],
	[Registering]: [Creating, Storing, Pausing, Done, Offline],
	[Storing]: [Done],
	[Pausing]: [Offline],
	[Done]: [],
});

/** How long an answer may take, in ms: a hook has 5 s, and keys of RSA take a while. */
const answerTimeout = 30_000;
const pauseBase = 5_000;
const pauseCap = 300_000;
const pauseFloor = 1_000;
/** After a refusal that a person has to put right. */
const refusalPause = 900_000;

/** What the exchange is given by the station. */
export interface ClaimOptions {
	readonly templateName: string;
	/** What the device says of itself to the template. */
	readonly parameters: Readonly<Record<string, string>>;
	/** Its name where the template gives none. */
	readonly thingName: string;
	readonly keyValue: KeyValue;
	readonly random: Random;
	/** Publishes at QoS 0, which is never sent again; returns 0 or a negated Status. */
	publish(topicName: string, payload: Uint8Array, length: number, now: Ticks): number;
	/** Subscribes at QoS 1; returns a packet identifier or a negated Status. */
	subscribe(filters: readonly string[], now: Ticks): number;
	/** Ends the connection and makes another. */
	reconnect(now: Ticks): void;
	/** The identity is kept. The device starts again as that. */
	onProvisioned(now: Ticks): void;
	log(line: string): void;
}

export class ClaimExchange implements Timed {
	deadline = never as Ticks;
	readonly #options: ClaimOptions;
	readonly #filters: readonly string[];
	readonly #registerTopic: string;
	readonly #backoff: Backoff;
	readonly #payload = new Uint8Array(Limits.controlBytes);
	readonly #writer = new ByteWriter(this.#payload);
	#state: ClaimState = Offline;
	#subscription = 0;
	#pending: PendingCertificate | undefined;
	/** Whether the pending certificate was made in this connection. */
	#isFresh = false;
	#identity: ProvisionedIdentity | undefined;
	#pauseEnd = 0 as Ticks;

	constructor(options: ClaimOptions) {
		const { templateName, keyValue, random } = options;
		this.#options = options;
		this.#filters = provisioningFilters(templateName);
		this.#registerTopic = registerTopic(templateName);
		this.#backoff = new Backoff(pauseBase, pauseCap, pauseFloor, () => random.next());
		this.#pending = readPending(keyValue);
	}

	get state(): ClaimState {
		return this.#state;
	}

	onOpen(now: Ticks): void {
		if (this.#state !== Offline) return;
		this.#isFresh = false;
		if (now < this.#pauseEnd) {
			this.#enter(Pausing, this.#pauseEnd);
			return;
		}
		const packetId = this.#options.subscribe(this.#filters, now);
		if (packetId < 0) {
			this.#pause(this.#backoff.next(), now);
			return;
		}
		this.#subscription = packetId;
		this.#enter(Subscribing, after(now, answerTimeout));
	}

	onClosed(_now: Ticks): void {
		if (this.#state !== Storing && this.#state !== Done) this.#enter(Offline, never as Ticks);
	}

	/** A SUBACK came. Without its answers there is no use in asking. */
	onSubscribed(packetId: number, granted: readonly number[], now: Ticks): void {
		if (this.#state !== Subscribing || packetId !== this.#subscription) return;
		if (granted.some((code) => code > 1)) this.#refuse("a subscription was refused", now);
		else if (this.#pending === undefined) this.#create(now);
		else this.#register(now);
	}

	/** Takes an answer of the service; one that nobody waits for is dropped. */
	onMessage(topicName: string, payload: Uint8Array, now: Ticks): void {
		const topic = this.#state === Creating ? createTopic : this.#registerTopic;
		if (this.#state !== Creating && this.#state !== Registering) return;
		if (!topicName.startsWith(topic)) return;
		const document = parseDocument(payload);
		const answer = topicName.slice(topic.length);
		if (answer === ProvisioningAnswer.Rejected) this.#onRejected(document, now);
		else if (answer !== ProvisioningAnswer.Accepted) return;
		else if (this.#state === Creating) this.#onCreated(document, now);
		else this.#onRegistered(document, now);
	}

	onDeadline(now: Ticks): void {
		if (this.#state === Storing) {
			this.#store(now);
			return;
		}
		if (this.#state !== Pausing) this.#options.log("provisioning: no answer");
		this.#enter(Offline, never as Ticks);
		this.#options.reconnect(now);
	}

	#create(now: Ticks): void {
		this.#ask(createTopic, "", Creating, now);
	}

	#register(now: Ticks): void {
		const { parameters } = this.#options;
		const { token } = this.#pending!;
		const request = JSON.stringify({ certificateOwnershipToken: token, parameters });
		this.#ask(this.#registerTopic, request, Registering, now);
	}

	#ask(topicName: string, text: string, next: ClaimState, now: Ticks): void {
		const payload = this.#payload;
		this.#writer.reset(payload);
		this.#writer.utf8(text);
		if (this.#writer.overflow) {
			this.#refuse("the parameters do not fit a message", now);
		} else if (this.#options.publish(topicName, payload, this.#writer.position, now) < 0) {
			this.#pause(this.#backoff.next(), now);
		} else {
			this.#enter(next, after(now, answerTimeout));
		}
	}

	/** Kept before it is registered: what the service then has as ACTIVE must never be lost here. */
	#onCreated(document: Document | undefined, now: Ticks): void {
		const {
			certificatePem,
			privateKey,
			certificateOwnershipToken: token,
		} = textsOf(document) as Readonly<Record<string, string | undefined>>;
		if (certificatePem === undefined || privateKey === undefined || token === undefined) {
			this.#refuse("the service has made no certificate", now);
			return;
		}
		const pending = { certificate: certificatePem, privateKey, token };
		const status = writePending(this.#options.keyValue, pending);
		if (status !== Status.Ok) {
			this.#options.log(`provisioning: certificate not kept, ${statusName(status)}`);
			this.#pause(this.#backoff.next(), now);
			return;
		}
		this.#pending = pending;
		this.#isFresh = true;
		this.#register(now);
	}

	#onRegistered(document: Document | undefined, now: Ticks): void {
		const { certificate, privateKey } = this.#pending!;
		const { thingName } = this.#options;
		this.#identity = {
			thingName: textsOf(document).thingName ?? thingName,
			certificate,
			privateKey,
			configuration: textsOf(document?.deviceConfiguration),
		};
		this.#store(now);
	}

	/** The pending certificate goes after the identity has come: there is always one of the two. */
	#store(now: Ticks): void {
		const { keyValue, log, onProvisioned } = this.#options;
		const status = writeIdentity(keyValue, this.#identity!);
		if (status !== Status.Ok) {
			log(`provisioning: identity not kept, ${statusName(status)}`);
			this.#enter(Storing, after(now, this.#backoff.next()));
			return;
		}
		deletePending(keyValue);
		this.#enter(Done, never as Ticks);
		log(`provisioning: this is ${this.#identity!.thingName}`);
		onProvisioned(now);
	}

	#onRejected(document: Document | undefined, now: Ticks): void {
		const { statusCode, errorMessage } = document ?? {};
		const reason = `${String(statusCode).slice(0, 8)} ${String(errorMessage).slice(0, 80)}`;
		if (isWorthRetrying(statusCode)) {
			this.#options.log(`provisioning: rejected, ${reason}`);
			this.#pause(this.#backoff.next(), now);
		} else if (this.#state === Registering && !this.#isFresh) {
			this.#options.log(`provisioning: the certificate from before is no good, ${reason}`);
			deletePending(this.#options.keyValue);
			this.#pending = undefined;
			this.#create(now);
		} else {
			this.#refuse(reason, now);
		}
	}

	#refuse(reason: string, now: Ticks): void {
		this.#options.log(`provisioning: refused, ${reason}`);
		this.#pause(refusalPause, now);
	}

	#pause(delay: number, now: Ticks): void {
		this.#pauseEnd = after(now, delay);
		this.#enter(Pausing, this.#pauseEnd);
	}

	#enter(next: ClaimState, deadline: Ticks): void {
		assert(
			next === this.#state || transitions[this.#state].includes(next),
			`claim state ${this.#state} to ${next}`,
		);
		this.#state = next;
		this.deadline = deadline;
	}
}

import {
	answerShadow,
	parseShadowTopic,
	type ShadowAnswer,
	type ShadowRecord,
	type ShadowRequest,
	shadowPrefix,
} from "../../cloud/services/shadow.ts";
import { type DecodedReport, decodeReport } from "../../firmware/payload/decode.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import type { VirtualClock } from "../kernel/clock.ts";
import { MemoryBroker } from "./broker.ts";
import type { Message } from "./session.ts";
import type { ConnectRequest } from "./wire.ts";

/** What a report says of itself, without its values. */
export interface ReportHead {
	/** Sequence number of the first observation. */
	readonly first: number;
	readonly count: number;
	/** Start of the first window, UTC seconds. */
	readonly startSeconds: number;
	readonly periodSeconds: number;
	readonly timeQuality: number;
}

/** Where reports end up; what is called here has happened before the station hears of it. */
export interface Archive {
	/** Whether the values of this report are of interest; reading them takes most of the time. */
	wants(thing: string, head: ReportHead): boolean;
	/** Stores the observations of a report; false refuses it, and it is not acknowledged. */
	store(thing: string, head: ReportHead, report: DecodedReport | undefined): boolean;
	/** A message on the topic of reports that is none. */
	reject(thing: string, payload: Uint8Array): void;
}

export interface VirtualCloudOptions {
	readonly clock: VirtualClock;
	readonly archive: Archive;
	/** Topic of reports, with `{thing}` in it. */
	readonly reportTopic: string;
	/** Channels beside the standard ones. */
	readonly channels?: ConstructorParameters<typeof ChannelTable>[0];
	onConnect?(thing: string): void;
	onPublish?(thing: string, message: Message): void;
}

/** CONNACK 5, not authorized. */
const notAuthorized = 5;
/** What the shadow service takes to answer, in ms. */
const serviceMs = 15;

/**
 * The cloud of a simulation in virtual time: the broker in memory, and behind it the shadow service
 * and an archive. A thing may connect as itself only, and has its own shadow only.
 */
export class VirtualCloud {
	readonly broker: MemoryBroker;
	readonly #options: VirtualCloudOptions;
	readonly #channels: ChannelTable;
	readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	readonly #text = new TextEncoder();
	/** By the prefix of their topics, as JSON: that takes a quarter of the memory. */
	readonly #shadows = new Map<string, string>();
	/** By thing, the topic of its reports. */
	readonly #topics = new Map<string, string>();

	constructor(options: VirtualCloudOptions) {
		this.#options = options;
		this.#channels = new ChannelTable(options.channels);
		this.broker = new MemoryBroker({
			onConnect: (request, principal) => this.#onConnect(request, principal),
			onPublish: (clientId, message) => this.#onPublish(clientId, message),
			onSubscribe: (clientId, filter) => filter.startsWith(`$aws/things/${clientId}/`),
		});
	}

	/** The classic shadow of a thing; `undefined` when it has none. */
	shadow(thing: string): ShadowRecord | undefined {
		const record = this.#kept(shadowPrefix({ thing, shadowName: undefined }));
		return record?.deleted === true ? undefined : record;
	}

	/** Changes what an app wants of a thing. */
	desire(thing: string, desired: object): void {
		const request: ShadowRequest = { thing, shadowName: undefined, operation: "update" };
		this.#publish(this.#answer(request, JSON.stringify({ state: { desired } })));
	}

	/** Ends the connection of a thing, as an administrator does. */
	disconnect(thing: string): void {
		this.broker.disconnect(thing, this.#options.clock.now as Ticks);
	}

	#onConnect({ clientId }: ConnectRequest, principal: string | undefined): number {
		if (clientId !== principal) return notAuthorized;
		this.#options.onConnect?.(clientId);
		return 0;
	}

	#onPublish(thing: string, message: Message): boolean {
		const { topicName, payload } = message;
		this.#options.onPublish?.(thing, message);
		if (topicName === this.#reportTopic(thing)) return this.#onReport(thing, payload);
		const request = parseShadowTopic(topicName);
		if (request === undefined) return true;
		if (request.thing !== thing) return false;
		const text = this.#decode(payload);
		const { clock } = this.#options;
		clock.schedule(clock.now + serviceMs, () => this.#publish(this.#answer(request, text)));
		return true;
	}

	#onReport(thing: string, payload: Uint8Array): boolean {
		const { archive } = this.#options;
		const text = this.#decode(payload);
		const head = text === undefined ? undefined : readHead(text);
		if (head === undefined) {
			archive.reject(thing, payload);
			return true;
		}
		if (!archive.wants(thing, head)) return archive.store(thing, head, undefined);
		const report = decodeReport(text!, this.#channels);
		if (typeof report !== "number") return archive.store(thing, head, report);
		archive.reject(thing, payload);
		return true;
	}

	#answer(request: ShadowRequest, text: string | undefined): readonly ShadowAnswer[] {
		const key = shadowPrefix(request);
		const seconds = Math.floor(this.#options.clock.now / 1000);
		const { record, answers } = answerShadow(request, text, this.#kept(key), seconds);
		if (record !== undefined) this.#shadows.set(key, JSON.stringify(record));
		return answers;
	}

	#kept(key: string): ShadowRecord | undefined {
		const text = this.#shadows.get(key);
		return text === undefined ? undefined : JSON.parse(text);
	}

	#publish(answers: readonly ShadowAnswer[]): void {
		for (const { topicName, document } of answers) {
			this.broker.publish(topicName, this.#text.encode(JSON.stringify(document)), 1, false);
		}
	}

	#reportTopic(thing: string): string {
		let topic = this.#topics.get(thing);
		if (topic === undefined) {
			topic = this.#options.reportTopic.replace("{thing}", thing);
			this.#topics.set(thing, topic);
		}
		return topic;
	}

	#decode(payload: Uint8Array): string | undefined {
		try {
			return this.#utf8.decode(payload);
		} catch {
			return undefined;
		}
	}
}

/** How a station begins a report; one that begins otherwise is parsed as a whole. */
const usualHead = /^\{"v":\d,"s":(\d+),"n":(\d+),"t":(-?\d+),"p":(\d+)(?:,"c":(\d))?[,}]/;

/** The members around the columns; see docs/topics.md §2. */
function readHead(text: string): ReportHead | undefined {
	const match = usualHead.exec(text);
	if (match !== null) {
		const [, first, count, startSeconds, periodSeconds, timeQuality = "0"] = match;
		return {
			first: Number(first),
			count: Number(count),
			startSeconds: Number(startSeconds),
			periodSeconds: Number(periodSeconds),
			timeQuality: Number(timeQuality),
		};
	}
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		return undefined;
	}
	if (typeof document !== "object" || document === null) return undefined;
	const { s, n, t, p, c = 0 } = document as Record<string, unknown>;
	for (const member of [s, n, t, p, c]) if (typeof member !== "number") return undefined;
	return {
		first: s as number,
		count: n as number,
		startSeconds: t as number,
		periodSeconds: p as number,
		timeQuality: c as number,
	};
}

import { readdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CloudFault, messageOf } from "./fault.ts";
import { makeDirectory, syncDirectory, temporarySuffix } from "./file.ts";
import type { IotLog } from "./iotlog.ts";
import type { JsonObject } from "./services/document.ts";
import {
	answerFailure,
	answerShadow,
	answerTooMany,
	parseShadowTopic,
	type ShadowAddress,
	type ShadowAnswer,
	ShadowLimits,
	type ShadowOperation,
	type ShadowOutcome,
	type ShadowRecord,
	type ShadowRequest,
	shadowPrefix,
} from "./services/shadow.ts";
import type { Protocol } from "./traffic.ts";
import { Vault } from "./vault/vault.ts";

export interface ShadowsOptions {
	readonly iotLog?: IotLog | undefined;
	/** How the files stand on disk; as they are unless given. */
	readonly vault?: Vault;
	publish(topicName: string, payload: string): void;
	log(line: string): void;
}

const eventTypes = Object.freeze({
	get: "GetThingShadow",
	update: "UpdateThingShadow",
	delete: "DeleteThingShadow",
} as const);

/** A shadow request that was refused, as an app sees it. */
export class ShadowRejected extends Error {
	override readonly name = "ShadowRejected";
	/** As of HTTP; see aws-iot-contract.md §3.6. */
	readonly code: number;

	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * The shadows of all things, one file each: a request is answered when what it changed is on disk.
 * The requests of one thing are answered one after another, in the order in which they came.
 */
export class Shadows {
	readonly #directory: string;
	readonly #options: ShadowsOptions;
	readonly #vault: Vault;
	readonly #records: Map<string, ShadowRecord>;
	readonly #queues = new Map<string, { length: number; tail: Promise<unknown> }>();
	readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	#stopped = false;
	/** Requests of stations and apps since the start, as "get accepted MQTT". */
	readonly counts = new Map<`${ShadowOperation} ${"accepted" | "rejected"} ${Protocol}`, number>();

	private constructor(
		directory: string,
		options: ShadowsOptions,
		records: Map<string, ShadowRecord>,
	) {
		this.#directory = directory;
		this.#options = options;
		this.#vault = options.vault ?? Vault.plain;
		this.#records = records;
	}

	/** @throws {CloudFault} "Corrupt" when a file is there that holds no shadow */
	static async open(directory: string, options: ShadowsOptions): Promise<Shadows> {
		const { vault = Vault.plain } = options;
		const records = new Map<string, ShadowRecord>();
		for (const name of await readdir(directory, { recursive: true })) {
			const path = join(directory, name);
			if (name.endsWith(temporarySuffix)) await unlink(path);
			else if (name.endsWith(".json")) records.set(path, await readRecord(path, vault));
		}
		return new Shadows(directory, options, records);
	}

	/** Takes a message; one on a topic of the service is a request, all others are nothing to it. */
	receive(topicName: string, payload: Uint8Array): void {
		const request = parseShadowTopic(topicName);
		if (!request) return;
		const text = this.#decode(payload);
		const queue = this.#queueOf(request.thing);
		if (queue.length >= ShadowLimits.requestsInFlight) {
			this.#finish(request, answerTooMany(request, text, nowSeconds()).answers);
			return;
		}
		this.#enqueue(request.thing, async () => {
			this.#finish(request, (await this.#answer(request, text)).answers);
		});
	}

	/** The document at this moment, whatever is under way; `undefined` when there is no such shadow. */
	current(thing: string, shadowName?: string): JsonObject | undefined {
		const request = parseShadowTopic(`${shadowPrefix({ thing, shadowName })}/get`);
		const record = request && this.#records.get(this.#pathOf(request));
		if (!request || !record) return undefined;
		const answer = answerShadow(request, "", record, nowSeconds()).answers.at(-1)!.document;
		return "code" in answer ? undefined : answer;
	}

	/** The whole document, as `get/accepted` has it; `undefined` when there is no such shadow. */
	async get(thing: string, shadowName?: string): Promise<JsonObject | undefined> {
		const request = requestOf({ thing, shadowName }, "get");
		const outcome = await this.#enqueue(thing, () => this.#answer(request, ""));
		const answer = outcome.answers.at(-1)!.document;
		return "code" in answer ? undefined : answer;
	}

	/**
	 * Updates a shadow as an app would over HTTP: an error is thrown and published to nobody.
	 *
	 * @param document  with `state`, and `version` and `clientToken` if wanted
	 * @returns the document of `update/accepted`
	 * @throws {ShadowRejected}
	 */
	update(thing: string, document: object, shadowName?: string): Promise<JsonObject> {
		const payload = new TextEncoder().encode(JSON.stringify(document));
		return this.ask("update", { thing, shadowName }, payload);
	}

	/**
	 * Answers a request of an app over HTTP: an error is thrown and published to nobody; what stations
	 * have to hear of is published.
	 *
	 * @param payload  as it came; empty for "get" and "delete"
	 * @returns the document of `…/accepted`
	 * @throws {ShadowRejected}
	 */
	async ask(
		operation: ShadowOperation,
		address: ShadowAddress,
		payload: Uint8Array,
	): Promise<JsonObject> {
		const request = requestOf(address, operation);
		const text = this.#decode(payload);
		return this.#enqueue(request.thing, async () => {
			const { answers } = await this.#answer(request, text);
			const answer = answers.at(-1)!.document;
			this.#count(request, answers, "HTTP");
			if ("code" in answer) throw new ShadowRejected(Number(answer.code), String(answer.message));
			if (operation !== "get") this.#publish(answers);
			return answer;
		});
	}

	/** The named shadows that a thing has. */
	names(thing: string): string[] {
		requestOf({ thing, shadowName: undefined }, "get");
		const directory = dirname(this.#pathOf({ thing, shadowName: "a" }));
		return [...this.#records]
			.filter(([path, record]) => !record.deleted && dirname(path) === directory)
			.map(([path]) => basename(path, ".json"));
	}

	/** From now on nothing is stored and nothing is answered, as if the process had ended. */
	kill(): void {
		this.#stopped = true;
	}

	/** Answers what was asked. */
	async close(): Promise<void> {
		await Promise.all([...this.#queues.values()].map((queue) => queue.tail));
		this.kill();
	}

	async #answer(request: ShadowRequest, text: string | undefined): Promise<ShadowOutcome> {
		const path = this.#pathOf(request);
		const outcome = answerShadow(request, text, this.#records.get(path), nowSeconds());
		if (!outcome.record) return outcome;
		try {
			await makeDirectory(dirname(path));
			const text = JSON.stringify(outcome.record);
			await this.#vault.replace(path, text, 0o600, () => !this.#stopped);
			await syncDirectory(dirname(path));
		} catch (error) {
			this.#options.log(`shadow of ${request.thing} can't be stored: ${messageOf(error)}`);
			return answerFailure(request, text, nowSeconds());
		}
		this.#records.set(path, outcome.record);
		return outcome;
	}

	#finish(request: ShadowRequest, answers: readonly ShadowAnswer[]): void {
		this.#count(request, answers, "MQTT");
		this.#publish(answers);
	}

	#count(request: ShadowRequest, answers: readonly ShadowAnswer[], protocol: Protocol): void {
		const { operation, thing, shadowName } = request;
		const { document } = answers.at(-1)!;
		const result = "code" in document ? "rejected" : "accepted";
		const name = `${operation} ${result} ${protocol}` as const;
		this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
		this.#options.iotLog?.record({
			eventType: eventTypes[operation],
			protocol,
			topicName: `${shadowPrefix({ thing, shadowName })}/${operation}`,
			deviceShadowName: shadowName ?? thing,
			...("code" in document
				? { reason: String(document.code), details: String(document.message) }
				: {}),
		});
	}

	#queueOf(thing: string): { length: number; tail: Promise<unknown> } {
		let queue = this.#queues.get(thing);
		if (!queue) {
			queue = { length: 0, tail: Promise.resolve() };
			this.#queues.set(thing, queue);
		}
		return queue;
	}

	#enqueue<Result>(thing: string, work: () => Promise<Result>): Promise<Result> {
		const queue = this.#queueOf(thing);
		queue.length += 1;
		const result = queue.tail.then(work);
		queue.tail = result
			.catch(() => {})
			.then(() => {
				queue.length -= 1;
				if (queue.length === 0) this.#queues.delete(thing);
			});
		return result;
	}

	#publish(answers: readonly ShadowAnswer[]): void {
		if (this.#stopped) return;
		for (const { topicName, document } of answers) {
			this.#options.publish(topicName, JSON.stringify(document));
		}
	}

	#decode(payload: Uint8Array): string | undefined {
		try {
			return this.#utf8.decode(payload);
		} catch {
			return undefined;
		}
	}

	/** Names of things and shadows hold no character that means something in a path. */
	#pathOf({ thing, shadowName }: ShadowAddress): string {
		return shadowName === undefined
			? join(this.#directory, thing, "shadow.json")
			: join(this.#directory, thing, "name", `${shadowName}.json`);
	}
}

/** The request of an app, whose names nobody has looked at yet. */
function requestOf(address: ShadowAddress, operation: ShadowOperation): ShadowRequest {
	const request = parseShadowTopic(`${shadowPrefix(address)}/${operation}`);
	if (!request) throw new ShadowRejected(400, "Invalid name of a thing or a shadow");
	return request;
}

async function readRecord(path: string, vault: Vault): Promise<ShadowRecord> {
	const text = await vault.read(path);
	try {
		const record: ShadowRecord = JSON.parse(text!);
		if (!Number.isSafeInteger(record.version)) throw new Error("it has no version");
		return record;
	} catch (error) {
		throw new CloudFault("Corrupt", `${path} holds no shadow: ${messageOf(error)}`);
	}
}

function nowSeconds(): number {
	return Math.floor(Date.now() / 1000);
}

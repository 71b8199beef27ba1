import type { Json, JsonObject } from "../../services/document.ts";
import type { Value } from "./value.ts";

/** A message as a rule sees it. */
export interface Message {
	readonly topicName: string;
	readonly payload: Uint8Array;
	/** "n/a" when it did not come over MQTT. */
	readonly clientId: string;
	/** The id of the certificate that sent it; `undefined` for the cloud's own. */
	readonly principal: string | undefined;
	readonly traceId: string;
}

/** What functions need of the world around them. */
export interface Environment {
	readonly accountId: string;
	/** UTC in ms. */
	now(): number;
	/** A random UUID. */
	uuid(): string;
	/** Uniform in [0, 1). */
	random(): number;
	/** The digest of bytes in lower-case hex. */
	digest(algorithm: DigestName, bytes: Uint8Array): string;
	toBase64(bytes: Uint8Array): string;
	/** `undefined` for text that is no Base64. */
	fromBase64(text: string): Uint8Array | undefined;
	/** The current shadow of a thing as `get/accepted` has it. */
	shadow(thing: string, shadowName: string | undefined): JsonObject | undefined;
}

export type DigestName = "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

/** A name of the payload is asked for, and the payload is no JSON. */
export class UnreadablePayload extends Error {
	override readonly name = "UnreadablePayload";
}

/** What an expression is evaluated over. */
export interface Scope {
	readonly message: Message;
	readonly environment: Environment;
	/**
	 * What names stand for: the payload, or the element that a nested query looks at.
	 *
	 * @throws {UnreadablePayload}
	 */
	readonly root: Value;
}

/** Levels of nesting that are read; a document that goes deeper could only be meant to do harm. */
const levelsMaximum = 128;

/** The scope of a message. Its payload is read when a name is asked for, once. */
export class MessageScope implements Scope {
	readonly message: Message;
	readonly environment: Environment;
	#root: { readonly value: Json } | undefined;

	constructor(message: Message, environment: Environment) {
		this.message = message;
		this.environment = environment;
	}

	get root(): Json {
		this.#root ??= { value: readJson(this.message.payload) };
		return this.#root.value;
	}

	/** The payload as JSON; `undefined` when it is none. */
	get document(): Json | undefined {
		try {
			return this.root;
		} catch (error) {
			if (error instanceof UnreadablePayload) return undefined;
			throw error;
		}
	}
}

/**
 * Reads JSON out of bytes.
 *
 * @throws {UnreadablePayload} when they are no UTF-8, no JSON, or nest deeper than 128 levels
 */
function readJson(bytes: Uint8Array): Json {
	if (depthOf(bytes) > levelsMaximum) throw new UnreadablePayload("the payload is nested too deep");
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json;
	} catch {
		throw new UnreadablePayload("the payload is no JSON");
	}
}

/** The deepest nesting of brackets outside of strings. */
function depthOf(bytes: Uint8Array): number {
	let depth = 0;
	let deepest = 0;
	let inString = false;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at]!;
		if (byte === quote) inString = !inString;
		else if (inString) at += byte === backslash ? 1 : 0;
		else if (byte === bracket || byte === brace) deepest = Math.max(deepest, ++depth);
		// The closing ones of ASCII stand two behind the opening ones.
		else if (byte === bracket + 2 || byte === brace + 2) depth -= 1;
	}
	return deepest;
}

const quote = 0x22;
const backslash = 0x5c;
const bracket = 0x5b;
const brace = 0x7b;

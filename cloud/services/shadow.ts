import { utf8Length } from "../../firmware/base/bytes.ts";
import {
	difference,
	isObject,
	type Json,
	type JsonObject,
	memberOf,
	merge,
	type Stamped,
	stamp,
} from "./document.ts";

/*
 * The Device Shadow service, as aws-iot-contract.md §3 describes it: what it answers to a request,
 * and what it then knows. It keeps nothing and waits for nothing; the caller stores the record
 * before it sends the answers.
 */

/** Bounds of a shadow. */
export const ShadowLimits = Object.freeze({
	/** Bytes of the state of a shadow, serialized; metadata does not count. */
	stateBytes: 8192,
	/** Levels of nesting below `desired` and `reported`. */
	levels: 8,
	clientTokenBytes: 64,
	/** Requests of one thing that may wait for their answer. */
	requestsInFlight: 10,
} as const);

export type ShadowOperation = "get" | "update" | "delete";

/** Which shadow: the classic one has no name. */
export interface ShadowAddress {
	readonly thing: string;
	readonly shadowName: string | undefined;
}

export interface ShadowRequest extends ShadowAddress {
	readonly operation: ShadowOperation;
}

/** What is kept of a shadow. A deleted one leaves its version behind, so that versions never repeat. */
export interface ShadowRecord {
	readonly version: number;
	readonly deleted: boolean;
	readonly desired: Stamped | undefined;
	readonly reported: Stamped | undefined;
}

/** One message that the service publishes. */
export interface ShadowAnswer {
	readonly topicName: string;
	readonly document: JsonObject;
}

export interface ShadowOutcome {
	/** What to keep from now on; `undefined` when nothing has changed. */
	readonly record: ShadowRecord | undefined;
	/** To be published in this order, once the record is safe. The last is accepted or rejected. */
	readonly answers: readonly ShadowAnswer[];
}

/** Why a request is refused: the code decides, the text is for people. */
interface Refusal {
	readonly code: number;
	readonly message: string;
}

interface ParsedRequest {
	readonly document: JsonObject;
	readonly clientToken: string | undefined;
}

const topicPattern =
	/^\$aws\/things\/([a-zA-Z0-9:_-]{1,128})\/shadow(?:\/name\/([$a-zA-Z0-9:_-]{1,64}))?\/(get|update|delete)$/;

/** What a topic asks of the service; `undefined` when it asks nothing. */
export function parseShadowTopic(topicName: string): ShadowRequest | undefined {
	const match = topicPattern.exec(topicName);
	if (!match) return undefined;
	return {
		thing: match[1]!,
		shadowName: match[2],
		operation: match[3] as ShadowOperation,
	};
}

/** The topics of a shadow start with this. */
export function shadowPrefix({ thing, shadowName }: ShadowAddress): string {
	const classic = `$aws/things/${thing}/shadow`;
	return shadowName === undefined ? classic : `${classic}/name/${shadowName}`;
}

/**
 * Answers one request.
 *
 * @param text     the payload, or `undefined` when it is not UTF-8
 * @param kept     the record of this shadow, `undefined` when there never was one
 * @param seconds  UTC
 */
export function answerShadow(
	request: ShadowRequest,
	text: string | undefined,
	kept: ShadowRecord | undefined,
	seconds: number,
): ShadowOutcome {
	const parsed = parseRequest(request.operation, text);
	if ("code" in parsed) return refuse(request, parsed, undefined, seconds);
	const present = kept?.deleted ? undefined : kept;
	switch (request.operation) {
		case "get":
			return present
				? accept(request, parsed, undefined, describe(present, seconds))
				: refuse(request, notFound(request), parsed.clientToken, undefined);
		case "delete":
			return present
				? accept(request, parsed, entomb(present), {
						version: present.version,
						timestamp: seconds,
					})
				: refuse(request, notFound(request), parsed.clientToken, undefined);
		case "update":
			return update(request, parsed, kept, seconds);
	}
}

/** The answer to a request that came while too many of the same thing were waiting. */
export function answerTooMany(
	request: ShadowRequest,
	text: string | undefined,
	seconds: number,
): ShadowOutcome {
	const parsed = parseRequest(request.operation, text);
	const clientToken = "code" in parsed ? undefined : parsed.clientToken;
	return refuse(request, { code: 429, message: "Too Many Requests" }, clientToken, seconds);
}

/** The answer to a request whose outcome could not be stored. */
export function answerFailure(
	request: ShadowRequest,
	text: string | undefined,
	seconds: number,
): ShadowOutcome {
	const parsed = parseRequest(request.operation, text);
	const clientToken = "code" in parsed ? undefined : parsed.clientToken;
	return refuse(request, { code: 500, message: "Internal service failure" }, clientToken, seconds);
}

function update(
	request: ShadowRequest,
	parsed: ParsedRequest,
	kept: ShadowRecord | undefined,
	seconds: number,
): ShadowOutcome {
	const { document, clientToken } = parsed;
	const refusal = checkUpdate(document) ?? checkVersion(document, kept);
	if (refusal) return refuse(request, refusal, clientToken, seconds);

	const patch = asked(document.state as JsonObject | null);
	const present = kept?.deleted ? undefined : kept;
	const record: ShadowRecord = {
		version: (kept?.version ?? 0) + 1,
		deleted: false,
		desired: mergeSection(present?.desired, patch, "desired", seconds),
		reported: mergeSection(present?.reported, patch, "reported", seconds),
	};
	if (utf8Length(JSON.stringify(stateOf(record))) > ShadowLimits.stateBytes) {
		const tooLarge = { code: 413, message: "The payload exceeds the maximum size allowed" };
		return refuse(request, tooLarge, clientToken, seconds);
	}

	const prefix = shadowPrefix(request);
	const answers: ShadowAnswer[] = [];
	const delta = deltaOf(record);
	if (delta) {
		const { value: state, metadata } = delta;
		answers.push({
			topicName: `${prefix}/update/delta`,
			document: withToken(
				{ version: record.version, timestamp: seconds, state, metadata },
				clientToken,
			),
		});
	}
	answers.push({
		topicName: `${prefix}/update/documents`,
		document: withToken(
			{
				...(present ? { previous: snapshot(present) } : {}),
				current: snapshot(record),
				timestamp: seconds,
			},
			clientToken,
		),
	});
	const outcome = accept(request, parsed, record, {
		state: patch,
		metadata: stamp(patch, seconds),
		version: record.version,
		timestamp: seconds,
	});
	return { record, answers: [...answers, ...outcome.answers] };
}

function parseRequest(
	operation: ShadowOperation,
	text: string | undefined,
): ParsedRequest | Refusal {
	if (text === undefined) {
		return { code: 415, message: "Unsupported documented encoding; supported encoding is UTF-8" };
	}
	if (text === "" && operation !== "update") return { document: {}, clientToken: undefined };
	let document: Json;
	try {
		document = JSON.parse(text);
	} catch {
		return { code: 400, message: "Invalid JSON" };
	}
	if (!isObject(document)) return { code: 400, message: "Invalid JSON" };
	const clientToken = memberOf(document, "clientToken");
	if (clientToken === undefined) return { document, clientToken };
	if (typeof clientToken !== "string" || utf8Length(clientToken) > ShadowLimits.clientTokenBytes) {
		return { code: 400, message: "Invalid clientToken" };
	}
	return { document, clientToken };
}

function checkUpdate(document: JsonObject): Refusal | undefined {
	const state = memberOf(document, "state");
	if (state === undefined) return { code: 400, message: "Missing required node: state" };
	if (state === null) return undefined;
	if (!isObject(state)) return { code: 400, message: "State node must be an object" };
	for (const [key, section] of Object.entries(state)) {
		if (key === "delta") continue;
		if (key !== "desired" && key !== "reported") {
			return { code: 400, message: `State contains an invalid node: '${key}'` };
		}
		if (section === null) continue;
		if (!isObject(section)) {
			const name = key === "desired" ? "Desired" : "Reported";
			return { code: 400, message: `${name} node must be an object` };
		}
		const refusal = checkValue(section, ShadowLimits.levels, false);
		if (refusal) return refusal;
	}
	return undefined;
}

function checkValue(value: Json, levels: number, inArray: boolean): Refusal | undefined {
	if (value === null && inArray) return { code: 400, message: "State contains an invalid node" };
	// JSON.parse reads 1e999 as infinity, which JSON can't say back.
	if (typeof value === "number" && !Number.isFinite(value)) {
		return { code: 400, message: "Invalid JSON" };
	}
	if (typeof value !== "object" || value === null) return undefined;
	if (levels === 0) {
		// The text of the real service still has the quota of an earlier year.
		return { code: 400, message: "JSON contains too many levels of nesting; maximum is 6" };
	}
	for (const member of Object.values(value)) {
		const refusal = checkValue(member, levels - 1, inArray || Array.isArray(value));
		if (refusal) return refusal;
	}
	return undefined;
}

/** Optimistic locking: a version that is given must be the one that is there. */
function checkVersion(document: JsonObject, kept: ShadowRecord | undefined): Refusal | undefined {
	const version = memberOf(document, "version");
	if (version === undefined) return undefined;
	if (!Number.isSafeInteger(version) || (version as number) < 0) {
		return { code: 400, message: "Invalid version" };
	}
	const exists = kept !== undefined && !kept.deleted;
	if (exists ? version === kept.version : (version as number) <= 1) return undefined;
	return { code: 409, message: "Version conflict" };
}

/** The sections of a request that count. A device that sends its delta back is not refused. */
function asked(state: JsonObject | null): JsonObject | null {
	if (state === null) return null;
	return Object.fromEntries(Object.entries(state).filter(([key]) => key !== "delta"));
}

/** @returns `undefined` for a section with nothing in it, which is not shown either */
function mergeSection(
	present: Stamped | undefined,
	patch: JsonObject | null,
	section: "desired" | "reported",
	seconds: number,
): Stamped | undefined {
	const written = patch === null ? null : memberOf(patch, section);
	if (written === undefined) return present;
	if (written === null) return undefined;
	const merged = merge(present ?? { value: {}, metadata: {} }, written as JsonObject, seconds);
	return Object.keys(merged.value).length === 0 ? undefined : merged;
}

function entomb(record: ShadowRecord): ShadowRecord {
	return { version: record.version + 1, deleted: true, desired: undefined, reported: undefined };
}

function deltaOf({ desired, reported }: ShadowRecord): Stamped | undefined {
	return desired && difference(desired, reported?.value ?? {});
}

function stateOf({ desired, reported }: ShadowRecord): JsonObject {
	return {
		...(desired ? { desired: desired.value } : {}),
		...(reported ? { reported: reported.value } : {}),
	};
}

function snapshot(record: ShadowRecord): JsonObject {
	const { desired, reported, version } = record;
	return {
		state: stateOf(record),
		metadata: {
			...(desired ? { desired: desired.metadata } : {}),
			...(reported ? { reported: reported.metadata } : {}),
		},
		version,
	};
}

/** The whole document, as `get` shows it. */
function describe(record: ShadowRecord, seconds: number): JsonObject {
	const { state, metadata, version } = snapshot(record);
	const delta = deltaOf(record);
	return {
		state: delta ? { ...(state as JsonObject), delta: delta.value } : state!,
		metadata: metadata!,
		version: version!,
		timestamp: seconds,
	};
}

function withToken(document: JsonObject, clientToken: string | undefined): JsonObject {
	return clientToken === undefined ? document : { ...document, clientToken };
}

function accept(
	request: ShadowRequest,
	parsed: ParsedRequest,
	record: ShadowRecord | undefined,
	document: JsonObject,
): ShadowOutcome {
	const topicName = `${shadowPrefix(request)}/${request.operation}/accepted`;
	return { record, answers: [{ topicName, document: withToken(document, parsed.clientToken) }] };
}

function refuse(
	request: ShadowRequest,
	refusal: Refusal,
	clientToken: string | undefined,
	seconds: number | undefined,
): ShadowOutcome {
	const topicName = `${shadowPrefix(request)}/${request.operation}/rejected`;
	const { code, message } = refusal;
	const document = { code, message, ...(seconds === undefined ? {} : { timestamp: seconds }) };
	return {
		record: undefined,
		answers: [{ topicName, document: withToken(document, clientToken) }],
	};
}

/** The real service was seen to answer this without a timestamp. */
function notFound({ thing, shadowName }: ShadowAddress): Refusal {
	const name = shadowName === undefined ? thing : `${thing}~${shadowName}`;
	return { code: 404, message: `No shadow exists with name: '${name}'` };
}

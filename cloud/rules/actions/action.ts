import type { Json, JsonObject } from "../../services/document.ts";

/** The actions that rules can have, by their names in AWS; `ses` is of Isobar. */
export const actionTypes = Object.freeze([
	"s3",
	"firehose",
	"dynamoDBv2",
	"timestream",
	"ses",
	"sns",
	"sqs",
	"republish",
	"cloudwatchMetric",
	"lambda",
	"http",
] as const);

export type ActionType = (typeof actionTypes)[number];

/** What an action gets. */
export interface Delivery {
	/** The parameters of the rule file, their `${…}` filled in. */
	readonly parameters: JsonObject;
	/** The result of the statement. */
	readonly bytes: Uint8Array;
	/** The same as JSON; `undefined` where it is none. */
	readonly json: Json | undefined;
	/** UTC in ms, when the message came. */
	readonly at: number;
	/** How often the message has been republished by rules. */
	readonly hops: number;
}

/** One kind of action. */
export interface Action {
	/** As error documents call it, such as "S3Action". */
	readonly name: string;
	/** What error documents call the target. */
	resource(parameters: JsonObject): string;
	/** Resolves when the target has taken it to stay; rejects with the reason in one line. */
	perform(delivery: Delivery): Promise<void>;
}

/** A target that can't be used however often it is tried. */
export class PermanentFault extends Error {
	override readonly name = "PermanentFault";
}

/** A parameter that is text, as the schema has seen to. */
export function text(parameters: JsonObject, name: string): string {
	return String(parameters[name] ?? "");
}

/** The name at the end of an ARN or of the URL of a queue; a name by itself stays what it is. */
export function nameOf(resource: string): string {
	return resource.split(/[:/]/).at(-1)!;
}

/**
 * A name that becomes the name of a file.
 *
 * @throws {PermanentFault} for one that could lead out of its folder
 */
export function fileNameOf(kind: string, name: string): string {
	if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(name)) return name;
	throw new PermanentFault(`${JSON.stringify(name.slice(0, 80))} is no name of a ${kind}`);
}

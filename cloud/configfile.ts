import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import {
	findNodeAtLocation,
	type Node,
	type ParseError,
	parseTree,
	printParseErrorCode,
} from "jsonc-parser";
import { CloudFault } from "./fault.ts";

/** Where something stands in a file of JSON: keys and indexes from the top. */
export type JsonPath = readonly (string | number)[];

/** A file that the user has written is wrong at one place. */
export class ConfigFault extends CloudFault {
	readonly file: string;
	/** Both count from 1. */
	readonly line: number;
	readonly column: number;
	/** What is wrong, without the place. */
	readonly reason: string;

	constructor(file: string, text: string, offset: number, reason: string) {
		const before = text.slice(0, offset).split("\n");
		const line = before.length;
		const column = before.at(-1)!.length + 1;
		super("BadConfig", `${file}:${line}:${column}: ${reason}`);
		this.file = file;
		this.line = line;
		this.column = column;
		this.reason = reason;
	}
}

/** A file of JSON whose places are known, so that what is wrong with a value names its line. */
export class ConfigFile {
	readonly value: unknown;
	readonly #path: string;
	readonly #text: string;
	readonly #tree: Node;

	/**
	 * @param path  as the user wrote it
	 * @throws {ConfigFault} for text that is no JSON
	 */
	constructor(path: string, text: string) {
		this.#path = path;
		this.#text = text;
		const errors: ParseError[] = [];
		const tree = parseTree(text, errors, { disallowComments: true });
		const [error] = errors;
		if (error || !tree) {
			const reason = error ? printParseErrorCode(error.error) : "ValueExpected";
			throw new ConfigFault(path, text, error?.offset ?? 0, `no JSON: ${words(reason)}`);
		}
		this.#tree = tree;
		this.value = JSON.parse(text);
	}

	/** The fault of a value. @param at  index into a value that is text, where the fault is inside of it */
	fault(place: JsonPath, reason: string, at?: number): ConfigFault {
		const node = findNodeAtLocation(this.#tree, [...place]) ?? this.#tree;
		const inside = at === undefined ? 0 : 1 + this.#rawLength(node, at);
		return new ConfigFault(this.#path, this.#text, node.offset + inside, reason);
	}

	/** The fault of the name of a member. */
	keyFault(place: JsonPath, reason: string): ConfigFault {
		const node = findNodeAtLocation(this.#tree, [...place]);
		const key = node?.parent?.children?.[0] ?? this.#tree;
		return new ConfigFault(this.#path, this.#text, key.offset, reason);
	}

	/** @throws {ConfigFault} for the first thing that the schema does not allow */
	check(validate: ValidateFunction, place: JsonPath = []): void {
		const value = place.reduce<unknown>((of, key) => (of as never)[key], this.value);
		if (validate(value)) return;
		const error = validate.errors![0]!;
		const path = [...place, ...pathOf(error.instancePath)];
		if (error.keyword === "additionalProperties") {
			const key = String(error.params.additionalProperty);
			throw this.keyFault([...path, key], `there is no ${JSON.stringify(key)} here`);
		}
		throw this.fault(path, reasonOf(error, path));
	}

	/** Characters that the first `length` of a string take in the file, where some are escaped. */
	#rawLength({ offset }: Node, length: number): number {
		let at = offset + 1;
		for (let count = 0; count < length; count++) {
			if (this.#text[at] !== "\\") at += 1;
			else at += this.#text[at + 1] === "u" ? 6 : 2;
		}
		return at - offset - 1;
	}
}

const ajv = new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true, verbose: true });

/** Compiles a schema, or the part of one with a `$id` that `pointer` names. */
export function schemaOf(schema: object & { $id: string }, pointer = ""): ValidateFunction {
	if (!ajv.getSchema(schema.$id)) ajv.addSchema(schema);
	return ajv.getSchema(`${schema.$id}${pointer}`)!;
}

function pathOf(pointer: string): JsonPath {
	return pointer
		.split("/")
		.slice(1)
		.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
		.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** One line that names the value and what was expected. */
function reasonOf({ keyword, params, message, data, schema }: ErrorObject, path: JsonPath): string {
	const name = path.length === 0 ? "the file" : path.at(-1);
	if (keyword === "required") return `${name}: expected a member "${params.missingProperty}"`;
	const got = `got ${String(JSON.stringify(data)).slice(0, 60)}`;
	switch (keyword) {
		case "type":
			return `${name}: expected ${[params.type].flat().join(" or ")}, ${got}`;
		case "enum":
			return `${name}: expected ${(schema as unknown[]).map((one) => JSON.stringify(one)).join(", ")}, ${got}`;
		case "pattern":
			return `${name}: expected text like /${params.pattern}/, ${got}`;
		default:
			return `${name}: ${message}, ${got}`;
	}
}

/** "CommaExpected" in words. */
function words(code: string): string {
	return code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

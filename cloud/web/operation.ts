import Ajv, { type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { Context, Hono } from "hono";
import openapi from "../../schema/openapi.json";
import { ApiFault } from "./fault.ts";

/** An operation of the document, as far as it decides what a request may be. */
interface Operation {
	readonly operationId: string;
	readonly parameters?: readonly Parameter[];
	readonly requestBody?: { readonly required?: boolean; readonly content: object };
}

interface Parameter {
	readonly name: string;
	readonly in: "path" | "query" | "header";
	readonly required?: boolean;
	readonly schema: object;
}

interface Place {
	readonly path: string;
	readonly method: string;
	readonly operation: Operation;
}

const places: ReadonlyMap<string, Place> = new Map(
	Object.entries(openapi.paths).flatMap(([path, methods]) =>
		Object.entries(methods as Record<string, Operation>).map(
			([method, operation]) => [operation.operationId, { path, method, operation }] as const,
		),
	),
);

// Parameters are text, whatever they stand for; a body says of which type it is.
const ajvOptions = { strict: false, validateFormats: false } as const;
// Half of a start would go into schemas that nobody asks for: each is compiled at its first request.
const forParameters = once(() =>
	new Ajv({ ...ajvOptions, coerceTypes: true }).addSchema(openapi, "openapi"),
);
const forBodies = once(() => new Ajv(ajvOptions).addSchema(openapi, "openapi"));

/** What is made when it is asked for, and from then on the same. */
function once<T extends object>(make: () => T): () => T {
	let made: T | undefined;
	return () => {
		made ??= make();
		return made;
	};
}

/**
 * Adds the route of an operation of `schema/openapi.json`, with the path, the method and the bounds that
 * stand there. The handler gets path, query, headers and the members of the body as one object, as an
 * AWS SDK takes them; a body that is no JSON comes as `payload`, a Uint8Array.
 *
 * What the document does not allow is refused with `InvalidRequestException` before the handler sees it.
 * What the handler returns is the JSON of the answer, `{}` for nothing.
 */
export function operate<Input extends object>(
	app: Hono,
	operationId: string,
	handle: (input: Input, context: Context) => unknown,
): void {
	const place = places.get(operationId);
	if (!place) throw new Error(`schema/openapi.json has no operation ${operationId}`);
	const { method, path, operation } = place;
	const readParameters = parametersOf(operation);
	const readBody = bodyOf(place);
	app.on(method.toUpperCase(), toPattern(path), async (context) => {
		const input = { ...(await readBody(context)), ...readParameters(context) };
		const answer = await handle(input as Input, context);
		return answer instanceof Response ? answer : context.json(answer ?? {});
	});
}

/** A topic has slashes, and some clients leave them as they are. */
function toPattern(path: string): string {
	return path.replace(/\{(\w+)\}/g, (_, name) => (name === "topic" ? ":topic{.+}" : `:${name}`));
}

function parametersOf({ parameters = [] }: Operation): (context: Context) => object {
	const inQuery = parameters.filter((parameter) => parameter.in === "query");
	const query = compile(inQuery, false);
	const others = compile(
		parameters.filter((parameter) => parameter.in !== "query"),
		true,
	);
	const headers = parameters.filter((parameter) => parameter.in === "header");
	return ({ req }) => {
		const given: Record<string, unknown> = { ...req.query() };
		check(query(), given, "query");
		const rest: Record<string, unknown> = { ...req.param() };
		for (const { name } of headers) {
			const value = req.header(name);
			if (value !== undefined) rest[name] = value;
		}
		check(others(), rest, "request");
		return { ...given, ...rest };
	};
}

function compile(parameters: readonly Parameter[], open: boolean): () => ValidateFunction {
	const refer = (schema: object): object =>
		JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/'));
	return once(() =>
		forParameters().compile({
			type: "object",
			properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, refer(schema)])),
			required: parameters.filter(({ required }) => required).map(({ name }) => name),
			additionalProperties: open,
		}),
	);
}

function bodyOf({ path, method, operation }: Place): (context: Context) => Promise<object> {
	const body = operation.requestBody;
	if (!body) return async () => ({});
	if ("*/*" in body.content) {
		return async ({ req }) => ({ payload: new Uint8Array(await req.arrayBuffer()) });
	}
	const step = path.replaceAll("/", "~1").replace(/[{}]/g, encodeURIComponent);
	const validate = once(() =>
		forBodies().compile({
			$ref: `openapi#/paths/${step}/${method}/requestBody/content/application~1json/schema`,
		}),
	);
	return async ({ req }) => {
		const text = await req.text();
		if (text === "" && !body.required) return {};
		const value = parse(text);
		check(validate(), value, "body");
		return value as object;
	};
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new ApiFault("InvalidRequestException", "the body is no JSON");
	}
}

function check(validate: ValidateFunction, value: unknown, what: string): void {
	if (validate(value)) return;
	const [error] = validate.errors as ErrorObject[];
	const { instancePath, message, params } = error!;
	const more = "additionalProperty" in params ? `: ${params.additionalProperty}` : "";
	const allowed = "allowedValues" in params ? `: ${params.allowedValues.join(", ")}` : "";
	throw new ApiFault(
		"InvalidRequestException",
		`${what}${instancePath} ${message}${more}${allowed}`,
	);
}

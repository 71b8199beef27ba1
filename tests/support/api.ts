import Ajv, { type ValidateFunction } from "ajv/dist/2020";
import openapi from "../../schema/openapi.json";

/** One operation of the document, as far as the tests look at it. */
interface Operation {
	readonly operationId: string;
	readonly tags: readonly string[];
	readonly responses: Readonly<Record<string, object>>;
}

export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	/** As JSON, or text where it is none; `undefined` for an empty one. */
	// biome-ignore lint/suspicious/noExplicitAny: tests look into it, and the document has checked it
	readonly body: any;
}

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(openapi, "openapi");
const validators = new Map<string, ValidateFunction>();

/** Every operation of the document as "GET /api/things/{thingName}". */
export const operations: ReadonlyMap<string, Operation> = new Map(
	Object.entries(openapi.paths).flatMap(([path, methods]) =>
		Object.entries(methods)
			.filter(([method]) => method !== "parameters")
			.map(([method, operation]) => [
				`${method.toUpperCase()} ${path}`,
				operation as unknown as Operation,
			]),
	),
);

/**
 * A client of the HTTP API that holds each answer against the document: an answer that is not in it
 * is a failure.
 */
export class ApiClient {
	/** Names of the operations that have been answered with success. */
	readonly answered = new Set<string>();
	readonly url: string;
	readonly #headers: Readonly<Record<string, string>>;

	constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
		this.url = url;
		this.#headers = headers;
	}

	get(path: string, headers?: Record<string, string>): Promise<Answer> {
		return this.call("GET", path, undefined, headers);
	}

	post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
		return this.call("POST", path, body, headers);
	}

	async call(
		method: string,
		path: string,
		body?: unknown,
		headers: Record<string, string> = {},
	): Promise<Answer> {
		const response = await fetch(this.url + path, {
			method,
			headers: { ...this.#headers, ...headers },
			redirect: "manual",
			...(body === undefined
				? {}
				: { body: typeof body === "string" ? body : JSON.stringify(body) }),
		});
		const text = await response.text();
		const answer = {
			status: response.status,
			headers: response.headers,
			body: text === "" ? undefined : readJson(text),
		};
		this.#check(method, path, answer);
		return answer;
	}

	#check(method: string, path: string, { status, headers, body }: Answer): void {
		const name = operationOf(method, new URL(this.url + path).pathname);
		if (name === undefined) return;
		const { operationId, responses } = operations.get(name)!;
		const key = String(status) in responses ? String(status) : "default";
		if (key === "default" && status < 400) {
			throw new Error(`${name} answered ${status}, which the document has not`);
		}
		if (status < 400) this.answered.add(operationId);
		const validate = validatorOf(name, key);
		if (!validate) {
			const isEmpty = body === undefined || !headers.get("content-type")?.includes("json");
			if (!isEmpty) throw new Error(`${name} ${status} has a body, which the document has not`);
			return;
		}
		if (!validate(body)) {
			throw new Error(
				`${name} ${status}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`,
			);
		}
	}
}

/** The operation that a request is one of; literal steps of a path come before parameters. */
function operationOf(method: string, path: string): string | undefined {
	let best: string | undefined;
	for (const name of operations.keys()) {
		const [verb, pattern] = name.split(" ") as [string, string];
		if (verb !== method || !matches(pattern, path)) continue;
		if (best === undefined || parameters(name) < parameters(best)) best = name;
	}
	return best;
}

function matches(pattern: string, path: string): boolean {
	const source = pattern.replace(/[.$]/g, "\\$&").replace(/\{\w+\}/g, "[^/]+");
	return new RegExp(`^${source}$`).test(path);
}

function parameters(name: string): number {
	return name.split("{").length;
}

/** What a JSON answer of an operation has to be; `undefined` where the document has no JSON for it. */
function validatorOf(name: string, key: string): ValidateFunction | undefined {
	const [method, path] = name.split(" ") as [string, string];
	const escaped = path
		.replaceAll("~", "~0")
		.replaceAll("/", "~1")
		.replace(/[{}]/g, encodeURIComponent);
	const response = operations.get(name)!.responses[key] as { $ref?: string; content?: object };
	const base = response.$ref ?? `#/paths/${escaped}/${method.toLowerCase()}/responses/${key}`;
	if (!response.$ref && !("application/json" in (response.content ?? {}))) return undefined;
	const pointer = `openapi${base}/content/application~1json/schema`;
	let validate = validators.get(pointer);
	if (!validate) {
		validate = ajv.compile({ $ref: pointer });
		validators.set(pointer, validate);
	}
	return validate;
}

function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

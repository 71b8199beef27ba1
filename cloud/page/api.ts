/** What the cloud has refused, in its own words. */
export class ApiError extends Error {
	override readonly name = "ApiError";
	readonly status: number;
	readonly code: string;

	/** @param status  of HTTP; 0 when nobody answered */
	constructor(status: number, code: string, message: string) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

/** Asks for a document of the API. Throws `ApiError`. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
	return send<T>("GET", path, undefined, signal);
}

/** Sends a document to the API and returns the answer. Throws `ApiError`. */
export async function send<T>(
	method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT",
	path: string,
	body?: object,
	signal?: AbortSignal,
): Promise<T> {
	const answer = await ask(path, {
		method,
		...(signal ? { signal } : {}),
		...(body === undefined
			? {}
			: { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
	});
	const text = await answer.text();
	const document = parse(text);
	if (!answer.ok) throw refusalOf(answer.status, document, text);
	return document as T;
}

/** Hands in the token of a cloud that others can reach too; the browser keeps it as a cookie. */
export async function openSession(token: string): Promise<void> {
	const headers = { authorization: `Bearer ${token}` };
	const answer = await ask("/api/isobar/session", { method: "POST", headers });
	if (!answer.ok) throw refusalOf(answer.status, parse(await answer.text()), "");
}

async function ask(path: string, options: RequestInit): Promise<Response> {
	try {
		return await fetch(path, options);
	} catch (error) {
		if (error instanceof DOMException && error.name === "AbortError") throw error;
		throw new ApiError(0, "Unreachable", "The cloud does not answer.");
	}
}

function parse(text: string): unknown {
	try {
		return text === "" ? undefined : JSON.parse(text);
	} catch {
		return undefined;
	}
}

function refusalOf(status: number, document: unknown, text: string): ApiError {
	const { code = "", message = text } = (document ?? {}) as { code?: string; message?: string };
	return new ApiError(status, code, message || `The cloud answered ${status}.`);
}

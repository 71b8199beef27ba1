import type { JsonObject } from "../../services/document.ts";
import { type Action, PermanentFault, text } from "./action.ts";

const timeoutMs = 3_000;

/** The action `http`: the result of the rule as the body of a POST. */
export const webAction: Action = {
	name: "HttpAction",
	resource: (parameters) => text(parameters, "url"),
	perform: ({ parameters, bytes }) => {
		const headers = (parameters.headers ?? []) as readonly JsonObject[];
		return post(
			text(parameters, "url"),
			bytes,
			headers.map(({ key, value }) => [String(key), String(value)]),
		);
	},
};

/**
 * Sends a POST; any answer but 2xx is a failure.
 *
 * @throws {PermanentFault} for an address that is none, and for 4xx other than 408 and 429
 */
export async function post(
	url: string,
	body: Uint8Array,
	headers: readonly (readonly [string, string])[],
): Promise<void> {
	if (!/^https?:$/.test(protocolOf(url))) {
		throw new PermanentFault(`${JSON.stringify(url)} is no address of HTTP`);
	}
	const response = await fetch(url, {
		method: "POST",
		headers: [["content-type", "application/json"], ...headers] as [string, string][],
		body: Buffer.from(body),
		redirect: "manual",
		signal: AbortSignal.timeout(timeoutMs),
	}).catch((error) => {
		throw new Error(reasonOf(error));
	});
	// An answer that nobody reads would hold its connection.
	await response.body?.cancel();
	if (response.ok) return;
	const reason = `the server answered ${response.status} ${response.statusText}`.trim();
	const isFinal = response.status >= 400 && response.status < 500;
	if (isFinal && ![408, 429].includes(response.status)) throw new PermanentFault(reason);
	throw new Error(reason);
}

function protocolOf(url: string): string {
	try {
		return new URL(url).protocol;
	} catch {
		return "";
	}
}

/** What is behind "fetch failed". */
function reasonOf(error: unknown): string {
	const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
	if (name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
	return cause?.code ?? cause?.message ?? message;
}

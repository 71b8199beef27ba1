import { ApiFault } from "./fault.ts";

/** Entries of a page that does not say how many it wants. */
const pageLength = 25;

export interface PageRequest {
	readonly limit?: number | undefined;
	/** What the page before has returned. */
	readonly token?: string | undefined;
	readonly descending?: boolean;
}

/**
 * One page of a list, in the order of its keys.
 *
 * The token is the last key, so that what comes and goes between two pages moves nothing: every entry
 * that was there all the while is shown once.
 *
 * @param keyOf  unique; keys are compared as text
 */
export function pageOf<Item>(
	items: Iterable<Item>,
	keyOf: (item: Item) => string,
	{ limit = pageLength, token, descending = false }: PageRequest,
): { readonly page: Item[]; readonly next: string | undefined } {
	const sign = descending ? -1 : 1;
	const after = token === undefined ? undefined : decode(token);
	const compare = (left: string, right: string): number =>
		left === right ? 0 : left < right ? -sign : sign;
	const keyed = [...items]
		.map((item) => [keyOf(item), item] as const)
		.filter(([key]) => after === undefined || compare(key, after) > 0)
		.sort(([left], [right]) => compare(left, right));
	const page = keyed.slice(0, limit);
	const last = page.at(-1);
	const next = last && keyed.length > limit ? encode(last[0]) : undefined;
	return { page: page.map(([, item]) => item), next };
}

/** A key that sorts by time, then by name. */
export function timeKey(epochMs: number | undefined, name: string): string {
	return `${String(epochMs ?? 0).padStart(16, "0")} ${name}`;
}

function encode(key: string): string {
	return Buffer.from(`1${key}`).toString("base64url");
}

function decode(token: string): string {
	const text = Buffer.from(token, "base64url").toString();
	if (text.startsWith("1") && encode(text.slice(1)) === token) return text.slice(1);
	throw new ApiFault("InvalidRequestException", "the token of the page is none of ours");
}

import type { Context } from "hono";
import { ApiFault } from "./fault.ts";
import type { Services, Views } from "./services.ts";

/** What the page shows; there is none of it while no cloud runs. */
export function viewsOf({ views }: Services): Views {
	if (views) return views;
	throw new ApiFault("ServiceUnavailableException", "no cloud runs on this data directory");
}

/**
 * A whole number of the query.
 *
 * @throws {ApiFault} with one line that names the value and what was expected
 */
export function wholeNumber(
	context: Context,
	name: string,
	{ minimum, maximum, otherwise }: { minimum: number; maximum: number; otherwise: number },
): number {
	const text = context.req.query(name);
	if (text === undefined) return otherwise;
	const value = Number(text);
	if (text.trim() !== "" && Number.isInteger(value) && value >= minimum && value <= maximum) {
		return value;
	}
	throw new ApiFault(
		"InvalidRequestException",
		`${name} is ${JSON.stringify(text)}; expected a whole number ${minimum}..${maximum}`,
	);
}

/** UTC seconds of the years 1970 to 9999. */
export const secondsRange = { minimum: 0, maximum: 253_402_300_799 };

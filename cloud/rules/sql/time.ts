import type { Value } from "./value.ts";

/*
 * Times by pattern: parse_time() formats by the letters of Joda-Time's DateTimeFormat, time_to_epoch()
 * reads by those of the JDK's DateTimeFormatter. Both here have the letters that the two share; a pattern
 * with another one is Undefined. Names are English.
 */

const months: readonly string[] = Object.freeze(
	"January February March April May June July August September October November December".split(
		" ",
	),
);
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** A run of one letter, or text that stands for itself. */
type Token = { readonly letter: string; readonly count: number } | { readonly text: string };

/** Milliseconds as text; Undefined for a time zone or a letter that is not known. */
export function formatTime(pattern: string, epochMs: number, zone: string): Value {
	const fields = fieldsOf(epochMs, zone);
	if (!fields) return undefined;
	const texts = tokensOf(pattern).map((token) =>
		"text" in token ? token.text : format(token.letter, token.count, fields),
	);
	return texts.includes(undefined) ? undefined : texts.join("");
}

/** Text as milliseconds, in UTC where it names no zone; Undefined for text that is not of the pattern. */
export function parseTime(text: string, pattern: string): Value {
	const letters: string[] = [];
	let expression = "";
	for (const token of tokensOf(pattern)) {
		if ("text" in token) expression += token.text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
		else {
			const part = expressionOf(token.letter, token.count);
			if (part === undefined) return undefined;
			letters.push(token.letter);
			expression += `(${part})`;
		}
	}
	const match = new RegExp(`^${expression}$`, "i").exec(text);
	if (!match) return undefined;
	const parts = new Map(letters.map((letter, index) => [letter, match[index + 1]!]));
	return epochOf(parts);
}

function tokensOf(pattern: string): Token[] {
	const tokens: Token[] = [];
	for (const [run, letter, quoted] of pattern.matchAll(
		/([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']+/g,
	)) {
		if (letter !== undefined) tokens.push({ letter, count: run.length });
		else tokens.push({ text: run === "''" ? "'" : (quoted?.replaceAll("''", "'") ?? run) });
	}
	return tokens;
}

/** A moment by the clock and calendar of a zone. */
interface Fields {
	/** Whose fields in UTC are those of the zone. */
	readonly local: Date;
	readonly offsetMinutes: number;
	/** Such as "CST" and "America/Belize". */
	readonly shortZone: string;
	readonly zone: string;
}

function fieldsOf(epochMs: number, zone: string): Fields | undefined {
	const offsetMinutes = offsetOf(epochMs, zone);
	const local = new Date(epochMs + (offsetMinutes ?? 0) * minuteMs);
	if (offsetMinutes === undefined || Number.isNaN(local.getTime())) return undefined;
	return { local, offsetMinutes, zone, shortZone: zonePart(epochMs, zone, "short") ?? zone };
}

/** Minutes that a zone is ahead of UTC at a moment; `undefined` when there is no such zone. */
function offsetOf(epochMs: number, zone: string): number | undefined {
	const fixed = /^(?:UTC|GMT|UT)?([+-])(\d{2}):?(\d{2})$/.exec(zone);
	if (/^(UTC|GMT|UT|Z)$/.test(zone)) return 0;
	if (fixed) return Number(`${fixed[1]}1`) * (Number(fixed[2]) * 60 + Number(fixed[3]));
	const name = zonePart(epochMs, zone, "longOffset");
	return name === undefined ? undefined : name === "GMT" ? 0 : offsetOf(epochMs, name);
}

function zonePart(epochMs: number, zone: string, form: "short" | "longOffset"): string | undefined {
	try {
		return new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: form })
			.formatToParts(epochMs)
			.find(({ type }) => type === "timeZoneName")?.value;
	} catch {
		return undefined;
	}
}

function format(letter: string, count: number, fields: Fields): string | undefined {
	const { local, offsetMinutes, shortZone, zone } = fields;
	const padded = (value: number): string => String(value).padStart(count, "0");
	const hour = local.getUTCHours();
	switch (letter) {
		case "G":
			return local.getUTCFullYear() > 0 ? "AD" : "BC";
		case "y":
		case "u":
		case "Y":
			return count === 2 ? padded(local.getUTCFullYear() % 100) : padded(local.getUTCFullYear());
		case "M":
			return monthText(local.getUTCMonth(), count);
		case "d":
			return padded(local.getUTCDate());
		case "D":
			return padded(dayOfYear(local));
		case "E":
			return local.toLocaleDateString("en-US", {
				weekday: count < 4 ? "short" : "long",
				timeZone: "UTC",
			});
		case "a":
			return hour < 12 ? "AM" : "PM";
		case "H":
			return padded(hour);
		case "k":
			return padded(hour || 24);
		case "K":
			return padded(hour % 12);
		case "h":
			return padded(hour % 12 || 12);
		case "m":
			return padded(local.getUTCMinutes());
		case "s":
			return padded(local.getUTCSeconds());
		case "S":
			return String(local.getUTCMilliseconds()).padStart(3, "0").padEnd(count, "0").slice(0, count);
		case "z":
			return shortZone;
		case "Z":
			return count > 2 ? zone : offsetText(offsetMinutes, count === 2 ? ":" : "");
		default:
			return undefined;
	}
}

function monthText(month: number, count: number): string {
	if (count < 3) return String(month + 1).padStart(count, "0");
	return count === 3 ? months[month]!.slice(0, 3) : months[month]!;
}

function dayOfYear(local: Date): number {
	return Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / dayMs) + 1;
}

function offsetText(minutes: number, separator: string): string {
	const size = Math.abs(minutes);
	const digits = (value: number): string => String(value).padStart(2, "0");
	return `${minutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}${separator}${digits(size % 60)}`;
}

/** What a letter takes of the text. */
function expressionOf(letter: string, count: number): string | undefined {
	switch (letter) {
		case "y":
		case "u":
			return count === 2 ? "\\d{2}" : "\\d{4}";
		case "M":
			if (count < 3) return count === 1 ? "\\d{1,2}" : "\\d{2}";
			return months.map((month) => (count === 3 ? month.slice(0, 3) : month)).join("|");
		case "d":
		case "H":
		case "h":
		case "m":
		case "s":
			return count === 1 ? "\\d{1,2}" : "\\d{2}";
		case "S":
			return `\\d{${count}}`;
		case "a":
			return "[AP]M";
		case "E":
			return "[A-Z]+";
		case "G":
			return "AD";
		case "V":
		case "z":
			return "[A-Z][A-Z0-9_/+:-]*";
		case "X":
		case "x":
		case "Z":
			return "Z|[+-]\\d{2}:?\\d{2}";
		default:
			return undefined;
	}
}

function epochOf(parts: ReadonlyMap<string, string>): Value {
	const number = (letter: string): number | undefined =>
		parts.has(letter) ? Number(parts.get(letter)) : undefined;
	const year = number("y") ?? number("u");
	const monthPart = parts.get("M");
	const month = monthPart === undefined ? 0 : monthIndex(monthPart);
	const day = number("d") ?? 1;
	const hour = number("H") ?? hourOfHalf(number("h"), parts.get("a"));
	if (year === undefined) return undefined;
	const fullYear = year < 100 ? year + 2000 : year;
	const local = Date.UTC(fullYear, month, day, hour, number("m") ?? 0, number("s") ?? 0);
	const fraction = Math.trunc(Number(`0.${parts.get("S") ?? "0"}`) * 1000);
	// Date.UTC carries the 31st of February over into March.
	if (new Date(local).getUTCMonth() !== month || hour > 23) return undefined;
	const zone = ["V", "z", "X", "x", "Z"].map((letter) => parts.get(letter)).find(Boolean) ?? "UTC";
	const epoch = toUtc(local, zone);
	return epoch === undefined ? undefined : epoch + fraction;
}

function monthIndex(text: string): number {
	if (/^\d/.test(text)) return Number(text) - 1;
	const start = text.slice(0, 3).toLowerCase();
	return months.findIndex((month) => month.toLowerCase().startsWith(start));
}

function hourOfHalf(hour: number | undefined, half: string | undefined): number {
	if (hour === undefined) return 0;
	return (hour % 12) + (half?.toUpperCase() === "PM" ? 12 : 0);
}

/** The offset is that of the moment looked for, so it is asked twice. */
function toUtc(local: number, zone: string): number | undefined {
	const first = offsetOf(local, zone);
	if (first === undefined) return undefined;
	const second = offsetOf(local - first * minuteMs, zone);
	return second === undefined ? undefined : local - second * minuteMs;
}

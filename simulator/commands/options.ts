import { InvalidArgumentError } from "commander";
import { milliseconds } from "../fleet/duration.ts";

/** A value that the user gave and that cannot be used; the message is one line for each mistake. */
export class UsageError extends Error {
	readonly code = "USAGE";
}

const unitMs: Readonly<Record<string, number>> = Object.freeze({
	s: 1_000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
});

/** Reads whole numbers from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
	return (text) => {
		const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
		if (!(value >= minimum && value <= maximum)) {
			throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
		}
		return value;
	};
}

/** Reads a duration such as 30s, 10m, 2h or 1d, in ms. */
export function duration(text: string): number {
	const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
	const value = match === null ? 0 : Number(match[1]) * unitMs[match[2]!]!;
	if (!(value >= 1_000 && value <= 3_650 * unitMs.d!)) {
		throw new InvalidArgumentError(
			"Expected a duration of at least 1s, such as 30s, 10m, 2h or 1d.",
		);
	}
	return value;
}

/** Reads a duration of virtual time, in ms. */
export function virtualDuration(text: string): number {
	try {
		return milliseconds(text);
	} catch {
		throw new InvalidArgumentError("Expected a duration such as 500ms, 30s, 10m, 2h or 1.5d.");
	}
}

/** Reads how many times as fast as real time something goes; `max` is as fast as it can. */
export function speed(text: string): number {
	const value = text === "max" ? Number.POSITIVE_INFINITY : Number(text);
	if (!(value > 0)) throw new InvalidArgumentError("Expected max, or a number above 0.");
	return value;
}

/** A broker: where it listens with TLS. */
export interface BrokerAddress {
	readonly host: string;
	readonly port: number;
}

/** Reads mqtts://HOST or mqtts://HOST:PORT. */
export function brokerAddress(text: string): BrokerAddress {
	const match = /^mqtts:\/\/(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+)(?::(\d{1,5}))?\/?$/.exec(text);
	const port = Number(match?.[2] ?? 8883);
	if (match === null || port < 1 || port > 65_535) {
		throw new InvalidArgumentError("Expected mqtts://HOST or mqtts://HOST:PORT.");
	}
	return { host: match[1]!.replace(/^\[|\]$/g, ""), port };
}

/** Reads the beginning of thing names. */
export function thingsPrefix(text: string): string {
	if (!/^[a-zA-Z0-9:_-]{1,120}$/.test(text)) {
		throw new InvalidArgumentError("Expected 1 to 120 of the characters a-z A-Z 0-9 : _ -");
	}
	return text;
}

/** The names of `count` things: the prefix and a number of at least four digits, from 1 on. */
export function thingNames(prefix: string, count: number): string[] {
	return Array.from({ length: count }, (_, index) => prefix + String(index + 1).padStart(4, "0"));
}

/** Reads s3://BUCKET or s3://BUCKET/PREFIX. */
export function s3Address(text: string): { bucket: string; prefix: string } {
	const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text);
	if (match === null) throw new InvalidArgumentError("Expected s3://BUCKET or s3://BUCKET/PREFIX.");
	return { bucket: match[1]!, prefix: match[2] ?? "" };
}

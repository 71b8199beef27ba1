import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { ResetReason } from "../ports/device.ts";
import type { KeyValue } from "../ports/storage.ts";

const storageKey = "resets";
const storedVersion = 1;
/** The order is that of the stored form: add at the end only. */
const counted = Object.freeze(["brownout", "watchdog", "crash"] as const);
/** Version, then each count. */
const storedBytes = 1 + 4 * counted.length;

/**
 * Resets that nobody wanted, counted over the life of a station: a supply that dips or a firmware that
 * hangs shows here also when nothing else is left of it. Written at such a start only.
 */
export class ResetCounts {
	/** By reason; only those that have happened. */
	readonly counts: Readonly<Partial<Record<ResetReason, number>>>;

	/** @param reason  why the device has started this time */
	constructor(keyValue: KeyValue, reason: ResetReason) {
		const counts = read(keyValue);
		const index = counted.indexOf(reason as (typeof counted)[number]);
		if (index >= 0) {
			counts[index]! += 1;
			write(keyValue, counts);
		}
		this.counts = Object.fromEntries(
			counted.map((name, at) => [name, counts[at]!] as const).filter(([, count]) => count > 0),
		);
	}
}

function read(keyValue: KeyValue): number[] {
	const bytes = keyValue.read(storageKey);
	if (bytes?.length !== storedBytes || bytes[0] !== storedVersion) return counted.map(() => 0);
	const reader = new ByteReader(bytes, 1);
	return counted.map(() => reader.uint32());
}

/** A count that cannot be kept is one that is missing later, and nothing else. */
function write(keyValue: KeyValue, counts: readonly number[]): void {
	const bytes = new Uint8Array(storedBytes);
	const writer = new ByteWriter(bytes);
	writer.uint8(storedVersion);
	for (const count of counts) writer.uint32(count);
	try {
		keyValue.write(storageKey, bytes);
	} catch {}
}

import { unitBytes } from "./record.ts";

/** Largest single write: one page of a NOR part. */
export const pageBytes = 256;

/**
 * What is written to flash and what was read from it: scratch for the length of one call of the
 * outbox, with a view for every length, so that the hot path needs no `subarray`.
 */
export class PageBuffers {
	readonly out = new Uint8Array(pageBytes);
	readonly outView = new DataView(this.out.buffer);
	readonly in = new Uint8Array(pageBytes);
	readonly inView = new DataView(this.in.buffer);
	/** The first 0, 16, 32 .. bytes. */
	readonly outs = prefixes(this.out);
	readonly ins = prefixes(this.in);
}

function prefixes(bytes: Uint8Array): readonly Uint8Array[] {
	const views: Uint8Array[] = [];
	for (let length = 0; length <= bytes.length; length += unitBytes) {
		views.push(bytes.subarray(0, length));
	}
	return views;
}

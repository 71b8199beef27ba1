import { expect, test } from "@jest/globals";
import { Observation, ObservationRun } from "../../../firmware/base/observation.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import type { FlashPartition } from "../../../firmware/ports/storage.ts";

/** A flash that allocates nothing, so that what is counted is the outbox alone. */
function plainFlash(): FlashPartition {
	const blockLength = 4096;
	const bytes = new Uint8Array(16 * blockLength).fill(0xff);
	const status = Object.freeze({
		size: bytes.length,
		blocks: 16,
		blockLength,
		writeAlign: 4,
		eraseValue: 0xff,
	});
	return {
		status: () => status,
		read(into, offset) {
			for (let at = 0; at < into.length; at++) into[at] = bytes[offset + at]!;
		},
		write(from, offset) {
			for (let at = 0; at < from.length; at++) bytes[offset + at]! &= from[at]!;
		},
		eraseBlock: (block) => void bytes.fill(0xff, block * blockLength, (block + 1) * blockLength),
		close: () => {},
	};
}

test("append, peek and acknowledge allocate nothing", () => {
	const outbox = new Outbox(plainFlash(), { firstSequence: 1 });
	expect(outbox.open()).toBe(0);
	const observation = new Observation();
	const run = new ObservationRun();
	const rounds = 5_000;
	const live = () => {
		for (let round = 0; round < rounds; round++) {
			observation.sequence = outbox.nextSequence;
			observation.startSeconds = 1_700_000_000 + observation.sequence * 60;
			observation.periodSeconds = 60;
			observation.timeQuality = 0;
			for (let channel = 0; channel < 7; channel++) observation.values[channel] = channel;
			outbox.append(observation);
			if (round % 10 !== 9) continue;
			const count = outbox.peek(0, 60, run);
			outbox.acknowledge(run.firstSequence, run.firstSequence + count - 1);
		}
	};
	// Until the engine has compiled everything; then the least of a few runs, for its own needs vary.
	live();
	live();
	let least = Number.POSITIVE_INFINITY;
	for (let attempt = 0; attempt < 5; attempt++) {
		const before = process.memoryUsage().heapUsed;
		live();
		const grown = process.memoryUsage().heapUsed - before;
		if (grown >= 0) least = Math.min(least, grown);
	}
	expect(outbox.waiting).toBe(0);
	// V8 boxes a CRC above 2^31 when it is returned, 16 bytes for every other one; XS does not. The smallest
	// array or object takes 32.
	expect(least / rounds).toBeLessThan(24);
});

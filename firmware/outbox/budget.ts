import { assert } from "../base/assert.ts";
import { Limits } from "../limits.ts";
import type { FlashStatus } from "../ports/storage.ts";
import { observationBytes } from "./observations.ts";
import { pageBytes } from "./pages.ts";
import { blockHeaderBytes, recordSize } from "./record.ts";

/** "Min. 100K Program-Erase cycles per sector": Winbond W25Q32JV data sheet, features. */
const eraseCycles = 100_000;

/** How a partition is shared out. */
export interface Division {
	readonly observationBlocks: number;
	readonly noticeBlocks: number;
}

/**
 * Shares out a partition: its last blocks are for alerts and health reports.
 *
 * @throws {Error} when there are too few blocks, too many for the index, or too short ones
 */
export function divide({ blocks, blockLength }: FlashStatus): Division {
	const noticeBlocks = blocks >= 16 ? 4 : 2;
	const observationBlocks = blocks - noticeBlocks;
	assert(observationBlocks >= 3, `a partition of ${blocks} blocks is too small for the outbox`);
	assert(blocks <= Limits.outboxBlocks, `a partition of ${blocks} blocks is too large`);
	const state =
		blockHeaderBytes + Limits.outboxRanges * recordSize(4) + Limits.outboxStamps * recordSize(8);
	const largest = Math.max(Limits.recordBytes, recordSize(8));
	assert(
		blockLength >= state + largest + recordSize(4),
		`blocks of ${blockLength} bytes are too short`,
	);
	return { observationBlocks, noticeBlocks };
}

/** How a station is used, as far as the flash can tell. */
export interface Usage {
	/** Seconds from one observation to the next. */
	readonly observationSeconds: number;
	/** Seconds from one report, and so one acknowledgement, to the next. */
	readonly reportSeconds: number;
	/** Channels in an observation. */
	readonly channels: number;
	/** Groups of eight identifiers that they are in; as few as there can be when it is left out. */
	readonly groups?: number;
	/** Starts that are not a wake-up from deep sleep, in a day. */
	readonly bootsPerDay: number;
	/** Observations that wait for a full page; none when it is left out. */
	readonly lossWindow?: number;
}

/** What a partition is good for. */
export interface Budget {
	/** Observations that it holds for certain when nothing is acknowledged, before any is shed. */
	readonly observations: number;
	/** The same in days. */
	readonly days: number;
	/** Writes in a day, of a page at most: observations, acknowledgements and starts, without the heads of blocks. */
	readonly writesPerDay: number;
	/** Erases of each block in a year. */
	readonly erasesPerYear: number;
	/** Years until `eraseCycles` are used up. */
	readonly years: number;
}

const secondsPerDay = 86_400;

/**
 * Computes how long a partition lasts, in both senses.
 *
 * Capacity is that of an outage with no range acknowledged out of order: in the moment after a block
 * was shed, all blocks are full but the newest one, which is empty, and the spare one. Wear counts every record,
 * and each erase twice: a block that was released is erased once more when a start lies between. A loss
 * window makes writes fewer and longer; bytes, and so erases, stay the same.
 */
export function computeBudget(status: FlashStatus, usage: Usage): Budget {
	const { observationBlocks } = divide(status);
	const size = observationBytes(usage.channels, usage.groups);
	const room = status.blockLength - blockHeaderBytes;
	const observations = (observationBlocks - 2) * Math.floor(room / size);
	const perDay = secondsPerDay / usage.observationSeconds;
	const reportsPerDay = secondsPerDay / usage.reportSeconds;
	const bytesPerDay =
		perDay * size + reportsPerDay * recordSize(4) + usage.bootsPerDay * recordSize(8);
	const perReport = Math.max(1, usage.reportSeconds / usage.observationSeconds);
	const writes = (perDay / perReport) * writesOf(perReport, usage.lossWindow ?? 0, size);
	const blocksPerDay = bytesPerDay / (room - size);
	const erasesPerYear = (2 * 365.25 * blocksPerDay) / observationBlocks;
	return {
		observations,
		days: observations / perDay,
		writesPerDay: writes + reportsPerDay + usage.bootsPerDay,
		erasesPerYear,
		years: eraseCycles / erasesPerYear,
	};
}

/** Writes of the observations of one report: what it is cut from is written before it, see `Outbox.peek`. */
function writesOf(observations: number, lossWindow: number, size: number): number {
	if (lossWindow === 0) return observations;
	const pages = (count: number): number => Math.ceil(count / Math.floor(pageBytes / size));
	const full = Math.ceil(observations / lossWindow) - 1;
	return full * pages(lossWindow) + pages(observations - full * lossWindow);
}

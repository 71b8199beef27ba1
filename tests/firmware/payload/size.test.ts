import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Limits } from "../../../firmware/limits.ts";
import { encodeReport } from "../../../firmware/payload/encode.ts";
import { ChannelTable, reasonCode } from "../../../firmware/sensing/channel.ts";
import { makeRun } from "../../support/run.ts";

const minute = 60;
const channels = new ChannelTable();
const calm = [null, reasonCode("calm")] as const;

/** Numbers 0 <= x < 1 that are the same in every run. */
function* chance(seed: number): Generator<number, never> {
	for (let state = seed; ; ) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		yield state / 2 ** 32;
	}
}

/**
 * The recorded day by channel index. Not recorded, hence modelled: gusts of 1.2 to 1.6 times the mean
 * speed, and two hours of showers that tip a 0.2794 mm bucket in every third minute.
 */
function recordedDay(): (number | typeof calm)[][] {
	const random = chance(1);
	return readFileSync("simulator/weather/data/surfrad-alamosa-2016-01-01.csv", "utf8")
		.trim()
		.split("\n")
		.slice(1)
		.map((line, row) => {
			const [temperature, humidity, speed, direction, pressureHpa] = line
				.split(",")
				.slice(1)
				.map(Number) as [number, number, number, number, number];
			const gust = speed * (1.2 + 0.4 * random.next().value);
			const isTip = row >= 600 && row < 720 && random.next().value < 1 / 3;
			return [
				temperature,
				humidity,
				pressureHpa * 100,
				speed,
				gust,
				speed < 0.5 ? calm : direction,
				isTip ? 0.2794 : 0,
			];
		});
}

function bytesPerObservation(perReport: number): number {
	const day = recordedDay();
	const into = new Uint8Array(Limits.reportBytes);
	let bytes = 0;
	for (let first = 0; first < day.length; first += perReport) {
		const rows = day.slice(first, first + perReport);
		const columns = Object.fromEntries(
			[0, 1, 2, 3, 4, 5, 6].map((channel) => [channel, rows.map((row) => row[channel]!)]),
		);
		const run = makeRun({
			firstSequence: 123_456_789 + first,
			startSeconds: 1_451_606_400 + first * minute,
			periodSeconds: minute,
			columns,
		});
		const length = encodeReport(run, channels, into, 0);
		expect(length).toBeGreaterThan(0);
		bytes += length;
	}
	return bytes / day.length;
}

describe("bytes an observation on the recorded day, envelope included", () => {
	test.each([
		[6, 32],
		[10, 26],
		[60, 20],
	])("at %i in a report: at most %i", (perReport, bound) => {
		expect(bytesPerObservation(perReport)).toBeLessThanOrEqual(bound);
	});
});

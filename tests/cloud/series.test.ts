import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Archive } from "../../cloud/archive.ts";
import { Series } from "../../cloud/store/series.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";

const channels = new ChannelTable();
/** 2023-11-14T22:13:20Z */
const start = 1_700_000_000;
let directory: string;
let archive: Archive;
let series: Series;
beforeEach(async () => {
	directory = mkdtempSync(join(tmpdir(), "isobar-"));
	archive = await Archive.open(directory, { channels, log: () => {} });
	series = new Series(archive.store, channels);
});
afterEach(async () => {
	await archive.close();
	rmSync(directory, { recursive: true, force: true });
});

function append(thing: string, report: object): Promise<void> {
	const payload = Buffer.from(JSON.stringify({ v: 1, p: 60, ...report }));
	return new Promise((resolve, reject) =>
		archive.append(thing, payload, (error) => (error ? reject(error) : resolve())),
	);
}

describe("a series", () => {
	test("gathers values in steps: mean, lowest, highest; sum where values are increments", async () => {
		await append("a", { s: 1, n: 4, t: start + 40, T: [100, 10, 10, 10], R: [2_000, 0, 2_000, 0] });
		await append("b", { s: 1, n: 1, t: start + 40, T: [999] });
		const answer = await series.query({
			thing: "a",
			channels: ["airTemperature", "precipitation"],
			from: start,
			to: start + 280,
			points: 3,
		});
		expect(answer.step).toBe(120);
		expect(answer.time).toEqual([start + 40, start + 160]);
		expect(answer.channels).toEqual({
			airTemperature: { unit: "°C", mean: [10.5, 12.5], min: [10, 12], max: [11, 13] },
			precipitation: {
				unit: "mm",
				mean: [expect.closeTo(0.2), expect.closeTo(0.4)],
				min: [expect.closeTo(0.2), expect.closeTo(0.4)],
				max: [expect.closeTo(0.2), expect.closeTo(0.4)],
				sum: [expect.closeTo(0.4), expect.closeTo(0.8)],
			},
		});
	});

	test("the mean of directions goes through north", async () => {
		await append("a", { s: 1, n: 2, t: start + 40, D: [350, 20] });
		const { channels } = await series.query({
			thing: "a",
			channels: ["windDirection"],
			from: start + 40,
			to: start + 160,
			points: 1,
		});
		const { mean, min, max } = channels.windDirection!;
		expect([Math.round(mean[0]!) % 360, min, max]).toEqual([0, [null], [null]]);
	});

	test("a hole is one step of nulls; notes point at the steps", async () => {
		await append("a", { s: 1, n: 2, t: start + 40, T: [100, null], e: { T: [1] } });
		await append("a", { s: 3, n: 1, t: start + 640, T: [300], q: { T: [1] } });
		const answer = await series.query({
			thing: "a",
			channels: ["airTemperature"],
			from: start,
			to: start + 3_600,
			points: 60,
		});
		expect(answer.step).toBe(60);
		expect(answer.time).toEqual([40, 100, 160, 640].map((second) => start + second));
		expect(answer.channels.airTemperature!.mean).toEqual([10, null, null, 30]);
		expect(answer.flags).toEqual({ airTemperature: { silent: [1], range: [3] } });
	});

	test("follows what is archived between two queries, and knows nothing of what is not synced", async () => {
		const request = {
			thing: "a",
			channels: ["airTemperature"],
			from: start,
			to: start + 600,
			points: 600,
		};
		expect((await series.query(request)).time).toEqual([]);
		for (let sequence = 1; sequence <= 3; sequence++) {
			await append("a", { s: sequence, n: 1, t: start + 40 + 60 * sequence, T: [100] });
			expect((await series.query(request)).time).toHaveLength(sequence);
		}
	});

	test.each([
		[{ from: 5, to: 5 }, "from 5, to 5: expected UTC seconds, from < to"],
		[{ points: 0 }, "points 0: expected 1 to 10000"],
		[{ channels: ["nothing"] }, 'channel "nothing": there is none'],
		[{ channels: [] }, 'channels "": expected names, each once'],
	])("refuses %j", async (change, message) => {
		const request = { thing: "a", channels: ["airTemperature"], from: 0, to: 60, points: 60 };
		await expect(series.query({ ...request, ...change })).rejects.toMatchObject({
			code: "BadRequest",
			message,
		});
	});
});

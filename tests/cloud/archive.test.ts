import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Archive } from "../../cloud/archive.ts";
import type { AppendLog } from "../../cloud/log.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { makeReport } from "../support/cloud.ts";

let directory: string;
let lines: string[];
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-"));
	lines = [];
});
afterEach(() => {
	rmSync(directory, { recursive: true, force: true });
});

const options = () => ({
	channels: new ChannelTable(),
	log: (line: string): void => {
		lines.push(line);
	},
});
const path = (name: string): string => join(directory, name);
const readRows = (name: string): unknown[] =>
	readFileSync(path(name), "utf8")
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line));

function append(archive: Archive, thing: string, report: string | Uint8Array): Promise<void> {
	const payload = typeof report === "string" ? Buffer.from(report) : report;
	return new Promise((resolve, reject) =>
		archive.append(thing, payload, (error) => (error ? reject(error) : resolve())),
	);
}

/** A log whose writes wait until the test lets them go on or fail. */
class HeldLog implements AppendLog {
	readonly writes: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
	onWrite = (): void => {};

	append(bytes: Uint8Array): Promise<void> {
		return new Promise((resolve, reject) => {
			this.writes.push({ text: Buffer.from(bytes).toString(), resolve, reject });
			this.onWrite();
		});
	}

	/** The write number `index`, when it has come. */
	async write(index: number): Promise<HeldLog["writes"][number]> {
		while (this.writes.length <= index) {
			await new Promise<void>((resolve) => {
				this.onWrite = resolve;
			});
		}
		return this.writes[index]!;
	}

	close(): void {}
}

async function openHeld(): Promise<{ archive: Archive; held: HeldLog }> {
	const held = new HeldLog();
	const openLog = async (): Promise<{ log: AppendLog; torn: number }> => ({ log: held, torn: 0 });
	return { archive: await Archive.open(directory, { ...options(), openLog }), held };
}

describe("rows", () => {
	test("one line an observation, with values, nulls, reasons and time quality", async () => {
		const archive = await Archive.open(directory, options());
		const report = `{"v":1,"s":7,"n":2,"t":1700000000,"p":5,"c":2,"T":[215,1],"H":[null],"P":[10132],"e":{"H":[1]}}`;
		await append(archive, "a", report);
		const { reasonName } = await import("../../firmware/sensing/channel.ts");
		const rows = [
			{
				thing: "a",
				sequence: 7,
				time: "2023-11-14T22:13:20.000Z",
				periodSeconds: 5,
				timeQuality: 2,
				airTemperature: 21.5,
				relativeHumidity: null,
				stationPressure: 101_320,
				reasons: { relativeHumidity: reasonName(1) },
			},
			{
				thing: "a",
				sequence: 8,
				time: "2023-11-14T22:13:25.000Z",
				periodSeconds: 5,
				timeQuality: 2,
				airTemperature: 21.6,
				relativeHumidity: null,
				stationPressure: 101_320,
				reasons: { relativeHumidity: reasonName(1) },
			},
		];
		expect(readRows("observations.jsonl")).toEqual(rows);
		expect(await archive.rows("a")).toEqual(rows);
		expect(statSync(path("observations.jsonl")).mode & 0o777).toBe(0o600);
		await archive.close();
	});

	test("an observation that is there is counted and not written again", async () => {
		const archive = await Archive.open(directory, options());
		await append(archive, "a", makeReport(1, 6));
		await append(archive, "a", makeReport(4, 9));
		await append(archive, "b", makeReport(1, 2));
		await append(archive, "a", makeReport(1, 6));
		expect(archive).toMatchObject({ archived: 11, duplicates: 9 });
		expect(archive.count("a")).toBe(9);
		expect(archive.count()).toBe(11);
		expect(archive.countBetween("a", 8, 20)).toBe(2);
		expect(await archive.audit()).toEqual({ rows: 11, repeated: 0 });
		await archive.close();
	});

	test("what was archived is known after a start; the counters begin anew", async () => {
		const first = await Archive.open(directory, options());
		await append(first, "a", makeReport(1, 6));
		await first.close();
		const second = await Archive.open(directory, options());
		await append(second, "a", makeReport(5, 8));
		expect(second).toMatchObject({ archived: 2, duplicates: 2 });
		expect(await second.audit()).toEqual({ rows: 8, repeated: 0 });
		await second.close();
	});

	test("audit trusts the file and not the memory", async () => {
		const archive = await Archive.open(directory, options());
		await append(archive, "a", makeReport(1, 2));
		appendFileSync(path("observations.jsonl"), readFileSync(path("observations.jsonl")));
		expect(await archive.audit()).toEqual({ rows: 4, repeated: 2 });
		await archive.close();
	});
});

describe("a torn tail", () => {
	test("is cut off at every byte, reported, and its observation is taken when it comes again", async () => {
		const first = await Archive.open(directory, options());
		await append(first, "a", makeReport(1, 3));
		await first.close();
		const intact = readFileSync(path("observations.jsonl"));
		const lastLine = intact.lastIndexOf("\n", intact.length - 2) + 1;
		for (let length = lastLine; length < intact.length; length++) {
			lines.length = 0;
			rmSync(path("observations.jsonl"));
			appendFileSync(path("observations.jsonl"), intact.subarray(0, length));
			const archive = await Archive.open(directory, options());
			const torn = length - lastLine;
			expect(lines).toEqual(
				torn === 0 ? [] : [`archive: cut off a torn last line of ${torn} bytes`],
			);
			expect(archive.count("a")).toBe(2);
			await append(archive, "a", makeReport(1, 3));
			await archive.close();
			expect(readFileSync(path("observations.jsonl")).equals(intact)).toBe(true);
		}
	});

	test("lines that can't be read are reported and left as they are", async () => {
		appendFileSync(path("observations.jsonl"), `\0\0\0\nnonsense\n`);
		const archive = await Archive.open(directory, options());
		expect(lines).toEqual([expect.stringMatching(/^archive: 2 unreadable lines in .*, left/)]);
		await append(archive, "a", makeReport(1, 1));
		expect(await archive.audit()).toEqual({ rows: 1, repeated: 0 });
		await archive.close();
	});
});

describe("reports that are not understood", () => {
	test.each([
		["no JSON", Buffer.from("{"), "Malformed", { payload: "{" }],
		["a version of the future", Buffer.from(`{"v":9}`), "BadValue", { payload: `{"v":9}` }],
		["no UTF-8", Buffer.from([0xff, 0xfe]), "not UTF-8", { payloadBase64: "//4=" }],
	])("%s: kept with its reason, and acknowledged", async (_, payload, reason, kept) => {
		const archive = await Archive.open(directory, options());
		await append(archive, "a", payload);
		expect(readRows("rejected.jsonl")).toEqual([
			{ time: expect.stringMatching(/^\d{4}-.*Z$/), thing: "a", reason, ...kept },
		]);
		expect(archive).toMatchObject({ archived: 0, rejected: 1 });
		expect(lines).toEqual([`archive: kept a report of a in rejected.jsonl: ${reason}`]);
		await archive.close();
	});

	test("a channel nobody knows: what is known is archived, the report is kept whole", async () => {
		const archive = await Archive.open(directory, options());
		const report = `{"v":1,"s":1,"n":1,"t":1700000000,"p":5,"T":[215],"Zz":[3]}`;
		await append(archive, "a", report);
		expect(await archive.rows("a")).toMatchObject([{ sequence: 1, airTemperature: 21.5 }]);
		expect(readRows("rejected.jsonl")).toMatchObject([
			{ reason: `unknown channels ["Zz"]`, payload: report },
		]);
		await archive.close();
	});

	test("no more of them than two files: the oldest go, and a line says so", async () => {
		const bounded = { ...options(), rejectedBytes: 1 };
		const archive = await Archive.open(directory, bounded);
		for (const text of ["one", "two"]) await append(archive, "a", text);
		expect(readRows("rejected.1.jsonl")).toMatchObject([{ payload: "one" }]);
		expect(lines.at(-1)).toBe("archive: rejected.jsonl is full and is rejected.1.jsonl now");
		await archive.close();

		const next = await Archive.open(directory, bounded);
		await append(next, "a", "three");
		expect(readRows("rejected.jsonl")).toMatchObject([{ payload: "three" }]);
		expect(readRows("rejected.1.jsonl")).toMatchObject([{ payload: "two" }]);
		expect(lines.at(-1)).toMatch(
			/^archive: .* now; the reports that were in .*rejected\.1\.jsonl are gone$/,
		);
		await next.close();
	});

	test("a start beyond what a date can say", async () => {
		const archive = await Archive.open(directory, options());
		await append(archive, "a", `{"v":1,"s":1,"n":2,"t":8640000000000,"p":5,"T":[1]}`);
		expect(readRows("rejected.jsonl")).toMatchObject([{ reason: "a time out of range" }]);
		await archive.close();
	});
});

describe("group commit", () => {
	test("nobody is called back before the sync; who comes meanwhile shares the next one", async () => {
		const { archive, held } = await openHeld();
		const done: string[] = [];
		void append(archive, "a", makeReport(1, 1)).then(() => done.push("a1"));
		const first = await held.write(0);
		void append(archive, "a", makeReport(2, 2)).then(() => done.push("a2"));
		void append(archive, "b", makeReport(1, 1)).then(() => done.push("b1"));
		archive.settle(() => done.push("status"));
		void append(archive, "a", makeReport(1, 1)).then(() => done.push("a1 again"));
		expect(done).toEqual([]);
		first.resolve();
		const second = await held.write(1);
		expect(done).toEqual(["a1"]);
		expect(second.text.split("\n")).toHaveLength(3);
		second.resolve();
		await append(archive, "a", makeReport(1, 2));
		expect(done.sort()).toEqual(["a1", "a1 again", "a2", "b1", "status"]);
		expect(held.writes).toHaveLength(2);
		expect(archive).toMatchObject({ archived: 3, duplicates: 3 });
	});

	test("a failed write fails all that wait, also duplicates of it, and can be sent again", async () => {
		const { archive, held } = await openHeld();
		const first = append(archive, "a", makeReport(1, 2));
		const write = await held.write(0);
		const again = append(archive, "a", makeReport(1, 2));
		const other = append(archive, "b", makeReport(1, 1));
		write.reject(new Error("no space left on device"));
		for (const report of [first, again, other]) await expect(report).rejects.toThrow("no space");
		expect(archive).toMatchObject({ archived: 0, duplicates: 0 });
		expect(archive.count()).toBe(0);

		const retry = append(archive, "a", makeReport(1, 2));
		const second = await held.write(1);
		expect(second.text.split("\n")).toHaveLength(3);
		second.resolve();
		await retry;
		expect(archive).toMatchObject({ archived: 2, duplicates: 0 });
	});

	test("settle calls back at once when nothing is under way", async () => {
		const { archive } = await openHeld();
		let called = false;
		archive.settle(() => {
			called = true;
		});
		expect(called).toBe(true);
	});

	test("after kill nothing is written and nobody is called back", async () => {
		const archive = await Archive.open(directory, options());
		let called = false;
		archive.append("a", Buffer.from(makeReport(1, 1)), () => {
			called = true;
		});
		archive.kill();
		const next = await Archive.open(directory, options());
		await append(next, "a", makeReport(1, 1));
		expect(called).toBe(false);
		expect(await next.audit()).toEqual({ rows: 1, repeated: 0 });
		await next.close();
	});
});

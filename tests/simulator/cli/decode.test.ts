import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CommandBench } from "../../support/command.ts";
import { resolveSenml } from "../../support/senml.ts";

const golden = JSON.parse(readFileSync("tests/golden/payload-v1.json", "utf8"));
const [minutes, pressure, , dying] = golden.reports.map(({ text }: { text: string }) => text);

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
});
afterEach(() => bench.end());

async function decode(line: string, ...input: string[]): Promise<number> {
	bench.input = `${input.join("\n")}\n`;
	return bench.run(line);
}

const linesOut = () => bench.out.trimEnd().split("\n");

describe("isobar decode", () => {
	test("writes rows as in the archive", async () => {
		expect(await decode("decode", minutes, "", dying)).toBe(0);
		const rows = linesOut().map((line) => JSON.parse(line));
		expect(rows).toHaveLength(13);
		expect(rows[3]).toEqual({
			sequence: 123456792,
			time: "2016-01-01T18:03:00.000Z",
			periodSeconds: 60,
			airTemperature: -8.5,
			relativeHumidity: 44.9,
			stationPressure: 77880,
			windSpeed: 0.2,
			windGust: 0.4,
			windDirection: null,
			precipitation: 0.2794,
			reasons: { windDirection: "calm" },
		});
		expect(rows[7]).toMatchObject({ timeQuality: 3, reasons: { airTemperature: "nack" } });
	});

	test("takes the thing from the topic, as mosquitto_sub -v prints it", async () => {
		await decode("decode", `isobar/roof/report ${pressure}`, `elsewhere ${pressure}`);
		expect(linesOut().map((line) => JSON.parse(line).thing)).toEqual(["roof", undefined]);
	});

	test("writes one table of all reports, with the channels that there are", async () => {
		const flagged = '{"v":1,"s":9,"n":2,"t":1451606400,"p":5,"P":[10133],"q":{"P":[0,6]}}';
		expect(await decode("decode --to csv", dying, flagged)).toBe(0);
		const lines = linesOut();
		expect(lines[0]).toBe(
			"sequence,time,periodSeconds,timeQuality,airTemperature,stationPressure,reasons,flags",
		);
		expect(lines[2]).toBe(
			"4294967297,1970-01-01T00:00:40.000Z,5,3,,,airTemperature=nack;stationPressure=part,",
		);
		expect(lines[9]).toBe(
			"10,2016-01-01T00:00:05.000Z,5,,,101330,,stationPressure=step+persistence",
		);
		expect(new Set(lines.map((line) => line.split(",").length))).toEqual(new Set([8]));
	});

	test("goes on after a line that is no report, names it, and fails in the end", async () => {
		expect(await decode("decode", "{}", pressure, "hello")).toBe(1);
		expect(linesOut()).toHaveLength(1);
		expect(bench.err).toBe(
			"isobar: line 1: no report, BadValue: {}\nisobar: line 3: no report, Malformed: hello\n",
		);
	});

	test("a form that is none is refused", async () => {
		expect(await decode("decode --to xml", pressure)).toBe(2);
		expect(bench.err).toContain("Allowed choices are json, csv, senml");
	});
});

describe("SenML", () => {
	/** RFC 8428 §5.1.2 to §5.1.4, the examples that have numbers, and what §5.1.4 resolves them to. */
	test("the resolver of these tests resolves the examples of RFC 8428 §5.1", () => {
		const now = 1_700_000_000;
		expect(resolveSenml([{ n: "urn:dev:ow:10e2073a01080063", u: "Cel", v: 23.1 }], now)).toEqual([
			{ n: "urn:dev:ow:10e2073a01080063", u: "Cel", v: 23.1, t: now },
		]);
		expect(
			resolveSenml(
				[
					{ bn: "urn:dev:ow:10e2073a01080063:", n: "voltage", u: "V", v: 120.1 },
					{ n: "current", u: "A", v: 1.2 },
				],
				now,
			),
		).toEqual([
			{ n: "urn:dev:ow:10e2073a01080063:voltage", u: "V", v: 120.1, t: now },
			{ n: "urn:dev:ow:10e2073a01080063:current", u: "A", v: 1.2, t: now },
		]);
		expect(
			resolveSenml(
				[
					{
						bn: "urn:dev:ow:10e2073a0108006:",
						bt: 1.276020076001e9,
						bu: "A",
						bver: 5,
						n: "voltage",
						u: "V",
						v: 120.1,
					},
					{ n: "current", t: -5, v: 1.2 },
					{ n: "current", t: -4, v: 1.3 },
					{ n: "current", v: 1.7 },
				],
				now,
			),
		).toEqual([
			{ n: "urn:dev:ow:10e2073a0108006:current", u: "A", v: 1.2, t: 1.276020071001e9 },
			{ n: "urn:dev:ow:10e2073a0108006:current", u: "A", v: 1.3, t: 1.276020072001e9 },
			{ n: "urn:dev:ow:10e2073a0108006:voltage", u: "V", v: 120.1, t: 1.276020076001e9 },
			{ n: "urn:dev:ow:10e2073a0108006:current", u: "A", v: 1.7, t: 1.276020076001e9 },
		]);
		expect(() => resolveSenml([{ n: "-x", v: 1 }], now)).toThrow('name "-x"');
		expect(() => resolveSenml([{ n: "x", bver: 11, v: 1 }], now)).toThrow("version");
	});

	test("a pack a report, in units of the registry", async () => {
		expect(await decode("decode --to senml", `isobar/roof/report ${minutes}`)).toBe(0);
		const records = resolveSenml(JSON.parse(bench.out), 0);
		// Seven channels of six minutes; five minutes have no direction.
		expect(records).toHaveLength(7 * 6 - 5);
		expect(records.filter(({ t }) => t === 1451671200 + 180)).toEqual([
			{ n: "roof:airTemperature", u: "Cel", v: -8.5, t: 1451671380 },
			{ n: "roof:relativeHumidity", u: "%RH", v: 44.9, t: 1451671380 },
			{ n: "roof:stationPressure", u: "Pa", v: 77880, t: 1451671380 },
			{ n: "roof:windSpeed", u: "m/s", v: 0.2, t: 1451671380 },
			{ n: "roof:windGust", u: "m/s", v: 0.4, t: 1451671380 },
			{ n: "roof:precipitation", u: "m", v: 0.0002794, t: 1451671380 },
		]);
	});

	test("converts what has another unit there, and leaves out a unit that has none", async () => {
		const report =
			'{"v":1,"s":1,"n":1,"t":1451606400,"p":60,"Co2":[420],"Pm25":[123],"Rr10":[3600],"Ui":[75],"Tc":[30],"Hn":[50],"Uu":[144]}';
		await decode("decode --to senml", report);
		expect(JSON.parse(bench.out).map(({ n, u, v }: Record<string, unknown>) => [n, u, v])).toEqual([
			["carbonDioxide", "/", 0.00042],
			["particulateMatter2_5", "kg/m3", 1.23e-8],
			["precipitationRate10Minutes", "m/s", 1e-6],
			["uvIndex", "/", 7.5],
			["airTemperatureSamples", "count", 30],
			["relativeHumidityMinimum", "%RH", 5],
			["erythemalDoseSinceMidnightUtc", undefined, 1.44],
		]);
	});

	test("has no word for a time that nobody knows", async () => {
		expect(await decode("decode --to senml", dying, pressure)).toBe(1);
		expect(bench.err).toBe("isobar: line 1: SenML has no word for an unknown time\n");
		expect(linesOut()).toHaveLength(1);
	});
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Limits } from "../../../firmware/limits.ts";
import {
	type Channel,
	ChannelIndex,
	ChannelTable,
	reasonCode,
	reasonName,
	standardChannels,
} from "../../../firmware/sensing/channel.ts";
import { knownChannels } from "../../../firmware/sensing/quantities.ts";

/** Name, key and steps in a unit of each channel, by identifier. Lines are added, never changed. */
const goldenChannels = JSON.parse(readFileSync("tests/golden/channels.json", "utf8"));

const soil: Channel = {
	name: "soilMoisture",
	unit: "%",
	key: "Sm",
	perUnit: 10,
	aggregate: "mean",
	minimum: 0,
	maximum: 100,
	group: "soil",
	property: "moisture",
	in: "observation",
};

describe("channel table", () => {
	test("has the standard channels at their fixed indices, whatever a station has", () => {
		for (const table of [
			new ChannelTable(),
			new ChannelTable([soil], []),
			new ChannelTable([], ["uvIndex"]),
		]) {
			for (const [name, index] of Object.entries(ChannelIndex)) {
				expect(table.at(index).name).toBe(name);
				expect(table.indexOf(name)).toBe(index);
				expect(table.indexOfKey(table.at(index).key)).toBe(index);
				expect(table.ids[index]).toBe(name === "batteryVoltage" ? 255 : index);
			}
		}
		expect(Object.keys(ChannelIndex)).toHaveLength(standardChannels.length);
	});

	test("of a station has what is fitted, in the order of identifiers, then the user's own", () => {
		const table = new ChannelTable([soil], ["uvIndex", "windSpeed", "illuminance", "soilMoisture"]);
		const names = Array.from({ length: table.length }, (_, index) => table.at(index).name);
		expect(names.slice(standardChannels.length)).toEqual([
			"illuminance",
			"uvIndex",
			"soilMoisture",
		]);
		expect([...table.ids.slice(standardChannels.length)]).toEqual([8, 9, 64]);
	});

	test("of those who decode has every channel there is", () => {
		const table = new ChannelTable([soil]);
		expect(table.length).toBe(knownChannels.length + 1);
		expect(table.indexOfKey("Sm")).toBe(knownChannels.length);
		expect(knownChannels.length).toBeLessThanOrEqual(64);
	});

	test("names, keys and identifiers in storage and on the wire never change", () => {
		expect(knownChannels.map(({ name, key, perUnit }) => [name, key, perUnit])).toEqual(
			goldenChannels,
		);
	});

	test("knows no channel that is not there", () => {
		const table = new ChannelTable();
		expect(table.indexOf("toString")).toBe(-1);
		expect(table.indexOfKey("__proto__")).toBe(-1);
	});

	test.each<[string, Partial<Channel>, string]>([
		["name taken", { name: "windSpeed" }, 'channel "windSpeed": the name is taken'],
		["key taken", { key: "T" }, 'channel "soilMoisture": key "T" is taken by "airTemperature"'],
		["point between letters", { name: "soil_moisture" }, "lower camel case"],
		["name with a space", { name: "soil moisture" }, "lower camel case"],
		["key of the envelope", { key: "t" }, "capital letter"],
		["key that needs an escape", { key: 'S"' }, "capital letter"],
		["scale of zero", { perUnit: 0 }, "perUnit is not above 0"],
		["scale that is not a number", { perUnit: Number.NaN }, "perUnit is not above 0"],
		["scale that gives no round values", { perUnit: 0.3 }, "one over a whole number"],
		["circle that does not close", { aggregate: "direction", perUnit: 1.001 }, "360 × perUnit"],
		["empty range", { minimum: 100, maximum: 100 }, "minimum is not below the maximum"],
	])("refuses a %s", (_, change, message) => {
		expect(() => new ChannelTable([{ ...soil, ...change }])).toThrow(message);
	});

	test("refuses more channels in a station than Limits.channels", () => {
		const room = Limits.channels - standardChannels.length;
		const own = Array.from({ length: room + 1 }, (_, index) => ({
			...soil,
			name: `soil${index}`,
			key: `S${index}`,
		}));
		expect(new ChannelTable(own.slice(1), []).length).toBe(Limits.channels);
		expect(() => new ChannelTable(own, [])).toThrow("channels: 29 are more than the 28");
	});
});

describe("reasons", () => {
	test("keep the codes that are in storage and on the wire", () => {
		expect(
			(
				[
					"silent",
					"nack",
					"crc",
					"part",
					"range",
					"stuck",
					"unplugged",
					"calm",
					"wire",
					"clock",
					"coverage",
				] as const
			).map(reasonCode),
		).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
	});

	test("are found by their code", () => {
		expect(reasonName(2)).toBe("nack");
		expect(reasonName(0)).toBeUndefined();
		expect(reasonName(200)).toBeUndefined();
	});
});

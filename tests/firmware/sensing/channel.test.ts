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
	test("has the standard channels at their fixed indices", () => {
		const table = new ChannelTable();
		expect(table.length).toBe(standardChannels.length);
		for (const [name, index] of Object.entries(ChannelIndex)) {
			expect(table.at(index).name).toBe(name);
			expect(table.indexOf(name)).toBe(index);
			expect(table.indexOfKey(table.at(index).key)).toBe(index);
		}
		expect(Object.keys(ChannelIndex)).toHaveLength(table.length);
	});

	test("puts the user's own channels behind them", () => {
		const table = new ChannelTable([soil]);
		expect(table.indexOf("soilMoisture")).toBe(standardChannels.length);
		expect(table.indexOfKey("Sm")).toBe(standardChannels.length);
	});

	test("knows no channel that is not there", () => {
		const table = new ChannelTable();
		expect(table.indexOf("toString")).toBe(-1);
		expect(table.indexOfKey("__proto__")).toBe(-1);
	});

	test.each<[string, Partial<Channel>, string]>([
		["name taken", { name: "windSpeed" }, 'channel "windSpeed": the name is taken'],
		["key taken", { key: "T" }, 'channel "soilMoisture": key "T" is taken by "airTemperature"'],
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

	test("refuses more channels than Limits.channels", () => {
		const room = Limits.channels - standardChannels.length;
		const own = Array.from({ length: room + 1 }, (_, index) => ({
			...soil,
			name: `soil${index}`,
			key: `S${index}`,
		}));
		expect(new ChannelTable(own.slice(1)).length).toBe(Limits.channels);
		expect(() => new ChannelTable(own)).toThrow("channels: 17 are more than the 16");
	});
});

describe("reasons", () => {
	test("keep the codes that are in storage and on the wire", () => {
		expect(
			(
				["silent", "nack", "crc", "part", "range", "stuck", "unplugged", "calm", "wire"] as const
			).map(reasonCode),
		).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
	});

	test("are found by their code", () => {
		expect(reasonName(2)).toBe("nack");
		expect(reasonName(0)).toBeUndefined();
		expect(reasonName(200)).toBeUndefined();
	});
});

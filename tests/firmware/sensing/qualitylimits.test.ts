import { beforeEach, describe, expect, test } from "@jest/globals";
import { Limits } from "../../../firmware/limits.ts";
import { ChannelIndex, ChannelTable } from "../../../firmware/sensing/channel.ts";
import { QualityLimits } from "../../../firmware/sensing/qualitylimits.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const { airTemperature, precipitation } = ChannelIndex;
const channels = new ChannelTable([], ["illuminance"]);

let keyValue: MapKeyValue;
let limits: QualityLimits;

beforeEach(() => {
	keyValue = new MapKeyValue();
	limits = new QualityLimits(channels, keyValue);
});

describe("limits of a site", () => {
	test("begin with the range of the channel and the usual ones", () => {
		expect(limits.minimum(airTemperature)).toBe(-80);
		expect(limits.maximum(airTemperature)).toBe(60);
		expect(limits.step(airTemperature)).toBe(3);
		expect(limits.persistence(airTemperature)).toBe(0.1);
		expect(limits.night(airTemperature)).toBeNaN();
		expect(limits.night(channels.indexOf("illuminance"))).toBe(10);
		expect(limits.dryAir(precipitation)).toBe(30);
		expect(limits.reported()).toEqual({});
	});

	test("are changed one by one, and reported as they are wanted", () => {
		expect(limits.apply({ airTemperature: { maximum: 45, step: 0.3 } })).toBeUndefined();
		expect(limits.apply({ airTemperature: { step: 5 }, precipitation: { dryAir: 0 } })).toBe(
			undefined,
		);
		expect(limits.maximum(airTemperature)).toBe(45);
		expect(limits.step(airTemperature)).toBe(5);
		expect(limits.reported()).toEqual({
			airTemperature: { maximum: 45, step: 5 },
			precipitation: { dryAir: 0 },
		});
	});

	test("hold over a reboot, to the last digit, also when the station gets other sensors", () => {
		limits.apply({ airTemperature: { persistence: 0.07 }, illuminance: { night: 25 } });
		const after = new QualityLimits(
			new ChannelTable([], ["carbonDioxide", "illuminance"]),
			keyValue,
		);
		expect(after.persistence(airTemperature)).toBe(0.07);
		expect(after.night(channels.indexOf("illuminance"))).toBe(25);
		const without = new QualityLimits(new ChannelTable([], []), keyValue);
		expect(without.reported()).toEqual({ airTemperature: { persistence: 0.07 } });
	});

	test.each<[string, unknown, string]>([
		["no document", 5, "expected limits by channel"],
		["an unknown channel", { soil: { step: 1 } }, "soil: expected limits of a channel"],
		["limits of the battery", { batteryVoltage: { step: 1 } }, "batteryVoltage: expected limits"],
		["limits that are none", { airTemperature: 3 }, "airTemperature: expected limits of a channel"],
		["an unknown limit", { airTemperature: { jump: 1 } }, "airTemperature.jump: expected one of"],
		[
			"a limit as text",
			{ airTemperature: { step: "1" } },
			"airTemperature.step: expected a number",
		],
		[
			"a range that is empty",
			{ airTemperature: { minimum: 10, maximum: 5 } },
			"airTemperature: expected a minimum below the maximum",
		],
		[
			"a minimum above what holds",
			{ airTemperature: { minimum: 61 } },
			"airTemperature: expected a minimum below the maximum",
		],
	])("refuse %s and stay as they are", (_, wanted, reason) => {
		limits.apply({ airTemperature: { step: 4 } });
		const stored = keyValue.items.get("limits");
		expect(limits.apply(wanted)).toContain(reason);
		expect(limits.reported()).toEqual({ airTemperature: { step: 4 } });
		expect(keyValue.items.get("limits")).toEqual(stored);
	});

	test("are not more than there is room for in the shadow", () => {
		const names = ["minimum", "maximum", "step", "persistence", "night"];
		const many = Object.fromEntries(names.map((name, index) => [name, 10 + index]));
		expect(limits.apply({ airTemperature: many, windSpeed: many })).toBe(
			`expected at most ${Limits.qualityOverrides} limits, got 10`,
		);
		expect(limits.reported()).toEqual({});
	});

	test("hold until the reboot when the store fails", () => {
		keyValue.fails = true;
		expect(limits.apply({ airTemperature: { step: 4 } })).toBeUndefined();
		expect(limits.step(airTemperature)).toBe(4);
		expect(limits.unsaved).toBe(1);
	});

	test.each([[[]], [[9, 0]], [[1, 0, 0]]])("make nothing of stored bytes %p", (bytes) => {
		keyValue.items.set("limits", Uint8Array.from(bytes));
		expect(new QualityLimits(channels, keyValue).reported()).toEqual({});
	});
});

import { describe, expect, test } from "@jest/globals";
import { ResetCounts } from "../../../firmware/station/resets.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

describe("resets that nobody wanted", () => {
	test("are counted by their reason, over every start", () => {
		const keyValue = new MapKeyValue();
		for (const reason of ["power-on", "brownout", "watchdog", "brownout", "restart"] as const) {
			new ResetCounts(keyValue, reason);
		}
		expect(new ResetCounts(keyValue, "crash").counts).toEqual({
			brownout: 2,
			watchdog: 1,
			crash: 1,
		});
		expect(new ResetCounts(keyValue, "power-on").counts).toEqual({
			brownout: 2,
			watchdog: 1,
			crash: 1,
		});
	});

	test.each(["power-on", "restart", "deep-sleep"] as const)("%s writes nothing", (reason) => {
		const keyValue = new MapKeyValue();
		expect(new ResetCounts(keyValue, reason).counts).toEqual({});
		expect(keyValue.items.size).toBe(0);
	});

	test("a store that takes nothing costs the count and not the start", () => {
		const keyValue = new MapKeyValue();
		keyValue.fails = true;
		expect(new ResetCounts(keyValue, "brownout").counts).toEqual({ brownout: 1 });
	});

	test.each([new Uint8Array(0), new Uint8Array(13), new Uint8Array(20).fill(1)])(
		"what is stored in another form begins anew",
		(bytes) => {
			const keyValue = new MapKeyValue();
			keyValue.write("resets", bytes);
			expect(new ResetCounts(keyValue, "brownout").counts).toEqual({ brownout: 1 });
		},
	);
});

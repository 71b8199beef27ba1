import { describe, expect, test } from "@jest/globals";
import { desiredFault, numberFields } from "../../../cloud/page/station/settings.ts";
import { cadenceFault } from "../../../firmware/shadow/config.ts";

const usual = { sampleSeconds: 2, observeSeconds: 60, reportSeconds: 300 };

describe("the schema of the shadow", () => {
	test.each(numberFields)("allows of $name what the firmware takes, and no more", (field) => {
		const { name, minimum, maximum } = field;
		for (const value of [minimum - 1, minimum, maximum, maximum + 1, 1.5, "2", null, true]) {
			// Wide enough around it that only its own range decides.
			const around = { sampleSeconds: 1, observeSeconds: 1, reportSeconds: 86_400 };
			const cadence = {
				...around,
				...(name === "sampleSeconds" ? { observeSeconds: 3_600 } : {}),
				[name]: value,
			};
			const isTaken = cadenceFault(cadence) === undefined;
			if (value === null) continue;
			expect([value, desiredFault(cadence, {}) === undefined]).toEqual([value, isTaken]);
		}
	});
});

describe("what a station would refuse", () => {
	test("is said in one line that names the value and what was expected", () => {
		expect(desiredFault({ reportSeconds: 30 }, usual)).toMatch(/reportSeconds.*observeSeconds/);
		expect(desiredFault({ sampleSeconds: 0 }, usual)).toMatch(/1\.\.3600, got 0/);
		expect(desiredFault({ limits: { airTemperature: { maximum: "hot" } } }, usual)).toBe(
			"limits.airTemperature.maximum: expected a number",
		);
		expect(desiredFault({ limits: [] }, usual)).toMatch(/expected an object/);
	});

	test("members that are no settings of ours are left to others", () => {
		expect(desiredFault({ note: "for the postman" }, usual)).toBeUndefined();
	});
});

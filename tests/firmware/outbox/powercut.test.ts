import { describe, expect, test } from "@jest/globals";
import { walk } from "./walker.ts";

describe("power cut at every flash operation of a script", () => {
	test.each([4, 16])("writeAlign %i: nothing is lost, and a second cut at the start loses nothing", (writeAlign) => {
		const started = Date.now();
		const result = walk({ writeAlign, lossWindow: 0, second: true });
		console.log(writeAlign, result, Date.now() - started);
		expect(result.points).toBeGreaterThan(300);
	}, 120_000);

	test("loss window of 6: a reset loses nothing, a power cut the window at most", () => {
		const started = Date.now();
		const result = walk({ writeAlign: 4, lossWindow: 6, second: false });
		console.log(result, Date.now() - started);
	}, 120_000);
});

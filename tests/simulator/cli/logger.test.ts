import { describe, expect, test } from "@jest/globals";
import { type LogOptions, makeLog } from "../../../simulator/commands/logger.ts";

/** What a log writes for a line of each level. */
function written(options: Partial<LogOptions>): string[] {
	let text = "";
	const output = {
		write(more: string): void {
			text += more;
		},
	};
	const log = makeLog(output, { logLevel: "info", logFormat: "text", ...options });
	log("quiet", { level: "debug" });
	log("a line");
	log("denied a", { level: "warn", eventType: "Publish-In", clientId: "a", status: "Failure" });
	return text.trimEnd().split("\n");
}

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

describe("the log of isobar cloud", () => {
	test("is lines for people with their time", () => {
		const lines = written({});
		expect(lines.map((line) => line.replace(iso, "T"))).toEqual(["T  a line", "T  denied a"]);
	});

	test("is JSON with level, time, message and the fields of the event", () => {
		const time = expect.stringMatching(iso);
		expect(written({ logFormat: "json" }).map((line) => JSON.parse(line))).toEqual([
			{ level: "info", time, message: "a line" },
			{
				level: "warn",
				time,
				message: "denied a",
				eventType: "Publish-In",
				clientId: "a",
				status: "Failure",
			},
		]);
	});

	test("--json is time and message alone", () => {
		const [first] = written({ json: true });
		expect(JSON.parse(first!)).toEqual({ time: expect.stringMatching(iso), message: "a line" });
	});

	test("leaves out what is below its level, whatever the form", () => {
		expect(written({ logLevel: "warn" })).toEqual([expect.stringMatching(/ {2}denied a$/)]);
		expect(written({ logLevel: "silent", logFormat: "json" })).toEqual([""]);
		expect(written({ logLevel: "debug" })).toHaveLength(3);
	});
});

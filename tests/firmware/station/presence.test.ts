import { describe, expect, test } from "@jest/globals";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { birthOf, Presence } from "../../../firmware/station/presence.ts";
import { firmwareVersion } from "../../../firmware/station/version.ts";

/** A presence, and the texts that it publishes. */
function presence(facts: Readonly<Record<string, string>>) {
	const said: string[] = [];
	const made = new Presence(facts, {
		payload: new Uint8Array(256),
		publish: (payload, length) => said.push(new TextDecoder().decode(payload.subarray(0, length))),
	});
	return { made, said };
}

describe("the status of a station", () => {
	test("a birth says firmware, reset and chip; without an address it leaves that out", () => {
		const about = { firmware: firmwareVersion, reset: "power-on" };
		const macAddress = "24:6f:28:00:00:01";
		expect(birthOf({ resetReason: "power-on" })).toEqual(about);
		expect(birthOf({ resetReason: "power-on", macAddress })).toEqual({ ...about, mac: macAddress });
	});

	test("birth, last word and will are three messages; the will is not longer than it is", () => {
		const { made, said } = presence(birthOf({ resetReason: "brownout", macAddress: "a:b" }));
		made.announce(0 as Ticks);
		made.leave("left", 0 as Ticks);
		expect(said.map((text) => JSON.parse(text))).toEqual([
			{ state: "online", firmware: firmwareVersion, reset: "brownout", mac: "a:b" },
			{ state: "offline", reason: "left" },
		]);
		expect(JSON.parse(new TextDecoder().decode(made.will))).toEqual({
			state: "offline",
			reason: "lost",
		});
	});
});

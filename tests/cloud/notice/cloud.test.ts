import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { CloudEvent } from "../../../cloud/notice/events.ts";
import type { Notices } from "../../../cloud/notice/notices.ts";
import { provision } from "../../../cloud/provision.ts";
import { CloudBench, makeReport } from "../../support/cloud.ts";
import { ManualTimers } from "../../support/timers.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

/** Resolves with the next event of a kind. */
function next(notices: Notices, kind: CloudEvent["kind"]): Promise<CloudEvent> {
	return new Promise((resolve) => {
		const off = notices.events.onEvent((event) => {
			if (event.kind !== kind) return;
			off();
			resolve(event);
		});
	});
}

test("a station whose link is cut is an alarm and a mail after a minute", async () => {
	const timers = new ManualTimers();
	const { port, notices } = await bench.start({ timers });
	const client = await bench.connected(port, "a");
	const gone = next(notices, "disconnected");
	client.stream.destroy();
	expect(await gone).toMatchObject({ thing: "a", text: "a disconnected: CONNECTION_LOST" });
	timers.pass(59_000);
	expect(notices.events.list().map(({ kind }) => kind)).toEqual(["disconnected", "connected"]);
	const mail = next(notices, "mail");
	timers.pass(11_000);
	expect(await mail).toMatchObject({
		text: "mail to operator@localhost kept: Isobar: a is offline for 60 s: CONNECTION_LOST",
	});
	expect(notices.mailbox.list()).toHaveLength(1);
});

test("a station that says goodbye is no alarm, and is missed after three of its report periods", async () => {
	const timers = new ManualTimers();
	const { port, notices, updateShadow } = await bench.start({ timers });
	const client = await bench.connected(port, "a");
	await client.publishAsync("isobar/a/report", makeReport(1, 6), { qos: 1 });
	await updateShadow("a", { state: { reported: { reportSeconds: 100 } } });
	const gone = next(notices, "disconnected");
	await client.endAsync();
	await gone;
	timers.pass(299_000);
	expect(notices.events.list().some(({ kind }) => kind === "alarm")).toBe(false);
	timers.pass(2_000);
	expect(notices.events.list()[0]).toMatchObject({
		kind: "alarm",
		text: "a has not reported for 300 s, more than 3 report periods",
	});
});

test("settings that can't be used are one line, and the cloud does not start without them", async () => {
	const { writeFileSync } = await import("node:fs");
	writeFileSync(`${bench.dataDir}/notify.json`, '{\n  "too": []\n}');
	await expect(bench.start()).rejects.toThrow('notify.json:2:3: there is no "too" here');
	writeFileSync(`${bench.dataDir}/notify.json`, "{}");
	await bench.start();
});

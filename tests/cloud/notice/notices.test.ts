import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { SMTPServer } from "smtp-server";
import type { LifecycleEvent } from "../../../cloud/notice/alarms.ts";
import { EventLog } from "../../../cloud/notice/events.ts";
import { Notices } from "../../../cloud/notice/notices.ts";
import { makeStillEnvironment } from "../../support/rules.ts";
import { ManualTimers } from "../../support/timers.ts";

let directory: string;
let timers: ManualTimers;
const lines: string[] = [];
const closers: (() => Promise<unknown> | unknown)[] = [];
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-notice-"));
	timers = new ManualTimers();
	lines.length = 0;
});
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
	rmSync(directory, { recursive: true, force: true });
});

async function open(settings?: object): Promise<Notices> {
	if (settings) writeFileSync(join(directory, "notify.json"), JSON.stringify(settings, null, "\t"));
	const notices = await Notices.open({
		settingsFile: join(directory, "notify.json"),
		eventsDir: join(directory, "events"),
		mailsDir: join(directory, "mails"),
		lettersDir: join(directory, "notify"),
		environment: makeStillEnvironment(),
		timers,
		log: (line) => lines.push(line),
	});
	closers.push(() => notices.close());
	return notices;
}

/** Resolves when a mail has come into a state. */
function mailed(notices: Notices, state: string): Promise<void> {
	return new Promise((resolve) => {
		const off = notices.events.onEvent(({ kind, detail }) => {
			if (kind !== "mail" || detail?.state !== state) return;
			off();
			resolve();
		});
	});
}

function lifecycle(
	clientId: string,
	eventType: LifecycleEvent["eventType"],
	versionNumber: number,
): LifecycleEvent {
	const timestamp = timers.now();
	return { clientId, eventType, versionNumber, timestamp, disconnectReason: "CONNECTION_LOST" };
}

/** A real SMTP server; it keeps what it takes. */
async function smtpServer(options: object = {}): Promise<{
	port: number;
	taken: { from: string; to: string[]; source: string }[];
	stop(): Promise<void>;
}> {
	const taken: { from: string; to: string[]; source: string }[] = [];
	const server = new SMTPServer({
		disabledCommands: ["AUTH", "STARTTLS"],
		onData(stream, session, callback) {
			const chunks: Buffer[] = [];
			stream.on("data", (chunk: Buffer) => chunks.push(chunk));
			stream.on("end", () => {
				const { mailFrom, rcptTo } = session.envelope;
				taken.push({
					from: mailFrom ? mailFrom.address : "",
					to: rcptTo.map(({ address }) => address),
					source: Buffer.concat(chunks).toString(),
				});
				callback();
			});
		},
		...options,
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const stop = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
	closers.push(stop);
	return { port: (server.server.address() as AddressInfo).port, taken, stop };
}

describe("mails", () => {
	test("a hundred flaps in ten minutes are one mail, in the folder where no server is configured", async () => {
		const notices = await open();
		const kept = mailed(notices, "kept");
		for (let version = 0; version < 100; version++) {
			notices.take(lifecycle("north", "connected", version));
			timers.pass(3_000);
			notices.take(lifecycle("north", "disconnected", version));
			timers.pass(3_000);
		}
		await kept;
		timers.pass(3_600_000);
		await notices.close();
		const [mail, ...others] = notices.mailbox.list();
		expect(others).toEqual([]);
		expect(mail).toMatchObject({
			to: ["operator@localhost"],
			subject: "Isobar: north lost its link 5 times within 600 s: CONNECTION_LOST",
			state: "kept",
		});
		const source = readFileSync(join(directory, "mails", `${mail!.id}.eml`), "utf8");
		expect(source).toContain("Subject: Isobar: north lost its link 5 times within 600 s:");
		expect(source).toContain("Auto-Submitted: auto-generated");
		expect(await notices.mailbox.read(mail!.id)).toMatchObject({ source, subject: mail!.subject });
		expect(await notices.mailbox.read("../notify")).toBeUndefined();
	});

	test("alarms of a few seconds go in one mail", async () => {
		const notices = await open();
		const kept = mailed(notices, "kept");
		for (let index = 0; index < 250; index++) {
			notices.take(lifecycle(`st-${index}`, "connected", 0));
			notices.take(lifecycle(`st-${index}`, "disconnected", 0));
		}
		timers.pass(75_000);
		await kept;
		const [mail, ...others] = notices.mailbox.list();
		expect(others).toEqual([]);
		expect(mail!.subject).toBe("Isobar: 250 stations have an alarm");
		expect((await notices.mailbox.read(mail!.id))!.text).toContain("and 50 more");
	});

	test("go to a server, with the envelope and the message", async () => {
		const server = await smtpServer();
		const notices = await open({
			to: ["a@example.org", "b@example.org"],
			from: "cloud@example.org",
			smtp: { host: "127.0.0.1", port: server.port, tls: false },
		});
		const sent = mailed(notices, "sent");
		await notices.mailbox.post({
			to: ["a@example.org", "b@example.org"],
			subject: "Grüße",
			text: "ä\n.\nb",
		});
		timers.pass(0);
		await sent;
		expect(server.taken).toMatchObject([
			{ from: "cloud@example.org", to: ["a@example.org", "b@example.org"] },
		]);
		expect(server.taken[0]!.source).toMatch(/^Subject: =\?UTF-8\?/m);
		expect(notices.mailbox.list()).toMatchObject([{ state: "sent", subject: "Grüße" }]);
	});

	test("wait for a server that is away, over a restart too, and none is lost", async () => {
		const away = await smtpServer();
		await away.stop();
		const smtp = { host: "127.0.0.1", port: away.port, tls: false };
		const first = await open({ smtp });
		for (const subject of ["one", "two"])
			await first.mailbox.post({ to: ["a@b"], subject, text: "" });
		timers.pass(0);
		while (first.mailbox.list().every(({ error }) => error === undefined)) await turn();
		expect(first.mailbox.list()).toMatchObject([{ state: "waiting" }, { state: "waiting" }]);
		expect(lines.join("\n")).toContain('mail: waits: "one"');
		await first.close();

		const back = await smtpServer();
		const second = await open({ smtp: { ...smtp, port: back.port } });
		while (back.taken.length < 2) {
			timers.pass(60_000);
			await turn();
		}
		while (second.mailbox.list().some(({ state }) => state !== "sent")) await turn();
		expect(back.taken.map(({ source }) => /^Subject: (.*)$/m.exec(source)![1]!.trim())).toEqual([
			"one",
			"two",
		]);
	});

	test("that a server refuses for good are given up, and the next one goes", async () => {
		let refused = 0;
		const server = await smtpServer({
			onRcptTo(address: { address: string }, _: unknown, callback: (error?: Error) => void) {
				if (address.address !== "nobody@b") return callback();
				refused += 1;
				callback(Object.assign(new Error("no such user"), { responseCode: 550 }));
			},
		});
		const notices = await open({ smtp: { host: "127.0.0.1", port: server.port, tls: false } });
		const sent = mailed(notices, "sent");
		await notices.mailbox.post({ to: ["nobody@b"], subject: "lost", text: "" });
		await notices.mailbox.post({ to: ["a@b"], subject: "found", text: "" });
		while (refused === 0 || server.taken.length === 0) {
			timers.pass(1_000);
			await turn();
		}
		await sent;
		expect(refused).toBe(1);
		expect(notices.mailbox.list()).toMatchObject([
			{ subject: "found", state: "sent" },
			{ subject: "lost", state: "failed", error: expect.stringContaining("no such user") },
		]);
	});

	test("never go in plain text to a server that has no TLS, unless that is asked for", async () => {
		const server = await smtpServer();
		const notices = await open({ smtp: { host: "127.0.0.1", port: server.port } });
		await notices.mailbox.post({ to: ["a@b"], subject: "secret", text: "" });
		timers.pass(0);
		while (notices.mailbox.list()[0]!.error === undefined) await turn();
		expect(server.taken).toEqual([]);
	});
});

describe("digest and templates", () => {
	test("a digest sums up what has happened, and is not written about nothing", async () => {
		const notices = await open({ digestHours: 1 });
		timers.pass(3_600_000);
		notices.take(lifecycle("north", "connected", 0));
		notices.take(lifecycle("north", "disconnected", 0));
		timers.pass(3_600_000);
		await notices.close();
		const [digest, alarm, ...others] = notices.mailbox.list();
		expect(others).toEqual([]);
		expect(alarm!.subject).toBe("Isobar: north is offline for 60 s: CONNECTION_LOST");
		expect(digest!.subject).toBe("Isobar: 1 events in 1 hours");
		expect((await notices.mailbox.read(digest!.id))!.text).toContain("north is offline");
	});

	test("a template of one's own takes the place of ours", async () => {
		await (await open()).close();
		const { mkdirSync } = await import("node:fs");
		mkdirSync(join(directory, "notify"));
		writeFileSync(
			join(directory, "notify", "alarm.txt"),
			"Subject: ${things[0]}!\n\n${upper(text)}\n",
		);
		const notices = await open();
		notices.take(lifecycle("north", "connected", 0));
		notices.take(lifecycle("north", "disconnected", 0));
		timers.pass(75_000);
		await notices.close();
		expect(notices.mailbox.list()[0]!.subject).toBe("north!");

		writeFileSync(join(directory, "notify", "alarm.txt"), "Subject: ${nope()}\n\n");
		await expect(open()).rejects.toThrow("alarm.txt: there is no function nope() here");
	});
});

describe("settings", () => {
	test.each<[string, string]>([
		['{\n\t"to": "me"\n}', 'notify.json:2:8: to: expected array, got "me"'],
		['{\n\t"to": ["me"]\n}', "notify.json:2:9: 0: expected text like"],
		['{\n\t"smtp": {\n\t\t"hots": "x"\n\t}\n}', 'notify.json:2:10: smtp: expected a member "host"'],
		['{\n\t"flaps": 1\n}', "notify.json:2:11: flaps: must be >= 2, got 1"],
		['{\n\t"flap": 3\n}', 'notify.json:2:2: there is no "flap" here'],
		['{\n\t"flaps": 3,\n}', "notify.json:3:1: no JSON: property name expected"],
	])("%j names its place", async (text, message) => {
		writeFileSync(join(directory, "notify.json"), text);
		await expect(open()).rejects.toThrow(message);
	});
});

describe("events", () => {
	test("are numbered over restarts, newest first, by thing and page", async () => {
		const log = (line: string): void => void lines.push(line);
		const first = await EventLog.open(directory, log);
		for (let index = 0; index < 5; index++) {
			first.add({ kind: "cloud", thing: `st-${index % 2}`, text: `event ${index}` }, index);
		}
		await first.close();
		const second = await EventLog.open(directory, log);
		const told: number[] = [];
		second.onEvent(({ id }) => told.push(id));
		second.add({ kind: "cloud", text: "event 5" }, 5);
		expect(told).toEqual([6]);
		expect(second.list({ limit: 2 }).map(({ id }) => id)).toEqual([6, 5]);
		expect(second.list({ thing: "st-0" }).map(({ id }) => id)).toEqual([5, 3, 1]);
		expect(second.list({ before: 3 }).map(({ text }) => text)).toEqual(["event 1", "event 0"]);
		await second.close();
	});

	test("are bounded, in memory and on disk", async () => {
		const log = await EventLog.open(directory, () => {});
		for (let round = 0; round < 32; round++) {
			for (let index = 0; index < 500; index++) log.add({ kind: "cloud", text: "x" }, 0);
			await log.settled();
		}
		expect(log.all.length).toBeLessThanOrEqual(10_000);
		expect(log.list({ limit: 5_000 })).toHaveLength(1_000);
		await log.close();
		expect(readdirSync(directory).sort()).toEqual(["events.1.jsonl", "events.jsonl"]);
		const again = await EventLog.open(directory, () => {});
		expect(again.all.length).toBeLessThanOrEqual(10_000);
		expect(again.list({ limit: 1 })[0]!.id).toBe(16_000);
		await again.close();
	});

	test("an open incident is not told again after a restart", async () => {
		const first = await open();
		first.take(lifecycle("north", "connected", 0));
		first.take(lifecycle("north", "disconnected", 0));
		timers.pass(75_000);
		await first.close();
		expect(existsSync(join(directory, "events", "events.jsonl"))).toBe(true);
		const second = await open();
		second.take(lifecycle("north", "connected", 1));
		second.take(lifecycle("north", "disconnected", 1));
		timers.pass(75_000);
		await second.close();
		expect(second.mailbox.list()).toHaveLength(1);
	});
});

function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { ApiClient } from "../../support/api.ts";
import { CloudBench } from "../../support/cloud.ts";
import { ManualTimers } from "../../support/timers.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

/** Server-sent events of the API (HTML Living Standard §9.2). */
class News {
	readonly #reader: ReadableStreamDefaultReader<string>;
	#text = "";

	private constructor(reader: ReadableStreamDefaultReader<string>) {
		this.#reader = reader;
	}

	/** Resolves when the stream is open: nothing from now on is missed. */
	static async open(url: string): Promise<News> {
		const { body } = await fetch(`${url}/api/isobar/stream`);
		const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
		const news = new News(reader);
		await news.#read(/^: isobar\n\n/);
		return news;
	}

	/** The data of the next event of a kind. */
	async next(event: string): Promise<object> {
		const [, data] = await this.#read(new RegExp(`event: ${event}\\ndata: (.*)\\n\\n`));
		return JSON.parse(data!);
	}

	close(): Promise<void> {
		return this.#reader.cancel();
	}

	/** Takes everything up to what matches. */
	async #read(pattern: RegExp): Promise<RegExpExecArray> {
		for (;;) {
			const match = pattern.exec(this.#text);
			if (match) {
				this.#text = this.#text.slice(match.index + match[0].length);
				return match;
			}
			const { value, done } = await this.#reader.read();
			if (done) throw new Error("the stream has ended");
			this.#text += value;
		}
	}
}

test("an incident is an event and a mail: told as it happens, listed, and read", async () => {
	const timers = new ManualTimers();
	const cloud = await bench.start({ timers, http: { port: 0 } });
	const api = new ApiClient(cloud.httpUrl!);
	const news = await News.open(api.url);
	const client = await bench.connected(cloud.port, "a");
	expect(await news.next("event")).toMatchObject({ kind: "connected", thing: "a" });
	client.stream.destroy();
	expect(await news.next("event")).toMatchObject({ text: "a disconnected: CONNECTION_LOST" });
	timers.pass(61_000);
	expect(await news.next("event")).toMatchObject({ kind: "alarm", thing: "a" });
	// The page and the mail are of one judgement.
	const alarms = async () => (await api.get("/api/isobar/stations/a")).body.alarms;
	const offline = { name: "offline", detail: "not connected: CONNECTION_LOST" };
	expect(await alarms()).toEqual([offline]);
	timers.pass(10_000);
	expect(await news.next("mail")).toMatchObject({ state: "kept" });
	await news.close();

	const { body } = await api.get("/api/isobar/mails");
	expect(body.mails).toHaveLength(1);
	expect(body.mails[0]).toMatchObject({
		to: ["operator@localhost"],
		subject: "Isobar: a is offline for 60 s: CONNECTION_LOST",
		state: "kept",
	});
	const { id } = body.mails[0];
	const mail = await api.get(`/api/isobar/mails/${id}`);
	expect(mail.body.text).toContain("a is offline for 60 s");
	expect(mail.body.source).toContain(`Message-ID: <${id}@isobar>`);
	expect((await api.get(`/api/isobar/mails?before=${id}`)).body).toEqual({ mails: [] });
	expect((await api.get("/api/isobar/mails/nothing")).body.message).toBe(
		"there is no mail nothing",
	);
});

test("events are listed newest first, by thing, by kind and in pages", async () => {
	const cloud = await bench.start({ http: { port: 0 } });
	const api = new ApiClient(cloud.httpUrl!);
	for (const thing of ["a", "b", "a"]) {
		const news = await News.open(api.url);
		const client = await bench.connected(cloud.port, thing);
		await client.endAsync();
		expect(await news.next("event")).toMatchObject({ kind: "connected" });
		expect(await news.next("event")).toMatchObject({ kind: "disconnected" });
		await news.close();
	}
	const list = async (query: string): Promise<string[]> => {
		const { body } = await api.get(`/api/isobar/events?${query}`);
		return body.events.map(
			({ kind, thing }: { kind: string; thing: string }) => `${kind} ${thing}`,
		);
	};
	const ofA = ["disconnected a", "connected a"];
	expect(await list("")).toEqual([...ofA, "disconnected b", "connected b", ...ofA]);
	expect(await list("thing=b")).toEqual(["disconnected b", "connected b"]);
	expect(await list("kinds=connected")).toEqual(["connected a", "connected b", "connected a"]);
	expect(await list("kinds=alarm,cleared")).toEqual([]);
	const { body } = await api.get("/api/isobar/events?limit=2");
	expect(await list(`before=${body.events[1].id}&limit=1`)).toEqual(["disconnected b"]);
});

test.each([
	["events?limit=0", /limit must be >= 1/],
	["events?kinds=rain", /kinds must match pattern/],
	["events?before=x", /before must be integer/],
	["mails?limit=1001", /limit must be <= 1000/],
])("%s is refused in one line that names the value", async (query, said) => {
	const cloud = await bench.start({ http: { port: 0 } });
	const { status, body } = await new ApiClient(cloud.httpUrl!).get(`/api/isobar/${query}`);
	expect(status).toBe(400);
	expect(body.message).toMatch(said);
});

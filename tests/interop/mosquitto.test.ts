import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connect, type MqttClient } from "mqtt";
import { provision } from "../../cloud/provision.ts";
import { decodeReport } from "../../firmware/payload/decode.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { CommandBench } from "../support/command.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";

const things = ["station-0001", "station-0002", "station-0003"];
const quick = "--stations 3 --for 6s --sample 1 --observe 1 --report 2 --data DIR --json";
const isSkipped = !hasMosquitto && process.env.CI === undefined;

let bench: CommandBench;
let broker: Mosquitto;
let witness: MqttClient | undefined;

if (isSkipped) console.warn("mosquitto is not installed: the runs against it are skipped");

beforeEach(async () => {
	if (isSkipped) return;
	bench = new CommandBench();
	await provision(bench.dataDir, [...things, "witness"]);
	broker = await Mosquitto.start(bench.dataDir);
});
afterEach(async () => {
	if (isSkipped) return;
	witness?.end(true);
	await broker.stop();
	bench.end();
});

function fleet(options: string): Promise<number> {
	const url = `mqtts://localhost:${broker.port}`;
	return bench.run(`up ${quick} --broker ${url} ${options}`);
}

/** A client that is not ours: what it hears of one filter, retained messages first. */
async function listen(filter: string): Promise<{ topic: string; text: string }[]> {
	const heard: { topic: string; text: string }[] = [];
	const read = (name: string): string => readFileSync(join(bench.dataDir, name), "utf8");
	witness = connect(`mqtts://localhost:${broker.port}`, {
		clientId: "witness",
		ca: read("ca.crt"),
		cert: read("things/witness.crt"),
		key: read("things/witness.key"),
	});
	witness.on("message", (topic, payload) => heard.push({ topic, text: String(payload) }));
	await new Promise((resolve) => witness!.once("connect", resolve));
	await witness.subscribeAsync(filter, { qos: 1 });
	return heard;
}

(isSkipped ? describe.skip : describe)("against a stock mosquitto with require_certificate", () => {
	test("every observation of the fleet is heard by a client that is not ours", async () => {
		const heard = await listen("isobar/+/report");
		expect(await fleet("--ca DIR/ca.crt --cert-dir DIR/things")).toBe(0);
		const { observations, connects, stations, tlsVersion } = bench.summary;
		expect({ stations, connects, tlsVersion }).toEqual({
			stations: 3,
			connects: 3,
			tlsVersion: "TLSv1.3",
		});
		expect(observations).toMatchObject({ archived: null, lost: null, duplicates: null, shed: 0 });
		expect(observations.made).toBeGreaterThanOrEqual(12);
		expect(observations.acknowledged).toBe(observations.made);
		const keys = heard.flatMap(({ topic, text }) => {
			const report = decodeReport(text, new ChannelTable());
			if (typeof report === "number") throw new Error(`no report: ${text}`);
			return report.observations.map(({ sequence }) => `${topic} ${sequence}`);
		});
		expect(new Set(keys).size).toBe(observations.made);
	});

	test("a fleet that says goodbye leaves no will behind", async () => {
		const heard = await listen("isobar/+/status");
		expect(await fleet("--ca DIR/ca.crt --cert-dir DIR/things")).toBe(0);
		const last = new Map(heard.map(({ topic, text }) => [topic, text]));
		expect([...last.keys()].sort()).toEqual(things.map((thing) => `isobar/${thing}/status`));
		for (const text of last.values()) expect(text).not.toMatch(/lost|unexpected/i);
		expect(heard.length).toBeGreaterThanOrEqual(2 * things.length);
	});

	test("certificates of another authority are refused by the broker, and the reason is said", async () => {
		const other = new CommandBench();
		await provision(other.dataDir, things);
		const running = fleet(`--ca DIR/ca.crt --cert-dir ${other.dataDir}/things`);
		await bench.printed(/link: ClientCertificateRefused/);
		expect(await giveUp(running)).toBe(130);
		other.end();
	});

	test("a broker of another authority is refused by the stations, and the reason is said", async () => {
		const other = new CommandBench();
		await provision(other.dataDir, []);
		const running = fleet(`--ca ${other.dataDir}/ca.crt --cert-dir DIR/things`);
		await bench.printed(/link: UnknownAuthority/);
		expect(await giveUp(running)).toBe(130);
		other.end();
	});

	/** Ctrl-C, and once more, since what waits cannot be reported to anybody. */
	async function giveUp(running: Promise<number>): Promise<number> {
		bench.interrupt();
		await bench.printed(/Ctrl-C ends at once/);
		bench.interrupt();
		return running;
	}
});

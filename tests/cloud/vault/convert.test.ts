import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { CloudBench, makeReport } from "../../support/cloud.ts";
import { CommandBench } from "../../support/command.ts";
import { dataKey, filesOf } from "../../support/vault.ts";

let bench: CloudBench;
let commands: CommandBench;
let copy: string;
beforeEach(async () => {
	bench = new CloudBench();
	commands = new CommandBench();
	copy = join(commands.dataDir, "copy");
	await provision(bench.dataDir, ["a"]);
	mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
	writeFileSync(
		join(bench.dataDir, "rules", "all.json"),
		JSON.stringify({
			sql: "SELECT * FROM 'isobar/+/report'",
			actions: [
				{ sqs: { queueUrl: "queue" } },
				{ dynamoDBv2: { putItem: { tableName: "table" } } },
				{ firehose: { deliveryStreamName: "stream" } },
			],
		}),
	);
	const cloud = await bench.start({ http: { port: 0 } });
	const client = await bench.connected(cloud.port, "a");
	await client.publishAsync("isobar/a/report", makeReport(1, 6), { qos: 1 });
	await client.publishAsync("isobar/a/health", `{"batteryMv":4000,"epochSeconds":1700000000}`, {
		qos: 1,
	});
	await cloud.archive.compactor.compact(Date.now());
	await cloud.health.compactor.compact(Date.now());
	await client.publishAsync("isobar/a/health", `{"batteryMv":3990,"epochSeconds":1700000300}`, {
		qos: 1,
	});
	await client.publishAsync("isobar/a/report", makeReport(7, 12), { qos: 1 });
	await client.publishAsync("isobar/a/report", "no report", { qos: 1 });
	await cloud.updateShadow("a", { state: { reported: { site: { name: "marker" }, sensors: {} } } });
	await cloud.rules.rules.idle();
	await client.endAsync();
	await cloud.close();
});
afterEach(async () => {
	await bench.end();
	commands.end();
});

const encrypt = (): Promise<number> =>
	commands.run(`encrypt --from ${bench.dataDir} --to ${copy} --json`);

describe("isobar encrypt", () => {
	test("writes an encrypted copy with everything in it, and leaves the directory as it is", async () => {
		const before = filesOf(bench.dataDir);
		commands.environment.ISOBAR_DATA_KEY = dataKey;
		expect([await encrypt(), commands.err]).toEqual([0, ""]);
		expect(filesOf(bench.dataDir)).toEqual(before);
		const { sealed } = JSON.parse(commands.out);
		expect(sealed).toBeGreaterThan(15);
		for (const [name, bytes] of filesOf(copy)) {
			const text = bytes.toString("latin1");
			expect([
				name,
				/airTemperature|batteryVoltage|PAR1|BEGIN PRIVATE KEY|marker/.test(text),
			]).toEqual([name, false]);
		}
		const cloud = await bench.start({ dataDir: copy, dataKey });
		expect(await cloud.archive.audit()).toEqual({ rows: 12, repeated: 0 });
		const battery = await cloud.series.query({
			...{ thing: "a", channels: ["batteryVoltage"] },
			...{ from: 1_699_999_800, to: 1_700_000_700, points: 10 },
		});
		expect(battery.channels.batteryVoltage!.mean).toEqual([4, 3.99]);
		expect(await cloud.getShadow("a")).toMatchObject({
			state: { reported: { site: { name: "marker" } } },
		});
		expect(cloud.registry.state.thing("a")).toBeDefined();
		expect((await cloud.rules.queues.get("queue"))!.attributes.visible).toBe(3);
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("isobar/a/report", makeReport(7, 14), { qos: 1 });
		expect([cloud.archive.count("a"), cloud.archive.duplicates]).toEqual([14, 6]);
		await client.endAsync();
	});

	test("needs a key, a directory that is plain and idle, and a name that is free", async () => {
		const refused = async (code: number, message: RegExp): Promise<void> => {
			commands.err = "";
			expect(await encrypt()).toBe(code);
			expect(commands.err).toMatch(/^isobar: [^\n]*\n$/);
			expect(commands.err).toMatch(message);
		};
		await refused(2, /--encrypt: expected its key in ISOBAR_DATA_KEY/);
		expect(existsSync(copy)).toBe(false);
		commands.environment.ISOBAR_DATA_KEY = dataKey;
		const cloud = await bench.start();
		await refused(1, /the data directory is in use by process/);
		await cloud.close();
		mkdirSync(copy);
		await refused(1, /copy is there; expected a new directory/);
		rmSync(copy, { recursive: true });
		// As a run leaves it that was cut short.
		mkdirSync(`${copy}.partial`);
		await refused(1, /copy\.partial is there; expected a new directory/);
		rmSync(`${copy}.partial`, { recursive: true });
		expect(await encrypt()).toBe(0);
		await refused(1, /copy is there/);
	});
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { generate } from "mqtt-packet";
import { Siege, until } from "../../support/siege.ts";

let siege: Siege;
beforeEach(async () => {
	siege = await Siege.begin({ publishesPerSecond: 1_000 }, addRules);
});
afterEach(() => siege.abandon());

/** Rules that take everything apart and write it anew. */
function addRules(dataDir: string): void {
	mkdirSync(join(dataDir, "rules"), { recursive: true });
	const statements = {
		all: "SELECT * FROM 'isobar/mallory/#'",
		parts: "SELECT state.reported AS r, a.b.c.d AS d, topic(2) AS t FROM '#' WHERE a <> 1",
		encoded: "SELECT encode(*, 'base64') AS raw FROM 'isobar/mallory/#'",
	};
	for (const [name, sql] of Object.entries(statements)) {
		const rule = { sql, actions: [{ republish: { topic: `made/${name}`, qos: 0 } }] };
		writeFileSync(join(dataDir, "rules", `${name}.json`), JSON.stringify(rule));
	}
}

const limit = 128 * 1024;
const nest = (open: string, close: string, levels: number): string =>
	open.repeat(levels) + close.repeat(levels);
const report = '"v":1,"s":1,"n":1,"t":1700000000,"p":60';

const bombs: readonly (readonly [name: string, payload: string | Buffer])[] = [
	["arrays, 65,000 deep", nest("[", "]", 65_000)],
	["objects, 20,000 deep", `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`],
	["a state, 1,000 deep", `{"state":{"reported":${'{"a":'.repeat(1_000)}1${"}".repeat(1_002)}`],
	["a report around arrays", `{${report},"T":${nest("[", "]", 60_000)}}`],
	["never closed", "[".repeat(limit)],
	["a number of 130,000 digits", `{${report},"T":[${"9".repeat(130_000)}]}`],
	["numbers beyond all", `{${report},"s":1e999,"T":[-1e999,1e-999,9007199254740993]}`],
	["a report of 10^15 observations", `{"v":1,"s":1,"n":1e15,"t":1700000000,"p":60,"T":[1]}`],
	["a report of negative ones", `{"v":1,"s":-5,"n":-1,"t":-1e300,"p":0,"T":[]}`],
	["the same key 10,000 times", `{${Array(10_000).fill('"a":1').join(",")}}`],
	[
		"10,000 keys",
		`{"state":{"reported":{${Array.from({ length: 9_000 }, (_, index) => `"k${index}":1`).join()}}}}`,
	],
	[
		"__proto__",
		`{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"state":{"reported":{"__proto__":{"polluted":1}},"desired":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}}`,
	],
	["a key of 100,000 characters", `{"${"k".repeat(100_000)}":1}`],
	["surrogates that are alone", '{"a":"\\ud800","\\udfff":"\\u0000"}'],
	["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80, 0x7d])],
	["nothing", ""],
	["null", "null"],
	["9 KB of state", `{"state":{"reported":{"a":"${"x".repeat(9_000)}"}}}`],
];

const topics = [
	"isobar/mallory/report",
	"isobar/mallory/health",
	"isobar/mallory/note",
	"$aws/things/mallory/shadow/update",
	"$aws/things/mallory/shadow/name/x/get",
	"$aws/certificates/create/json",
];

test("JSON bombs on every topic that somebody reads, and over HTTP", async () => {
	let socket = await siege.client("mallory");
	let [answered, written] = [0, 0];
	const listen = (): void => {
		[answered, written] = [0, 0];
		socket.on("data", (bytes: Buffer) => {
			answered += bytes.length / 4;
		});
	};
	listen();
	for (const [, payload] of bombs) {
		for (const topic of topics) {
			const head = { cmd: "publish", qos: 1, messageId: 1, retain: false, dup: false } as const;
			socket.write(generate({ ...head, topic, payload }));
			written += 1;
			await until(() => socket.destroyed || answered === written, `an answer on ${topic}`);
			if (!socket.destroyed) continue;
			socket = await siege.client("mallory");
			listen();
		}
	}
	for (const [name, payload] of bombs) {
		const bodies = [
			"/api/things/mallory/shadow",
			"/api/things/bomb",
			"/api/topics/dt%2Fbomb?qos=1",
		];
		for (const path of bodies) {
			const { status } = await fetch(siege.cloud.httpUrl + path, {
				method: "POST",
				body: payload,
			});
			expect([name, path, status < 500]).toEqual([name, path, true]);
		}
	}
	await siege.honest.goesOn();
	expect(({} as { polluted?: number }).polluted).toBeUndefined();
	const shadow = await siege.cloud.getShadow("mallory");
	expect(JSON.stringify(shadow).length).toBeLessThan(64 * 1024);
	await siege.end();
});

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connect } from "mqtt";
import { Archive } from "../../cloud/archive.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { CloudBench } from "../support/cloud.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { PlainCloud, thingOf } from "../support/plaincloud.ts";
import { TcpNetwork } from "../support/tcp.ts";
import {
	type Mishap,
	measure,
	type Step,
	stepsOf,
	thingNamed,
	type WalkOptions,
	walk,
} from "../support/walk.ts";

const mishaps: readonly Mishap[] = [
	"cut",
	"reset",
	"half-close",
	"stall",
	"split",
	"bytes",
	"power",
];
const isSkipped = !hasMosquitto && process.env.CI === undefined;
if (isSkipped) console.warn("mosquitto is not installed: faults in front of it are not tested");

let files: CloudBench;
const opened: (() => unknown)[] = [];
beforeEach(() => {
	files = new CloudBench();
});
afterEach(async () => {
	for (const close of opened.splice(0).reverse()) await close();
	await files.end();
});

function optionsFor(port: number, qos: 1 | 2): WalkOptions {
	const createNetwork: WalkOptions["createNetwork"] = (turn) => new TcpNetwork(turn);
	return { port, host: "localhost", qos, prefix: "s", createNetwork };
}

/** Two reports of two observations from every station, the one that was measured included. */
async function expectWhole(archive: Archive, steps: readonly Step[]): Promise<void> {
	for (let index = 0; index <= steps.length; index++) {
		const found = archive.countBetween(thingNamed("s", index), 1, 4);
		if (found !== 4) throw new Error(`${found} of 4 after ${JSON.stringify(steps[index - 1])}`);
	}
	expect(await archive.audit()).toEqual({ rows: (steps.length + 1) * 4, repeated: 0 });
}

/** What the archive need not have known: each report was passed on once. */
function expectOnceEach(passedOn: ReadonlyMap<string, number>, steps: readonly Step[]): void {
	for (let index = 0; index <= steps.length; index++) {
		const count = passedOn.get(thingNamed("s", index));
		if (count !== 2) throw new Error(`${count} for 2 after ${JSON.stringify(steps[index - 1])}`);
	}
}

describe.each([1, 2] as const)("every byte of a QoS %i exchange, with every mishap", (qos) => {
	test("in front of the local cloud: every observation exactly once in the archive", async () => {
		const cloud = await PlainCloud.start(files.dataDir, files.log);
		opened.push(() => cloud.close());
		const options = optionsFor(cloud.port, qos);
		const steps = stepsOf(mishaps, await measure(options));
		await walk(options, steps);
		await expectWhole(cloud.archive, steps);
	});

	(isSkipped ? test.skip : test)(
		"in front of mosquitto: every observation exactly once in the archive",
		async () => {
			const broker = await Mosquitto.startPlain(files.dataDir);
			opened.push(() => broker.stop());
			const channels = new ChannelTable();
			const archive = await Archive.open(files.dataDir, { channels, log: files.log });
			opened.push(() => archive.close());
			const passedOn = new Map<string, number>();
			const heardAll = await subscribe(broker.port, (thing, payload) => {
				passedOn.set(thing, (passedOn.get(thing) ?? 0) + 1);
				archive.append(thing, payload, (error) => expect(error).toBeUndefined());
			});
			const options = optionsFor(broker.port, qos);
			const steps = stepsOf(mishaps, await measure(options));
			await walk(options, steps);
			await heardAll();
			await new Promise<void>((resolve) => archive.settle(() => resolve()));
			await expectWhole(archive, steps);
			if (qos === 2) expectOnceEach(passedOn, steps);
		},
	);
});

/**
 * A client that is not ours hears every report that the broker passes on.
 *
 * @returns what waits until it has heard all that was passed on before
 */
async function subscribe(
	port: number,
	onReport: (thing: string, payload: Uint8Array) => void,
): Promise<() => Promise<void>> {
	const witness = connect({ port, host: "127.0.0.1", clientId: "witness" });
	opened.push(() => witness.end(true));
	let onLast = (): void => {};
	witness.on("message", (topicName, payload) => {
		const thing = thingOf(topicName);
		if (thing === undefined) onLast();
		else onReport(thing, payload);
	});
	await new Promise((resolve) => witness.once("connect", resolve));
	await witness.subscribeAsync(["isobar/+/report", "last"], { qos: 2 });
	return async () => {
		const heard = new Promise<void>((resolve) => {
			onLast = resolve;
		});
		await witness.publishAsync("last", "", { qos: 2 });
		await heard;
	};
}

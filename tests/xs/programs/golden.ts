import { ByteReader } from "../../../firmware/base/bytes.ts";
import type { ObservationRun, TimeQuality } from "../../../firmware/base/observation.ts";
import { Limits } from "../../../firmware/limits.ts";
import { Sender } from "../../../firmware/mqtt/decode.ts";
import { decodeReport } from "../../../firmware/payload/decode.ts";
import { encodeDenseReport } from "../../../firmware/payload/dense.ts";
import { encodeReport } from "../../../firmware/payload/encode.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { MissingReason } from "../../../firmware/ports/sensor.ts";
import { ChannelTable, reasonCode } from "../../../firmware/sensing/channel.ts";
import { ShadowClient } from "../../../firmware/shadow/client.ts";
import { StationConfig } from "../../../firmware/shadow/config.ts";
import { decodePieces } from "../../firmware/mqtt/decoded.ts";
import { goldenPackets } from "../../golden/mqtt.ts";
import { encoders } from "../../golden/mqttencoders.ts";
import columnReports from "../../golden/payload-v1.json" with { type: "json" };
import denseReports from "../../golden/payload-v2.json" with { type: "json" };
import { shadowExchange } from "../../golden/shadow.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";
import { makeRun } from "../../support/run.ts";
import type { Host } from "../host.ts";

interface GoldenReport {
	readonly name: string;
	readonly firstSequence: number;
	readonly startSeconds: number;
	readonly periodSeconds: number;
	readonly timeQuality: number;
	readonly values: Readonly<Record<string, readonly (number | string)[]>>;
	readonly flags?: Readonly<Record<string, readonly number[]>>;
	readonly text: string;
}

type Encode = (run: ObservationRun, table: ChannelTable, into: Uint8Array, start: number) => number;

function hex(bytes: Uint8Array, end = bytes.length): string {
	let text = "";
	for (let at = 0; at < end; at++) text += bytes[at]!.toString(16).padStart(2, "0");
	return text;
}

function textOf(bytes: Uint8Array, length: number): string {
	return new ByteReader(bytes).utf8(length) ?? "no UTF-8";
}

function bytesOf(text: string): Uint8Array {
	return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function runOf(
	{ values, flags = {}, timeQuality, ...envelope }: GoldenReport,
	table: ChannelTable,
) {
	const columns: Record<number, (readonly [number | null, number])[]> = {};
	for (const [name, column] of Object.entries(values)) {
		columns[table.indexOf(name)] = column.map((value, row) =>
			typeof value === "number"
				? [value, flags[name]?.[row] ?? 0]
				: [null, reasonCode(value as MissingReason)],
		);
	}
	const count = Math.max(1, ...Object.values(columns).map(({ length }) => length));
	return makeRun({ ...envelope, timeQuality: timeQuality as TimeQuality, columns, count });
}

function verdict(isGolden: boolean): string {
	return isGolden ? "ok" : "FAILED: not the golden bytes";
}

function reports(host: Host, table: ChannelTable, all: readonly GoldenReport[], encode: Encode) {
	for (const report of all) {
		const into = new Uint8Array(Limits.reportBytes);
		const length = encode(runOf(report, table), table, into, 0);
		const text = textOf(into, Math.max(0, length));
		host.print(`report ${report.name}: ${hex(into, length)}: ${verdict(text === report.text)}`);
		host.print(JSON.stringify(decodeReport(text, table)));
	}
}

/** Reports of both versions, encoded and decoded again. */
export function payload(host: Host): void {
	reports(host, new ChannelTable([], []), columnReports.reports, encodeReport);
	const known = new ChannelTable([], ["particulateMatter2_5"]);
	reports(host, known, denseReports.reports, encodeDenseReport);
}

/** Every golden packet, encoded where a client sends it, and decoded whole and byte by byte. */
export function packets(host: Host): void {
	for (const { name, sender, bytes } of goldenPackets) {
		const whole = Uint8Array.from(bytes);
		const encode = encoders[name];
		if (encode !== undefined) {
			const into = new Uint8Array(bytes.length);
			const length = encode(into, 0, into.length);
			const isGolden = length === bytes.length && hex(into) === hex(whole);
			host.print(`packet ${name}: ${hex(into)}: ${verdict(isGolden)}`);
		}
		const from = sender === "client" ? Sender.Client : Sender.Server;
		const pieces = [...whole].map((byte) => Uint8Array.of(byte));
		const decoded = JSON.stringify(decodePieces([whole], from));
		const alike = decoded === JSON.stringify(decodePieces(pieces, from));
		host.print(`packet ${name}: ${decoded}: ${alike ? "ok" : "FAILED: differs byte by byte"}`);
	}
}

/** The flow on connect and a delta, against what the contract says is sent. */
export function shadow(host: Host): void {
	const { thingName, cadence, steps } = shadowExchange;
	const sent: string[] = [];
	const client = new ShadowClient({
		thingName,
		config: new StationConfig(cadence, new MapKeyValue()),
		random: { next: () => 0x1234_5678 },
		payload: new Uint8Array(Limits.controlBytes),
		settings: [],
		facts: { firmware: "1.2.3" },
		publish: (topic, bytes, length) => sent.push(`${topic} ${textOf(bytes, length)}`),
		subscribe: () => 1,
		onConfig: () => {},
		log: (line) => host.print(line),
	});
	client.onOpen(0 as Ticks);
	client.onSubscribed(1, [1, 1, 1, 1, 1], 1 as Ticks);
	for (const { receives, sends } of steps) {
		if (receives !== undefined) {
			client.onMessage(receives.topic, bytesOf(receives.text), 10 as Ticks);
		}
		const line = sent.splice(0).join("\n");
		host.print(`shadow ${line}: ${verdict(line === sends)}`);
	}
}

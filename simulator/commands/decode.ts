import { join } from "node:path";
import { toRow } from "../../cloud/row.ts";
import {
	ChannelTable,
	type DecodedReport,
	decodeReport,
	statusName,
} from "../../firmware/index.ts";
import { ExitCode, type Host } from "./host.ts";
import { toSenml } from "./senml.ts";

/** The forms in which `isobar decode` writes. */
export const decodeForms = Object.freeze(["json", "csv", "senml"] as const);

/** What the user asked for, by the names of the options. */
export interface DecodeOptions {
	readonly to: (typeof decodeForms)[number];
	readonly station?: string;
	readonly data: string;
}

/** A report of a line of input, and its station where the line names it. */
interface Line {
	readonly thing: string | undefined;
	readonly report: DecodedReport;
}

/** Writes reports in one form. */
interface Writer {
	/** @throws {Error} with one line when the form cannot say this */
	write(line: Line): void;
	end(): void;
}

/** A line as `mosquitto_sub -v` prints it: the topic, a blank, the payload. */
const withTopic = /^(\S+)\s+(\{.*)$/;
const reportTopic = /^isobar\/([^/]+)\/report$/;

/** Members of a row that are no channels. */
const rowHeads = Object.freeze(["thing", "sequence", "time", "periodSeconds", "timeQuality"]);

/**
 * `isobar decode`: reports from stdin, one a line, to stdout in another form.
 *
 * @returns Failed when a line was no report; the others are written all the same
 */
export async function decode(options: DecodeOptions, host: Host): Promise<ExitCode> {
	const { station, data } = options;
	const own =
		station === undefined
			? []
			: (await host.loadStation(station, join(data, "build"))).definition.channels;
	const channels = new ChannelTable(own);
	const writer = writerOf(options.to, channels, host);
	let number = 0;
	let failures = 0;
	for await (const line of linesOf(host.stdin)) {
		number += 1;
		if (line.trim() === "") continue;
		try {
			writer.write(read(line, channels));
		} catch (error) {
			failures += 1;
			host.stderr.write(`isobar: line ${number}: ${(error as Error).message}\n`);
		}
	}
	writer.end();
	return failures === 0 ? ExitCode.Ok : ExitCode.Failed;
}

/** @throws {Error} with one line that says what is wrong */
function read(line: string, channels: ChannelTable): Line {
	const [, topic, payload = line.trim()] = withTopic.exec(line.trim()) ?? [];
	const report = decodeReport(payload, channels);
	if (typeof report === "number") {
		throw new Error(`no report, ${statusName(report)}: ${payload.slice(0, 60)}`);
	}
	return { thing: topic === undefined ? undefined : reportTopic.exec(topic)?.[1], report };
}

function writerOf(form: DecodeOptions["to"], channels: ChannelTable, { stdout }: Host): Writer {
	const writeLine = (value: unknown): void => {
		stdout.write(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);
	};
	if (form === "csv") return new CsvWriter(channels, writeLine);
	if (form === "json") {
		return {
			write: (line) => rowsOf(line).forEach(writeLine),
			end: () => {},
		};
	}
	return {
		write: ({ thing, report }) => {
			const records = toSenml(report, channels, thing);
			if (records === undefined) throw new Error("SenML has no word for an unknown time");
			writeLine(records);
		},
		end: () => {},
	};
}

/** The observations of a report as they stand in the archive. */
function rowsOf({ thing, report }: Line): object[] {
	return report.observations.map((observation) => {
		const { thing: name, ...row } = toRow(thing ?? "", report.periodSeconds, observation);
		return thing === undefined ? row : { thing: name, ...row };
	});
}

/**
 * One table of all observations (RFC 4180, with line feeds). It is written at the end of the input,
 * since only then it is known which channels there are.
 */
class CsvWriter implements Writer {
	readonly #channels: ChannelTable;
	readonly #writeLine: (line: string) => void;
	readonly #rows: Record<string, unknown>[] = [];

	constructor(channels: ChannelTable, writeLine: (line: string) => void) {
		this.#channels = channels;
		this.#writeLine = writeLine;
	}

	write(line: Line): void {
		for (const row of rowsOf(line)) this.#rows.push(row as Record<string, unknown>);
	}

	end(): void {
		const present = new Set(this.#rows.flatMap((row) => Object.keys(row)));
		const names = Array.from({ length: this.#channels.length }, (_, index) =>
			this.#channels.at(index),
		)
			.map(({ name }) => name)
			.filter((name) => present.has(name));
		const heads = [...rowHeads.filter((head) => present.has(head)), ...names];
		this.#writeLine([...heads, "reasons", "flags"].join(","));
		for (const row of this.#rows) {
			const cells = heads.map((head) => String(row[head] ?? ""));
			this.#writeLine([...cells, notes(row.reasons), notes(row.flags)].join(","));
		}
	}
}

/** What is said of channels, in one cell without commas: `windDirection=calm;airTemperature=nack`. */
function notes(members: unknown): string {
	return Object.entries((members ?? {}) as Record<string, string | readonly string[]>)
		.map(([name, note]) => `${name}=${[note].flat().join("+")}`)
		.join(";");
}

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let rest = "";
	for await (const bytes of input) {
		const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
		rest = lines.pop()!;
		yield* lines;
	}
	rest += decoder.decode();
	if (rest !== "") yield rest;
}

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import station from "../../examples/station.ts";
import {
	type Machine,
	realMachine,
	realSurroundings,
	type Surroundings,
} from "../../manifests/flash.ts";
import type { ExitCode, Host, StationModule, Stream } from "../../simulator/commands/host.ts";
import { type Actions, run } from "../../simulator/commands/program.ts";
import type { Summary } from "../../simulator/commands/summary.ts";

/** The command line in this process: what it prints is kept, Ctrl-C is a call. */
export class CommandBench implements Host {
	/** A data directory that is gone after `end`. */
	readonly dataDir = mkdtempSync(join(tmpdir(), "isobar-up-"));
	readonly environment: Record<string, string | undefined> = {};
	station: StationModule = { definition: station, parts: {} };
	readonly weatherFile = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";
	readonly packageRoot = process.cwd();
	/** The words that run the command line in a process of its own. */
	program: readonly string[] = [];
	/** The machine that commands for boards see. */
	surroundings: Surroundings = realSurroundings;
	/** The machine that `doctor` sees. */
	machine: Machine = realMachine;
	readonly scenarioDir = "simulator/scenario";
	readonly pageDir = join(this.dataDir, "page");
	/** What the command reads. */
	input = "";
	out = "";
	err = "";
	readonly stdin = { [Symbol.asyncIterator]: () => this.#pieces() };
	readonly stdout: Stream = { write: (text) => this.#print("out", text) };
	readonly stderr: Stream = { write: (text) => this.#print("err", text) };
	readonly #waiting: { pattern: RegExp; resolve: () => void }[] = [];
	#onStop: (() => void) | undefined;

	/** Runs a command; the words are split at blanks, DIR stands for the data directory. */
	run(line: string, actions?: Actions): Promise<ExitCode> {
		const words = line.split(" ").map((word) => word.replace("DIR", this.dataDir));
		return run(words, this, actions);
	}

	/** The last line of stdout. */
	get summary(): Summary {
		return JSON.parse(this.out.trimEnd().split("\n").at(-1)!);
	}

	/** Resolves once a pattern stands in what was printed. */
	printed(pattern: RegExp): Promise<void> {
		if (pattern.test(this.out + this.err)) return Promise.resolve();
		return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
	}

	/** Ctrl-C. */
	interrupt(): void {
		this.#onStop?.();
	}

	loadStation(): Promise<StationModule> {
		return Promise.reject(new Error("station files are loaded by the built command only"));
	}

	onInterrupt(onStop: () => void): () => void {
		this.#onStop = onStop;
		return () => {
			this.#onStop = undefined;
		};
	}

	/** The observations of one station, as the archive has them. */
	rows(thing: string): Record<string, number | null>[] {
		const text = readFileSync(join(this.dataDir, "archive", "observations.jsonl"), "utf8");
		const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
		return lines.map((line) => JSON.parse(line)).filter((row) => row.thing === thing);
	}

	/** Every observation of the archive as "thing sequence". */
	archived(): string[] {
		const text = readFileSync(join(this.dataDir, "archive", "observations.jsonl"), "utf8");
		return text
			.trimEnd()
			.split("\n")
			.map((line) => {
				const { thing, sequence } = JSON.parse(line);
				return `${thing} ${sequence}`;
			});
	}

	end(): void {
		rmSync(this.dataDir, { recursive: true, force: true });
	}

	/** The input in pieces that end anywhere. */
	async *#pieces(): AsyncGenerator<Uint8Array> {
		const bytes = new TextEncoder().encode(this.input);
		for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
	}

	#print(stream: "out" | "err", text: string): void {
		this[stream] += text;
		for (const { pattern, resolve } of this.#waiting) {
			if (pattern.test(this.out + this.err)) resolve();
		}
	}
}

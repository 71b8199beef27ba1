import type { StationDefinition } from "../../firmware/index.ts";
import type { Machine, Surroundings } from "../../manifests/flash.ts";
import type { Parts } from "../fleet/wiring.ts";

/** A station file as it is loaded: `export default defineStation(…)`, and `export const parts`. */
export interface StationModule {
	readonly definition: StationDefinition;
	/** Simulated parts of the user's own sensors, by `Driver.part.name`. */
	readonly parts: Parts;
}

/** What a terminal, a file or a pipe is to a command. */
export interface Stream {
	write(text: string): void;
	readonly isTTY?: boolean;
	readonly columns?: number;
	readonly rows?: number;
}

/** The process around a command, as far as a command looks at it. */
export interface Host {
	readonly stdin: AsyncIterable<Uint8Array>;
	readonly stdout: Stream;
	readonly stderr: Stream;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** The station of a fleet that is given no `--station`. */
	readonly station: StationModule;
	/** Path of the weather record of a fleet that is given no `--weather`. */
	readonly weatherFile: string;
	/** Folder of Isobar's package.json: sources for the chip, manifests, and what `init` copies. */
	readonly packageRoot: string;
	/** The words that run this command line in a process of its own, where there are such. */
	readonly program?: readonly string[];
	/** The machine that commands for boards look at; the real one when it is left out. */
	readonly surroundings?: Surroundings;
	/** What `doctor` looks at; the real one when it is left out. */
	readonly machine?: Machine;
	/** Folder of the scenarios that come with Isobar. */
	readonly scenarioDir: string;
	/** Folder of the page that the local cloud serves; need not be there. */
	readonly pageDir: string;
	/** Compiles and loads a station file; `buildDir` takes what comes out of it. */
	loadStation(file: string, buildDir: string): Promise<StationModule>;
	/** Has `onStop` called at every Ctrl-C or request to end. @returns what ends that */
	onInterrupt(onStop: () => void): () => void;
}

/** Ends of a command. */
export const ExitCode = Object.freeze({
	Ok: 0,
	/** Something went wrong, or observations were lost or stand twice. */
	Failed: 1,
	/** A value that the user gave cannot be used. */
	Usage: 2,
	/** Ended by a second Ctrl-C [bash manual §3.7.5: 128 + SIGINT]. */
	Interrupted: 130,
} as const);

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

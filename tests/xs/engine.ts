import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { output, versionOf } from "./bundle.ts";

const run = promisify(execFile);
const host = join(__dirname, "host");
const sources = join(__dirname, "node_modules/@agoric/xsnap/moddable/xs");

/** The creation sizes of `manifests/chip.json`, which are the SDK's own for an ESP32 but for the stack. */
export const device = { chunk: 78_848, slots: 4_928, stack: 1_024 };

/**
 * Options that make an ESP32 of it: 16-byte slots, and doubles that are rounded after each operation,
 * as the chip and Node do. Without the 32-bit libraries the slots have 32 bytes.
 */
const narrow = ["-m32", "-msse2", "-mfpmath=sse"];

const options = [
	"-O1",
	"-fno-common",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="xsplatform.h"',
	"-DmxBoundsCheck=1",
	"-DmxInstrument=1",
	"-DmxNoConsole=1",
	"-DmxParse=1",
	"-DmxRun=1",
	...["includes", "platforms", "sources"].map((folder) => `-I${join(sources, folder)}`),
	`-I${host}`,
];

/** What the sources of others may warn of is theirs. */
const ours = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"];

/** Whether there is a C library of 32 bits. */
function canNarrow(): boolean {
	const arguments_ = [...narrow, "-x", "c", "-", "-o", "/dev/null"];
	return (
		spawnSync("cc", arguments_, { input: "#include <stdio.h>\nint main(void){}" }).status === 0
	);
}

export interface Engine {
	readonly file: string;
	/** Bytes of a slot: 16 as on the chip, or 32. */
	readonly slotBytes: number;
}

function stampOf(...parts: readonly (string | Buffer)[]): string {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(part);
	return hash.digest("hex").slice(0, 12);
}

const hostFile = (name: string): Buffer => readFileSync(join(host, name));

/** Compiles XS and the host, as far as that was not done with the same sources before. */
export async function buildEngine(): Promise<Engine> {
	const isNarrow = canNarrow();
	const flags = [...(isNarrow ? narrow : []), ...options];
	const stamp = stampOf(versionOf("@agoric/xsnap"), flags.join(" "), hostFile("xsplatform.h"));
	const folder = join(output, stamp);
	mkdirSync(folder, { recursive: true });
	const file = join(folder, `xs-${stampOf(...["machine.h", "machine.c", "main.c"].map(hostFile))}`);
	if (!existsSync(file)) await compileAll(folder, file, flags);
	return { file, slotBytes: isNarrow ? 16 : 32 };
}

/** A file is written under another name first: one that is there is whole. */
async function write(file: string, parameters: readonly string[]): Promise<string> {
	const unfinished = `${file}.${process.pid}`;
	await run("cc", [...parameters, "-o", unfinished]);
	renameSync(unfinished, file);
	return file;
}

async function compileAll(folder: string, file: string, flags: readonly string[]): Promise<void> {
	const queue = readdirSync(join(sources, "sources")).filter((name) => name.endsWith(".c"));
	const objects: string[] = [];
	const work = async (): Promise<void> => {
		for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
			const object = join(folder, `${name}.o`);
			const from = join(sources, "sources", name);
			if (!existsSync(object)) await write(object, [...flags, "-w", "-c", from]);
			objects.push(object);
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, work));
	const own = ["machine.c", "main.c"].map((name) => join(host, name));
	await write(file, [...flags, ...ours, ...own, ...objects, "-lm", "-lpthread"]);
}

/** How a program has ended. */
export interface Outcome {
	readonly status: number | null;
	readonly lines: readonly string[];
	/** What ended it, when it did not end by itself. */
	readonly error: string;
}

/** Runs the host with a command line of its own; see `host/main.c`. */
export function runEngine(engine: Engine, ...parameters: readonly string[]): Outcome {
	const { status, stdout, stderr } = spawnSync(engine.file, parameters, {
		encoding: "utf8",
		maxBuffer: 1 << 28,
	});
	return { status, lines: stdout.split("\n").slice(0, -1), error: stderr.trim() };
}

/** Creation options of the host for a machine of so much memory. */
export const creation = (sizes: Partial<typeof device>): readonly string[] =>
	Object.entries(sizes).map(([name, size]) => `${name}=${size}`);

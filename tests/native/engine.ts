import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, test } from "@jest/globals";

/**
 * Builds the TLS engine with its host program and runs it. The build needs gcc, libc6-dev and
 * libmbedtls-dev and nothing else; everything of ours runs under the address and the undefined
 * behaviour sanitizer, and a leak, an overflow or a warning of the compiler is a failure.
 *
 * `ISOBAR_MBEDTLS`, the prefix of another mbedTLS (include/ and lib/*.a), takes the place of the
 * system's.
 */
const prefix = process.env.ISOBAR_MBEDTLS;
const root = join(__dirname, "../..");
const engineDir = join(root, "firmware/platform/moddable/native");
const cacheDir = join(root, "node_modules/.cache/isobar");

const warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];
const flags = [
	...warnings,
	"-O1",
	"-g",
	"-fsanitize=address,undefined",
	"-fno-sanitize-recover=all",
	...(prefix === undefined ? [] : ["-isystem", `${prefix}/include`, `-L${prefix}/lib`]),
];

const engineSources = readdirSync(engineDir)
	.filter((name) => /^tls(_(?!xs).*)?\.c$/.test(name))
	.map((name) => join(engineDir, name));

/** Static, so that the linker can put the counting calloc under mbedTLS as well. */
const hostParts = [
	...["heap.c", "host.c"].map((name) => join(__dirname, name)),
	...engineSources,
	"-Wl,--wrap=calloc,--wrap=free",
	...["-l:libmbedtls.a", "-l:libmbedx509.a", "-l:libmbedcrypto.a", "-lpthread"],
];

const addonParts = [
	join(__dirname, "addon.c"),
	...engineSources,
	...["-lmbedtls", "-lmbedx509", "-lmbedcrypto"],
];

/** What one run of the host program says, see `print_outcome` and `print_heap` of host.c. */
export interface Outcome {
	readonly up: boolean;
	readonly reason: number;
	readonly alert: number;
	readonly resumed: boolean;
	readonly echoed: number;
	/** Bytes of the saved session. */
	readonly saved: number;
	readonly allocationsUp: number;
	readonly library: string;
	readonly version: string | null;
	readonly suite: string | null;
	readonly protocol: string | null;
	readonly heap: {
		readonly created: number;
		readonly peak: number;
		readonly largest: number;
		readonly afterFirst: number;
		readonly afterLast: number;
	};
}

/** The options of host.c: numbers, texts and paths of files. */
export type HostOptions = Readonly<Record<string, string | number>>;

const hasTools = ((): boolean => {
	try {
		execFileSync("gcc", ["-E", "-x", "c", ...flags, "-"], {
			input: "#include <mbedtls/ssl.h>\n",
			stdio: ["pipe", "ignore", "ignore"],
		});
		return true;
	} catch {
		return false;
	}
})();

/** A `describe` for tests that need the engine: without a compiler they fail in CI, and skip elsewhere. */
export function describeEngine(name: string, body: () => void): void {
	if (hasTools || process.env.CI) describe(name, body);
	else describe(name, () => test.skip("apt-get install gcc libc6-dev libmbedtls-dev", () => {}));
}

/** Builds something of C, once for all test files; returns its path. */
function build(name: string, parts: readonly string[]): string {
	const digest = createHash("sha256").update(parts.join(" "));
	for (const dir of [engineDir, __dirname]) {
		for (const file of readdirSync(dir).filter((one) => /\.[ch]$/.test(one))) {
			digest.update(file).update(readFileSync(join(dir, file)));
		}
	}
	const path = join(cacheDir, `${digest.digest("hex").slice(0, 16)}-${name}`);
	if (existsSync(path)) return path;
	mkdirSync(cacheDir, { recursive: true });
	const draft = `${path}.${process.pid}`;
	execFileSync("gcc", [...parts, "-o", draft]);
	// Test files run side by side; whoever comes last replaces it by the same.
	renameSync(draft, path);
	return path;
}

/** The functions of addon.c. */
export type Addon = Readonly<Record<string, (...parameters: unknown[]) => number>>;

/** The engine inside this process, of the system's mbedTLS and without a sanitizer. */
export function loadAddon(): Addon {
	const path = build("tls.node", [...warnings, "-O1", "-shared", "-fPIC", ...addonParts]);
	const module = { exports: {} as Addon };
	process.dlopen(module, path);
	return module.exports;
}

let program: string | undefined;
let peak = 0;

/** Runs the host program. Rejects with what the sanitizer printed, should it find anything. */
export async function runHost<Result = Outcome>(options: HostOptions): Promise<Result> {
	program ??= build("tls-host", [...flags, ...hostParts]);
	const parts = Object.entries(options).map(([name, value]) => `${name}=${value}`);
	const { stdout } = await promisify(execFile)(program, parts, { timeout: 60_000 });
	const result = JSON.parse(stdout);
	peak = Math.max(peak, result.heap.peak);
	return result;
}

/** Largest heap of all runs so far, in bytes. */
export function peakHeap(): number {
	return peak;
}

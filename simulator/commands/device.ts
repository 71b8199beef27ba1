import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { provision, startCloud } from "../../cloud/index.ts";
import { Layout } from "../../cloud/layout.ts";
import { lockOwner } from "../../cloud/lock.ts";
import { ChannelTable } from "../../firmware/index.ts";
import { buildLinux, type LinuxProgram, requireLinuxTools } from "../../manifests/flash.ts";
import { ArchiveTail, rowText } from "./archivetail.ts";
import { type BuildOptions, bundlePath, loadForBoard, makeBundle, workplaceOf } from "./build.ts";
import { ExitCode, type Host, type StationModule } from "./host.ts";
import { Interrupt } from "./interrupt.ts";
import { UsageError } from "./options.ts";
import { authorityPassphrase } from "./secret.ts";

/** What the user asked for, by the names of the options. */
export interface DeviceCommandOptions extends Pick<BuildOptions, "station" | "data"> {
	/** The one of Moddable's that is not a chip. */
	readonly platform: "lin";
	readonly thing: string;
	/** Of the cloud on this machine. */
	readonly port: number;
	/** ms; until Ctrl-C when it is left out. */
	readonly for?: number;
	/** Ends when so many observations have come. */
	readonly observations?: number;
	readonly dryRun?: boolean;
	readonly json?: boolean;
}

/** What came of a run. */
interface Outcome {
	readonly thing: string;
	/** Observations that the archive got while it ran. */
	readonly archived: number;
	/** Of those, the ones that stood there already. */
	readonly duplicates: number;
}

/** Milliseconds between two looks at the archive. */
const lookMs = 500;

/**
 * `isobar device`: builds the firmware's own main for Linux, on the real XS and with the C engine for
 * TLS, and runs it as one station of the local cloud: the one that has this data directory already, or
 * one of its own.
 *
 * @returns Failed when no observation came, or one twice
 * @throws {FlashFault} that says what is missing, or what failed
 */
export async function device(options: DeviceCommandOptions, host: Host): Promise<ExitCode> {
	const { station, data, thing, port } = options;
	if (existsSync(new Layout(data).vault)) {
		throw new UsageError(
			`--data: ${data} is encrypted, and the program reads the key of its station from a file; expected a directory that is not`,
		);
	}
	const place = workplaceOf(options, host);
	if (!place.isDryRun) requireLinuxTools(place);
	const module = await loadForBoard(station, data, undefined, host);
	const files = { bundle: bundlePath(options), thing, endpoint: "127.0.0.1", port, data };
	if (place.isDryRun) {
		buildLinux(files, place);
		return ExitCode.Ok;
	}
	await makeBundle(options, module, host);
	const program = buildLinux(files, place);
	const interrupt = new Interrupt(host);
	const close = await openCloud(options, module, authorityPassphrase(host), place.say);
	try {
		const outcome = await run(options, program, interrupt, place.say);
		const text = `${outcome.archived} observations of ${thing} archived, ${outcome.duplicates} twice`;
		host.stdout.write(`${options.json ? JSON.stringify(outcome) : text}\n`);
		return outcome.archived > 0 && outcome.duplicates === 0 ? ExitCode.Ok : ExitCode.Failed;
	} finally {
		await close();
		interrupt.release();
	}
}

/**
 * Makes the certificate of the device where there is none, and starts a cloud unless one has the directory.
 *
 * @returns what ends a cloud that was started
 */
async function openCloud(
	{ data, thing, port }: DeviceCommandOptions,
	{ definition }: StationModule,
	caPassphrase: string | undefined,
	say: (line: string) => void,
): Promise<() => Promise<void>> {
	await provision(data, [thing], undefined, { caPassphrase });
	mkdirSync(join(data, "stations"), { recursive: true, mode: 0o700 });
	const owner = lockOwner(new Layout(data).lock);
	if (owner !== undefined) {
		say(`cloud    that of process ${owner}, on port ${port}`);
		return async () => {};
	}
	const channels = new ChannelTable(definition.channels);
	const cloud = await startCloud({
		dataDir: data,
		port,
		channels,
		caPassphrase,
		log: (line) => say(`cloud    ${line}`),
	});
	say(`cloud    started on port ${port}, data in ${data}`);
	return () => cloud.close();
}

/** Runs the device until its time is over, so many observations have come, or it ends by itself. */
async function run(
	{ data, thing, observations = Number.POSITIVE_INFINITY, for: time }: DeviceCommandOptions,
	{ library, runner }: LinuxProgram,
	interrupt: Interrupt,
	say: (line: string) => void,
): Promise<Outcome> {
	const tail = new ArchiveTail(join(data, "archive"), thing);
	const child = spawn(runner, [library], { stdio: ["ignore", "pipe", "inherit"] });
	const look = (): void => {
		for (const row of tail.read()) say(`archive  ${rowText(row)}`);
	};
	let ticker: ReturnType<typeof setInterval> | undefined;
	try {
		await Promise.race([
			interrupt.wait(time),
			ended(child, (line) => say(`device   ${line}`)),
			new Promise<void>((resolve) => {
				ticker = setInterval(() => {
					look();
					if (tail.count >= observations) resolve();
				}, lookMs);
			}),
		]);
	} finally {
		clearInterval(ticker);
		child.kill();
	}
	look();
	return { thing, archived: tail.count, duplicates: tail.duplicates };
}

/** Hands on what a program prints, and resolves when it is over; it has no end of its own but a failure. */
function ended(
	child: ChildProcessByStdio<null, Readable, null>,
	onLine: (line: string) => void,
): Promise<void> {
	createInterface({ input: child.stdout }).on("line", onLine);
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code) => {
			if (code !== null) onLine(`ended with ${code}`);
			resolve();
		});
	});
}

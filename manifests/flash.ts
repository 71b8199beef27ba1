import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Board, boards } from "./boards.ts";
import {
	type BuildOptions,
	buildSteps,
	imageOf,
	linkComponents,
	type Profile,
	prepareBuild,
	requireBuildTools,
	requireNeeds,
} from "./build.ts";
import {
	type IdentityFiles,
	type IdentityOptions,
	identityFiles,
	identitySteps,
	partitionsOf,
	writeIdentityLines,
} from "./identity.ts";
import {
	type LinuxOptions,
	type LinuxProgram,
	linuxNeeds,
	linuxProgram,
	linuxSteps,
	prepareLinux,
} from "./linuxbuild.ts";
import { type Partition, partitionNamed } from "./partitions.ts";
import { FlashFault, runSteps, type Step, stepText } from "./steps.ts";
import { flashNeeds, realSurroundings, type Surroundings } from "./workplace.ts";

export { type Board, boardFaults, type PinnedStation } from "./boards.ts";
export { boardNamed, type Profile } from "./build.ts";
export { type Bundle, type BundleOptions, bundleDevice } from "./bundle.ts";
export type { IdentityOptions } from "./identity.ts";
export type { LinuxProgram } from "./linuxbuild.ts";
export { type Area, areas, type Machine, needsOf, realMachine } from "./machine.ts";
export type { Partition } from "./partitions.ts";
export { FlashFault } from "./steps.ts";
export {
	buildNeeds,
	flashNeeds,
	type Need,
	realSurroundings,
	type Surroundings,
} from "./workplace.ts";

/** Baud of the writing, and of the log. */
const writeBaud = "460800";
const logBaud = "115200";
/** Where ESP-IDF puts the partition table unless it is told otherwise. */
const tableOffset = 0x8000;

/** What all of them are given. */
export interface Workplace {
	readonly packageRoot: string;
	readonly outDir: string;
	/** Prints the commands and runs none. */
	readonly isDryRun: boolean;
	readonly here?: Surroundings;
	say(line: string): void;
}

/** The partition that keeps observations until they are acknowledged. */
export function outboxPartition(packageRoot: string): Partition {
	return partitionNamed(partitionsOf(packageRoot), "outbox");
}

/**
 * Builds an image: `isobar build --board NAME`.
 *
 * @param bundle  main.js of the device bundle
 * @throws {FlashFault} that says what is missing, or what failed
 */
export function imageDevice(
	board: Board,
	bundle: string,
	profile: Profile,
	workplace: Workplace,
): void {
	const { say, isDryRun, here = realSurroundings } = workplace;
	const options: BuildOptions = { ...workplace, board, bundle, profile };
	const [configure, make] = buildSteps(options);
	if (isDryRun) {
		for (const step of [configure, make]) say(stepText(step));
		return;
	}
	requireBuildTools(here);
	prepareBuild(options);
	runSteps([configure], say);
	linkComponents(options);
	runSteps([make], say);
}

/** Looks for what a build for Linux needs. @throws {FlashFault} with a line for each that is not there */
export function requireLinuxTools({ here = realSurroundings }: Workplace): void {
	requireNeeds(linuxNeeds(here));
}

/**
 * Builds the firmware for Linux: `isobar device --platform lin`.
 *
 * @throws {FlashFault} that says what is missing, or what failed
 */
export function buildLinux(
	files: Omit<LinuxOptions, "packageRoot" | "outDir">,
	{ packageRoot, outDir, isDryRun, say, here = realSurroundings }: Workplace,
): LinuxProgram {
	const options: LinuxOptions = { ...files, packageRoot, outDir };
	const steps = linuxSteps(options, here);
	if (isDryRun) {
		for (const step of steps) say(stepText(step));
	} else {
		requireNeeds(linuxNeeds(here));
		prepareLinux(options);
		runSteps(steps, say);
	}
	return linuxProgram(outDir);
}

/**
 * Makes the image of an identity partition: `isobar identity --thing NAME`.
 *
 * @returns its path
 * @throws {FlashFault} that says what is missing, or what failed
 */
export function makeIdentity(
	options: IdentityOptions,
	profile: Profile,
	workplace: Workplace,
): string {
	const { outDir, packageRoot, say, isDryRun, here = realSurroundings } = workplace;
	const files = identityFiles(outDir, options.thing);
	const steps = identitySteps(files, profile, packageRoot, here);
	if (isDryRun) {
		for (const step of steps) say(stepText(step));
		return files.image;
	}
	writeIdentityLines(files, options);
	try {
		runSteps(steps, say);
	} finally {
		rmSync(files.lines, { force: true });
	}
	return files.image;
}

/**
 * Looks whether a board can be written to before anything is built for it.
 *
 * @throws {FlashFault} for a tool, a port or an identity that is missing, and for another chip
 */
export function requireFlashable(
	board: Board,
	port: string,
	thing: string,
	{ outDir, here = realSurroundings }: Workplace,
): void {
	requirePort(port, here);
	requireNeeds(flashNeeds(here).filter(({ name }) => name === "ESP-IDF" || name === "esptool"));
	requireFile(identityFiles(outDir, thing).image, `isobar identity --thing ${thing}`);
	requireChip(board, port, here);
}

/**
 * Writes image and identity to a board, reads them back and opens the log:
 * `isobar flash --board NAME --port PORT --thing NAME`.
 *
 * @throws {FlashFault} that says what is missing, or what failed
 */
export function flashDevice(
	board: Board,
	port: string,
	thing: string,
	profile: Profile,
	{ packageRoot, outDir, say, isDryRun }: Workplace,
): void {
	const identity = identityFiles(outDir, thing);
	const files = writtenFiles(board, identity, profile, packageRoot, outDir);
	const steps = flashSteps(board, port, files, outDir);
	if (isDryRun) {
		for (const step of steps) say(stepText(step));
		return;
	}
	requireFile(imageOf({ board, outDir }).application, `isobar build --board ${board.name}`);
	runSteps(steps, say);
}

function requireFile(path: string, maker: string): void {
	if (!existsSync(path)) throw new FlashFault(`no file ${path}; "${maker}" makes it`);
}

function requirePort(port: string, { ports, mayUse }: Surroundings): void {
	if (mayUse(port)) return;
	const all = ports();
	throw new FlashFault(
		`--port: ${port} cannot be used; ${all.length === 0 ? "no board is plugged in" : `there are ${all.join(", ")}`}`,
	);
}

/** Asks the chip for its name, and holds it against the board: an ESP32-D0WD is an ESP32, an ESP32-C3 is not. */
function requireChip(board: Board, port: string, { ask }: Surroundings): void {
	const answer = ask(["python", "-m", "esptool", "--port", port, "chip-id"]);
	const chip = /ESP32(-[CHPS][2-9]\d?)?/.exec(answer ?? "")?.[0];
	if (chip === undefined) {
		throw new FlashFault(`--port: no chip answers at ${port}; hold BOOT while it connects`);
	}
	const name = chip.replace("-", "").toLowerCase();
	if (name === board.chip) return;
	const fitting = boards.filter((one) => one.chip === name).map((one) => one.name);
	throw new FlashFault(
		`--board: ${board.name} has an ${board.chip}, but an ${chip} answers at ${port}; ${fitting.length === 0 ? "no board of ours has it" : `expected --board ${fitting.join(" or ")}`}`,
	);
}

/** Offset and file of everything that is written. */
function writtenFiles(
	board: Board,
	identity: IdentityFiles,
	profile: Profile,
	packageRoot: string,
	outDir: string,
): string[] {
	const image = imageOf({ board, outDir });
	const table = partitionsOf(packageRoot);
	const at = (name: string): number => partitionNamed(table, name).offset;
	const files: readonly (readonly [number, string])[] = [
		[board.bootloaderOffset, image.bootloader],
		[tableOffset, image.partitionTable],
		[at("otadata"), image.otaData],
		[at("identity"), identity.image],
		...(profile === "production" ? ([[at("nvs_keys"), identity.keys]] as const) : []),
		[at("ota_0"), image.application],
	];
	return files.flatMap(([offset, path]) => [`0x${offset.toString(16)}`, path]);
}

/** The commands of a flash, in their order. The outbox and what the firmware remembers stay. */
function flashSteps(board: Board, port: string, files: readonly string[], outDir: string): Step[] {
	const esptool = ["python", "-m", "esptool", "--chip", board.chip, "--port", port];
	return [
		{
			title: "look",
			command: [...esptool, "chip-id"],
			hint: `is this the port of an ${board.title}? Hold BOOT while it connects when it does not answer`,
		},
		{
			title: "write",
			command: [...esptool, "--baud", writeBaud, "write-flash", ...files],
			hint: "another cable or a lower speed helps with errors in between",
		},
		{
			title: "verify",
			command: [...esptool, "--baud", writeBaud, "verify-flash", ...files],
		},
		{
			title: "log",
			command: [
				...["python", "-m", "esp_idf_monitor", "--port", port, "--baud", logBaud],
				imageOf({ board, outDir }).symbols,
			],
		},
	];
}

/** Where images and identities are put when nobody says otherwise. */
export function defaultOutDir(data: string): string {
	return join(data, "device");
}

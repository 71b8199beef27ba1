import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Board, boards } from "./boards.ts";
import { FlashFault, type Step } from "./steps.ts";
import { buildNeeds, type Need, type Surroundings } from "./workplace.ts";

/** What a build is made of, and where. */
export interface BuildOptions {
	readonly board: Board;
	/** Folder of Isobar's package.json. */
	readonly packageRoot: string;
	/** The bundle of the firmware and the station: main.js of the device bundle. */
	readonly bundle: string;
	/** Takes everything that comes out; one folder for each board in it. */
	readonly outDir: string;
	readonly profile: Profile;
}

/** Which sdkconfig an image is made with; `production` burns fuses: docs/production.md. */
export type Profile = "development" | "production";

/** The files of a finished build that go onto a board. */
export interface Image {
	readonly bootloader: string;
	readonly partitionTable: string;
	/** Says which slot starts: the first one. */
	readonly otaData: string;
	readonly application: string;
	/** For the log: names of what a crash has passed through. */
	readonly symbols: string;
}

/** @throws {FlashFault} that lists the boards there are */
export function boardNamed(name: string): Board {
	const found = boards.find((board) => board.name === name);
	if (found !== undefined) return found;
	const names = boards.map((board) => `${board.name} (${board.title})`).join(", ");
	throw new FlashFault(`--board: no board "${name}"; there are ${names}`);
}

/**
 * What is not as a build needs it.
 *
 * @throws {FlashFault} with a line for each need that is not met: what was found, and the step
 */
export function requireNeeds(needs: readonly Need[]): void {
	const lines = needs
		.filter((need) => !need.isMet)
		.map(({ name, found, step }) => `${name}: ${found}; ${step}`);
	if (lines.length > 0) throw new FlashFault(lines.join("\n"));
}

/** Where the files of this build are once it is done. */
export function imageOf({ board, outDir }: Pick<BuildOptions, "board" | "outDir">): Image {
	const folder = join(outDir, board.name, "bin", board.platform, "release", board.name);
	return {
		bootloader: join(folder, "bootloader.bin"),
		partitionTable: join(folder, "partition-table.bin"),
		otaData: join(folder, "ota_data_initial.bin"),
		application: join(folder, "xs_esp32.bin"),
		symbols: join(folder, "xs_esp32.elf"),
	};
}

/** The commands that make an image. `prepareBuild` comes before the first, `linkComponents` before the last. */
export function buildSteps({ board, outDir }: BuildOptions): [configure: Step, make: Step] {
	const folder = join(outDir, board.name);
	return [
		{
			title: "configure",
			// Without a target mcconfig's makefile goes for the debugger, which ends other processes by name.
			command: ["mcconfig", "-p", board.platform, "-t", "build", "-o", folder, "manifest.json"],
			directory: folder,
		},
		{
			title: "build",
			command: ["make", "-f", join(temporary(board, folder), "makefile"), "build"],
			directory: folder,
			hint: 'is ESP-IDF active in this shell? ". $IDF_PATH/export.sh"',
		},
	];
}

/**
 * Writes the manifest of this build: that of the board, with this bundle as the program. A manifest
 * that is included later overrides what an earlier one has said of the build.
 */
export function prepareBuild({ board, packageRoot, bundle, outDir, profile }: BuildOptions): void {
	if (!existsSync(bundle))
		throw new FlashFault(`no device bundle ${bundle}; isobar build makes it`);
	const folder = join(outDir, board.name);
	mkdirSync(folder, { recursive: true });
	const include = [join(packageRoot, "manifests", `${board.name}.json`)];
	if (profile === "production") include.push(writeProduction(folder, packageRoot));
	const manifest = { include, modules: { main: bundle.replace(/\.js$/, "") } };
	writeJson(join(folder, "manifest.json"), manifest);
}

/** Writes the sdkconfig of an image for production; returns the manifest that names it. */
function writeProduction(folder: string, packageRoot: string): string {
	const sdkconfig = join(folder, "production");
	mkdirSync(sdkconfig, { recursive: true });
	const texts = sdkconfigFiles("production").map((file) =>
		readFileSync(join(packageRoot, "manifests", "sdkconfig", file), "utf8"),
	);
	writeFileSync(join(sdkconfig, "sdkconfig.defaults"), texts.join("\n"));
	const manifest = join(sdkconfig, "manifest.json");
	writeJson(manifest, { build: { SDKCONFIGPATH: sdkconfig } });
	return manifest;
}

/** The files of manifests/sdkconfig that make a profile, in their order. */
export function sdkconfigFiles(profile: Profile): string[] {
	const usual = "sdkconfig.defaults";
	return profile === "development" ? [usual] : [usual, "production.defaults"];
}

function writeJson(path: string, value: object): void {
	writeFileSync(path, `${JSON.stringify(value, undefined, "\t")}\n`);
}

/** Puts what ESP-IDF itself compiles, the TLS engine, into the project that mcconfig has made. */
export function linkComponents({ board, packageRoot, outDir }: BuildOptions): void {
	const project = join(temporary(board, join(outDir, board.name)), `xsProj-${board.chip}`);
	const link = join(project, "components");
	rmSync(link, { recursive: true, force: true });
	symlinkSync(join(packageRoot, "manifests", "components"), link);
}

function temporary(board: Board, folder: string): string {
	return join(folder, "tmp", board.platform, "release", board.name);
}

/** Looks for what a build needs. @throws {FlashFault} when it is not there */
export function requireBuildTools(here: Surroundings): void {
	requireNeeds(buildNeeds(here));
}

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Step } from "./steps.ts";
import { mcconfig, moddable, type Need, need, onPath, type Surroundings } from "./workplace.ts";

/** The firmware for Linux: what it is made of, and who it is. */
export interface LinuxOptions {
	/** Folder of Isobar's package.json. */
	readonly packageRoot: string;
	/** main.js of the device bundle. */
	readonly bundle: string;
	/** Takes everything that comes out, in a folder of it. */
	readonly outDir: string;
	readonly thing: string;
	readonly endpoint: string;
	readonly port: number;
	/** Directory of the local cloud: the device reads its credentials there, and keeps its flash beside them. */
	readonly data: string;
}

/** What comes out: the machine as a shared object, and the program that opens it. */
export interface LinuxProgram {
	readonly library: string;
	readonly runner: string;
}

/** What a build for Linux needs, in the order in which it is best put right. */
export function linuxNeeds(here: Surroundings): Need[] {
	const apt = (name: string): string => `sudo apt install ${name}`;
	return [
		moddable(here),
		mcconfig(here),
		need("cc", onPath("cc", here.environment), "not on the PATH", apt("gcc libc6-dev")),
		need("make", onPath("make", here.environment), "not on the PATH", apt("make")),
		need("GLib", glib(here, "--modversion"), "no headers of it", apt("libglib2.0-dev pkg-config")),
		need("libmbedtls", mbedtls(here), "no headers of it", apt("libmbedtls-dev")),
	];
}

function glib({ ask }: Surroundings, what: string): string | undefined {
	return ask(["pkg-config", what, "glib-2.0"]);
}

function mbedtls({ ask }: Surroundings): string | undefined {
	const macros = ask(["cc", "-E", "-dM", "-include", "mbedtls/version.h", "-x", "c", "/dev/null"]);
	return /MBEDTLS_VERSION_STRING\s+"([^"]+)"/.exec(macros ?? "")?.[1];
}

export function linuxProgram(outDir: string): LinuxProgram {
	const folder = folderOf(outDir);
	const library = join(folder, "bin", "lin", "mc", "release", basename(folder), "mc.so");
	return { library, runner: join(folder, "run") };
}

function folderOf(outDir: string): string {
	return resolve(outDir, "linux");
}

/** Writes the manifest of this build: that of Linux, with this bundle as the program. */
export function prepareLinux({ packageRoot, bundle, outDir }: LinuxOptions): void {
	const folder = folderOf(outDir);
	mkdirSync(folder, { recursive: true });
	const manifest = {
		include: [join(packageRoot, "manifests", "linux.json")],
		modules: { main: bundle.replace(/\.js$/, "") },
	};
	writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, undefined, "\t")}\n`);
}

/** The commands that build it. `prepareLinux` comes before the first. */
export function linuxSteps(options: LinuxOptions, here: Surroundings): Step[] {
	const { packageRoot, outDir, thing, endpoint, port, data } = options;
	const folder = folderOf(outDir);
	const { runner } = linuxProgram(outDir);
	const makefile = join(folder, "tmp", "lin", "mc", "release", basename(folder), "makefile");
	const config = Object.entries({ thing, endpoint, port, files: resolve(data) });
	const { MODDABLE = "$MODDABLE" } = here.environment;
	return [
		{
			title: "configure",
			// Without a target mcconfig's makefile goes for the simulator, and ends other copies of it by name.
			command: [
				...["mcconfig", "-p", "lin", "-t", "build", "-o", folder, "manifest.json"],
				...config.map(([name, value]) => `${name}=${value}`),
			],
			directory: folder,
		},
		{
			title: "build",
			command: ["make", "-f", makefile, "build"],
			directory: folder,
			hint: "the SDK's tools have to be built for this machine",
		},
		{
			title: "runner",
			command: [
				...["cc", "-std=gnu11", "-O1", "-o", runner],
				join(packageRoot, "manifests", "linux", "run.c"),
				`-I${join(MODDABLE, "build", "simulators", "modules")}`,
				...(glib(here, "--cflags") ?? "").split(/\s+/).filter((word) => word !== ""),
				...(glib(here, "--libs") ?? "-lglib-2.0").split(/\s+/),
				"-ldl",
			],
		},
	];
}

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What the SDK and ESP-IDF have to be: those that the manifests were checked against. */
const wanted = Object.freeze({ moddable: "8.2", idf: "6.0" } as const);

/** The surroundings, so that tests can have their own. */
export interface Surroundings {
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** What a command prints, trimmed; `undefined` when it cannot be run or fails. */
	ask(command: readonly string[]): string | undefined;
	/** Serial ports that there are. */
	ports(): readonly string[];
	/** Whether this process may write to a device. */
	mayUse(port: string): boolean;
}

export const realSurroundings: Surroundings = {
	environment: process.env,
	ask([program, ...words]) {
		const { status, stdout } = spawnSync(program!, words, { encoding: "utf8" });
		return status === 0 ? stdout.trim() : undefined;
	},
	ports() {
		if (!existsSync("/dev")) return [];
		const names = readdirSync("/dev").filter((name) => serialName.test(name));
		return names.map((name) => join("/dev", name));
	},
	mayUse(port) {
		try {
			accessSync(port, constants.R_OK | constants.W_OK);
			return true;
		} catch {
			return false;
		}
	},
};

/** USB serial ports of Linux and macOS. */
const serialName = /^(ttyUSB|ttyACM|cu\.usb|cu\.SLAB|cu\.wchusb)/;

/** One thing that a build or a flash needs. */
export interface Need {
	readonly name: string;
	/** What was found, or what is wrong. */
	readonly found: string;
	readonly isMet: boolean;
	/** The step that mends it, when it is not met. */
	readonly step: string;
}

/** What a build needs, in the order in which it is best put right. */
export function buildNeeds(here: Surroundings): Need[] {
	return [moddable(here), mcconfig(here), idf(here), compiler(here)];
}

/** What writing to a board needs. */
export function flashNeeds(here: Surroundings): Need[] {
	return [idf(here), esptool(here), nvsGenerator(here), serialPort(here)];
}

/** @param found  `undefined` when it is not as it should be; then it is `missing` */
export function need(name: string, found: string | undefined, missing: string, step: string): Need {
	return { name, found: found ?? missing, isMet: found !== undefined, step };
}

export function moddable({ environment }: Surroundings): Need {
	const { MODDABLE } = environment;
	const name = "Moddable SDK";
	const step = `get release ${wanted.moddable} of Moddable-OpenSource/moddable, build its tools, and set MODDABLE to its folder`;
	if (MODDABLE === undefined) return need(name, undefined, "MODDABLE is not set", step);
	const version = readIfPresent(join(MODDABLE, "tools", "VERSION"));
	if (version === undefined) return need(name, undefined, `no SDK in ${MODDABLE}`, step);
	const found = version.startsWith(`${wanted.moddable}.`) ? `${version} in ${MODDABLE}` : undefined;
	return need(name, found, `${version} in ${MODDABLE}, expected ${wanted.moddable}`, step);
}

export function mcconfig({ environment }: Surroundings): Need {
	const { MODDABLE = "$MODDABLE" } = environment;
	return need(
		"mcconfig",
		onPath("mcconfig", environment),
		"not on the PATH",
		`add ${join(MODDABLE, "build", "bin", "lin", "release")} (mac: "mac") to PATH`,
	);
}

function idf({ environment, ask }: Surroundings): Need {
	const { IDF_PATH } = environment;
	const name = "ESP-IDF";
	const step = `install ESP-IDF v${wanted.idf} (git clone -b v${wanted.idf}.2 --recursive, ./install.sh), then ". $IDF_PATH/export.sh" in this shell`;
	if (IDF_PATH === undefined) return need(name, undefined, "IDF_PATH is not set", step);
	const version =
		readIfPresent(join(IDF_PATH, "version.txt")) ??
		ask(["git", "-C", IDF_PATH, "describe", "--always", "--abbrev=0"]);
	if (version === undefined) return need(name, undefined, `no ESP-IDF in ${IDF_PATH}`, step);
	const isRight = version.replace(/^v/, "").startsWith(wanted.idf);
	const where = `${version} in ${IDF_PATH}`;
	return need(name, isRight ? where : undefined, `${where}, expected v${wanted.idf}`, step);
}

function compiler({ environment }: Surroundings): Need {
	const names = [
		"xtensa-esp32-elf-gcc",
		"xtensa-esp32s3-elf-gcc",
		"xtensa-esp-elf-gcc",
		"riscv32-esp-elf-gcc",
	];
	const found = names.filter((name) => onPath(name, environment) !== undefined);
	return need(
		"compilers",
		found.length === 0 ? undefined : found.join(", "),
		"none of ESP-IDF's on the PATH",
		'". $IDF_PATH/export.sh" in this shell',
	);
}

function esptool({ ask }: Surroundings): Need {
	return need(
		"esptool",
		ask(["python", "-m", "esptool", "version"])?.split("\n").at(-1),
		"python has no module esptool",
		'". $IDF_PATH/export.sh" in this shell',
	);
}

function nvsGenerator({ environment }: Surroundings): Need {
	const path = nvsGeneratorPath(environment);
	return need(
		"NVS generator",
		path !== undefined && existsSync(path) ? path : undefined,
		"not there",
		"it comes with ESP-IDF: set IDF_PATH",
	);
}

function serialPort({ ports, mayUse }: Surroundings): Need {
	const all = ports();
	const usable = all.filter(mayUse);
	const step =
		all.length === 0
			? "plug in the board with a data cable; some cables only charge"
			: `sudo usermod -a -G dialout $USER, then log in again`;
	return need(
		"serial port",
		usable.length === 0 ? undefined : usable.join(", "),
		all.length === 0 ? "no board is plugged in" : `${all.join(", ")}, not for this user`,
		step,
	);
}

/** ESP-IDF's own generator of NVS partition images. */
export function nvsGeneratorPath(environment: Surroundings["environment"]): string | undefined {
	const { IDF_PATH } = environment;
	if (IDF_PATH === undefined) return undefined;
	return join(IDF_PATH, "components/nvs_flash/nvs_partition_generator/nvs_partition_gen.py");
}

/** Where a program is, or `undefined`. */
export function onPath(
	name: string,
	{ PATH = "" }: Surroundings["environment"],
): string | undefined {
	return PATH.split(delimiter)
		.filter((folder) => folder !== "")
		.map((folder) => join(folder, name))
		.find((path) => existsSync(path));
}

function readIfPresent(path: string): string | undefined {
	return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

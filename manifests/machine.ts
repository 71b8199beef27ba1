import { statfsSync } from "node:fs";
import { createServer } from "node:net";
import {
	buildNeeds,
	flashNeeds,
	type Need,
	need,
	onPath,
	realSurroundings,
	type Surroundings,
} from "./workplace.ts";

/** What `isobar doctor` looks at beside the surroundings of a build. */
export interface Machine extends Surroundings {
	readonly nodeVersion: string;
	/** UTC ms. */
	readonly now: number;
	/** Free bytes where the command runs. */
	readonly freeBytes: number;
	/** Whether nobody on this machine listens on a TCP port. */
	isFree(port: number): Promise<boolean>;
}

/** For what a machine is looked at. */
export const areas = Object.freeze(["run", "test", "build", "flash"] as const);
export type Area = (typeof areas)[number];

export const realMachine: Machine = {
	...realSurroundings,
	nodeVersion: process.version,
	get now() {
		return Date.now();
	},
	get freeBytes() {
		const { bavail, bsize } = statfsSync(process.cwd());
		return bavail * bsize;
	},
	isFree(port) {
		return new Promise((resolve) => {
			const server = createServer()
				.once("error", () => resolve(false))
				.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
	},
};

/** The oldest Node that everything runs on. */
const oldestNode = [20, 19] as const;
/** Of the local cloud: MQTT over TLS, and its page. */
const ports = [8883, 8080] as const;
const megabyte = 1_000_000;
/** The archive of a fleet for some months; ESP-IDF's build of one board. */
const runBytes = 500 * megabyte;
const buildBytes = 2_000 * megabyte;
/** How far the clock may be from the build of this program, ms: no earlier, and ten years later. */
const clockSpan = 10 * 365.25 * 86_400_000;

/**
 * What a machine needs for one thing, in the order in which it is best put right.
 *
 * @param builtAt  when this release was made, UTC ms: no clock shows less
 */
export async function needsOf(area: Area, here: Machine, builtAt: number): Promise<Need[]> {
	switch (area) {
		case "run":
			return [
				node(here),
				clock(here, builtAt),
				disk(here, runBytes),
				...(await Promise.all(ports.map((one) => port(one, here)))),
			];
		case "test":
			return [
				tool("gcc", "sudo apt install gcc libc6-dev", here),
				mbedtls(here),
				tool("openssl", "sudo apt install openssl", here),
				tool("mosquitto", "sudo apt install mosquitto mosquitto-clients", here),
			];
		case "build":
			return [...buildNeeds(here), disk(here, buildBytes)];
		case "flash":
			return flashNeeds(here);
	}
}

function node({ nodeVersion }: Machine): Need {
	const [major = 0, minor = 0] = nodeVersion.replace(/^v/, "").split(".").map(Number);
	const isNewer = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
	const wanted = oldestNode.join(".");
	return need(
		"Node",
		isNewer ? nodeVersion : undefined,
		`${nodeVersion}, expected ${wanted} or newer`,
		`install Node ${wanted} or newer`,
	);
}

function clock({ now }: Machine, builtAt: number): Need {
	const text = new Date(now).toISOString();
	const isSane = now >= builtAt && now < builtAt + clockSpan;
	return need(
		"clock",
		isSane ? text : undefined,
		`${text}, while this release is of ${new Date(builtAt).toISOString().slice(0, 10)}`,
		"set the clock: certificates are checked against it; sudo timedatectl set-ntp true",
	);
}

function disk({ freeBytes }: Machine, wanted: number): Need {
	const found = `${Math.floor(freeBytes / megabyte)} MB free`;
	return need(
		"disk",
		freeBytes >= wanted ? found : undefined,
		`${found}, expected ${wanted / megabyte} MB`,
		"make room, or use another folder with --data",
	);
}

async function port(number: number, here: Machine): Promise<Need> {
	const isFree = await here.isFree(number);
	return need(
		`port ${number}`,
		isFree ? "free" : undefined,
		"in use",
		`end what listens there (ss -ltnp "sport = :${number}" shows it), or choose another port`,
	);
}

function tool(name: string, step: string, { environment }: Surroundings): Need {
	return need(name, onPath(name, environment), "not on the PATH", step);
}

function mbedtls({ ask }: Surroundings): Need {
	const macros = ask(["gcc", "-E", "-dM", "-include", "mbedtls/version.h", "-x", "c", "/dev/null"]);
	const version = /MBEDTLS_VERSION_STRING\s+"([^"]+)"/.exec(macros ?? "")?.[1];
	return need("libmbedtls", version, "no headers of it", "sudo apt install libmbedtls-dev");
}

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Profile } from "./build.ts";
import { parsePartitions, partitionNamed } from "./partitions.ts";
import { FlashFault, type Step } from "./steps.ts";
import { nvsGeneratorPath, type Surroundings } from "./workplace.ts";

/** Who a device is: everything of it that is in no firmware image. */
export interface IdentityOptions {
	readonly thing: string;
	/** Host name or address of the broker, as its certificate has it. */
	readonly endpoint: string;
	readonly port: number;
	/** Directory of the local cloud: ca.crt, things/<thing>.crt and .key. */
	readonly data: string;
	/** Access point; left out for Ethernet. */
	readonly wifi?: { readonly ssid: string; readonly password?: string };
	/** Where it stands, when not as the station's definition says. */
	readonly site?: {
		readonly name: string;
		readonly latitude: number;
		readonly longitude: number;
		readonly heightM: number;
	};
	/** Host name of the time server, when not pool.ntp.org. */
	readonly timeServer?: string;
	/** The claim certificate of a batch, with which the device gets itself an identity. */
	readonly claim?: {
		readonly template: string;
		readonly parameters: Readonly<Record<string, string>>;
	};
}

/** Bytes of a text that the firmware reads: native/identity.c. */
const textBytes = 255;

/**
 * The lines that ESP-IDF's NVS generator makes an image of. Keys and certificates stand in it as
 * the names of their files.
 *
 * @throws {FlashFault} for a file that is missing and a text that is too long
 */
export function identityLines(options: IdentityOptions): string {
	const { thing, endpoint, port, data, wifi, site, timeServer, claim } = options;
	const credentials = claim ? join(data, "claims", claim.template) : join(data, "things", thing);
	const rows: string[][] = [
		["key", "type", "encoding", "value"],
		["isobar", "namespace", "", ""],
		text("thing", thing),
		text("endpoint", endpoint),
		text("port", String(port)),
		file("authority", join(data, "ca.crt")),
		file("certificate", `${credentials}.crt`),
		file("key", `${credentials}.key`),
	];
	if (claim !== undefined) {
		rows.push(
			text("template", claim.template),
			text("parameters", JSON.stringify(claim.parameters)),
		);
	}
	if (timeServer !== undefined) rows.push(text("time", timeServer));
	if (wifi !== undefined) {
		rows.push(text("ssid", wifi.ssid));
		if (wifi.password !== undefined) rows.push(text("password", wifi.password));
	}
	if (site !== undefined) {
		rows.push(
			text("site", site.name),
			text("latitude", String(site.latitude)),
			text("longitude", String(site.longitude)),
			text("height", String(site.heightM)),
		);
	}
	return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function text(key: string, value: string): string[] {
	if (value === "" || Buffer.byteLength(value) > textBytes || /[\0\r\n]/.test(value)) {
		throw new FlashFault(`identity: ${key}: expected 1 to ${textBytes} bytes on one line`);
	}
	return [key, "data", "string", value];
}

function file(key: string, path: string): string[] {
	if (!existsSync(path)) {
		throw new FlashFault(
			`identity: no file ${path}; the local cloud makes it, or name its directory`,
		);
	}
	return [key, "file", "binary", resolve(path)];
}

/** RFC 4180. */
function cell(value: string): string {
	return /[",\s]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The files of an identity: what the generator reads, and what it makes. */
export interface IdentityFiles {
	readonly lines: string;
	readonly image: string;
	/** What the image is encrypted with, in the production profile; for the partition nvs_keys. */
	readonly keys: string;
}

export function identityFiles(outDir: string, thing: string): IdentityFiles {
	const folder = join(outDir, "identities");
	const stem = join(folder, thing);
	// The generator has a folder of its own for keys.
	return { lines: `${stem}.csv`, image: `${stem}.bin`, keys: join(folder, "keys", `${thing}.bin`) };
}

/** Writes what the generator reads, for the eyes of this user only. */
export function writeIdentityLines(files: IdentityFiles, options: IdentityOptions): void {
	const lines = identityLines(options);
	mkdirSync(join(files.lines, ".."), { recursive: true, mode: 0o700 });
	rmSync(files.lines, { force: true });
	writeFileSync(files.lines, lines, { mode: 0o600 });
}

/**
 * The commands that make the image of the identity partition, in production with keys of its own.
 *
 * @throws {FlashFault} where ESP-IDF is not there
 */
export function identitySteps(
	{ lines, image, keys }: IdentityFiles,
	profile: Profile,
	packageRoot: string,
	{ environment }: Surroundings,
): Step[] {
	const generator = nvsGeneratorPath(environment);
	if (generator === undefined) {
		throw new FlashFault(
			'IDF_PATH is not set: the image of an identity is made by ESP-IDF; ". $IDF_PATH/export.sh" in this shell',
		);
	}
	const { size } = partitionNamed(partitionsOf(packageRoot), "identity");
	const files = [lines, image, `0x${size.toString(16)}`];
	const command = ["python", generator];
	if (profile === "development") {
		return [{ title: "identity", command: [...command, "generate", ...files] }];
	}
	const place = ["--keyfile", basename(keys), "--outdir", dirname(dirname(keys))];
	return [
		{ title: "keys", command: [...command, "generate-key", ...place] },
		{ title: "identity", command: [...command, "encrypt", ...files, "--inputkey", keys] },
	];
}

export function partitionsOf(packageRoot: string): ReturnType<typeof parsePartitions> {
	return parsePartitions(readFileSync(join(packageRoot, "manifests", "partitions.csv"), "utf8"));
}

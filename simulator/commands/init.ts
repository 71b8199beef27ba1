import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	writeFileSync,
} from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { boardNamed } from "../../manifests/flash.ts";
import { ExitCode, type Host } from "./host.ts";
import { type ProjectFacts, projectFiles } from "./initfiles.ts";
import { UsageError } from "./options.ts";

/** What the user asked for, by the names of the options. */
export interface InitOptions {
	/** Where the project goes; made when it is not there. */
	readonly dir: string;
	/** As in package.json: a version, or `file:` and a path; what this command is part of, by default. */
	readonly isobar?: string;
	readonly json?: boolean;
}

/** The example that a project begins with: a station, a sensor of one's own, its part and its test. */
const example = "examples/own-sensor";
/** What may stand in a folder that a project is made in. */
const harmless = new Set([".git", ".gitignore", "README.md", "LICENSE"]);

/**
 * `isobar init DIR`: a project of one's own. A file that is there already is never written over.
 *
 * @throws {UsageError} for a folder that has something in it
 */
export async function init(options: InitOptions, host: Host): Promise<ExitCode> {
	const dir = resolve(options.dir);
	requireEmpty(options.dir, dir);
	mkdirSync(dir, { recursive: true });
	const source = join(host.packageRoot, example);
	const copied = readdirSync(source);
	for (const name of copied) copyFileSync(join(source, name), join(dir, name));
	const written = Object.entries(projectFiles(await factsOf(options, dir, host)))
		.filter(([name]) => !existsSync(join(dir, name)))
		.map(([name, text]) => {
			writeFileSync(join(dir, name), text);
			return name;
		});
	const files = [...copied, ...written].sort();
	host.stdout.write(
		options.json ? `${JSON.stringify({ dir, files })}\n` : nextSteps(options.dir, files),
	);
	return ExitCode.Ok;
}

function requireEmpty(given: string, dir: string): void {
	if (!existsSync(dir)) return;
	const there = readdirSync(dir).filter((name) => !harmless.has(name));
	if (there.length === 0) return;
	throw new UsageError(
		`init: ${given} has ${there.slice(0, 3).join(", ")}${there.length > 3 ? ", …" : ""} in it; expected a new or empty folder`,
	);
}

/** What package.json of the project says. */
async function factsOf(
	{ isobar }: InitOptions,
	dir: string,
	{ packageRoot }: Host,
): Promise<ProjectFacts> {
	const { version, dependencies, devDependencies } = JSON.parse(
		readFileSync(join(packageRoot, "package.json"), "utf8"),
	);
	return {
		name: packageName(basename(dir)),
		board: boardNamed("esp32").name,
		isobar: isobar ?? ownSpecifier(packageRoot, version, dir),
		jest: devDependencies.jest,
		typescript: dependencies.typescript,
	};
}

/** The version of an installed package; the path of one that is not. */
function ownSpecifier(packageRoot: string, version: string, dir: string): string {
	const isInstalled = packageRoot.split(sep).includes("node_modules");
	return isInstalled ? version : `file:${relative(dir, packageRoot)}`;
}

/** A name that npm takes. */
function packageName(text: string): string {
	const name = text
		.toLowerCase()
		.replace(/[^a-z0-9-]+/g, "-")
		.replace(/^-+|-+$/g, "");
	return name === "" ? "weather-station" : name;
}

function nextSteps(dir: string, files: readonly string[]): string {
	const lines = [
		`${dir} has ${files.join(", ")}.`,
		"",
		`  cd ${dir}`,
		"  npm install",
		"  npm test            # types, then your sensor and its simulated part in virtual time",
		"  npm start           # your station reports to a local cloud, until Ctrl-C",
		"  npm run doctor      # what this machine needs for a board",
	];
	return `${lines.join("\n")}\n`;
}

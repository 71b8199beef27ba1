/** `npm start`: builds when a source is newer than what was built, then runs `isobar`. */
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildDesktop } from "./build.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["firmware", "sensors", "simulator", "cloud", "examples", "manifests", "scripts"];
const files = ["package.json", "rollup.config.js", "tsconfig.json"];

/** The time of the newest file under a folder, in ms. */
function newest(folder) {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile())
		.reduce(
			(latest, entry) => Math.max(latest, statSync(`${entry.parentPath}/${entry.name}`).mtimeMs),
			0,
		);
}

function isStale() {
	const built = statSync(`${root}dist/cli.js`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
	const changed = [
		...sources.map((folder) => newest(root + folder)),
		...files.map((file) => statSync(root + file).mtimeMs),
	];
	return Math.max(...changed) > built;
}

const startedIn = process.cwd();
if (isStale()) {
	console.error("Building Isobar, this takes some seconds …");
	try {
		await buildDesktop();
	} catch (error) {
		console.error(`build: ${error.message}`);
		process.exit(1);
	}
}
process.chdir(startedIn);
process.argv.splice(1, 1, `${root}dist/cli.js`);
await import("../dist/cli.js");

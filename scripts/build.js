/** `npm run build`: the device bundle, the npm package with its types, and the command. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds what `isobar` needs to run; throws with one line on the first failure. */
export async function buildDesktop() {
	// The configuration names its files from the root.
	process.chdir(root);
	const { desktop, page } = await import("../rollup.config.js");
	const results = [];
	// What is there stays until everything has compiled.
	for (const one of [desktop, page]) results.push([await rollup(one), one.output]);
	rmSync("dist", { recursive: true, force: true });
	for (const [result, output] of results) {
		await result.write(output);
		await result.close();
	}
}

/** Writes the declarations of the four entry points. */
function buildTypes() {
	run("the declarations", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json"]);
}

/** Bundles the firmware with the station of the examples, and prints what is in it. */
function buildDevice() {
	const station = ["--station", "examples/station.ts"];
	run("the device bundle", ["dist/cli.js", "build", ...station, "--bundle", "dist/device"]);
}

function run(what, words) {
	const { status } = spawnSync(process.execPath, words, { stdio: "inherit" });
	if (status !== 0) throw new Error(`${what} could not be made; see the lines above`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		await buildDesktop();
		buildTypes();
		buildDevice();
	} catch (error) {
		console.error(`build: ${error.message}`);
		process.exit(1);
	}
}

/** `npm run build`: the device bundle, the npm package with its types, and the command. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds outputs of rollup.config.js afresh, by name; throws with one line on the first failure.
 */
async function bundle(names) {
	// The configuration names its files from the root.
	process.chdir(root);
	const configuration = await import("../rollup.config.js");
	const results = [];
	// What is there stays until everything has compiled.
	for (const one of names.map((name) => configuration[name])) {
		results.push([await rollup(one), one.output]);
	}
	rmSync("dist", { recursive: true, force: true });
	for (const [result, output] of results) {
		await result.write(output);
		await result.close();
	}
}

/** Builds what `isobar` needs to run. */
export const buildDesktop = () => bundle(["desktop"]);

/** Writes the declarations of the four entry points. */
function buildTypes() {
	const tsc = "node_modules/typescript/bin/tsc";
	const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.types.json"], {
		stdio: "inherit",
	});
	if (status !== 0) throw new Error("the declarations could not be made; see the lines above");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		await bundle(["desktop", "device"]);
		buildTypes();
	} catch (error) {
		console.error(`build: ${error.message}`);
		process.exit(1);
	}
}

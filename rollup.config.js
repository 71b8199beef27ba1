import { readdirSync, readFileSync } from "node:fs";
import typescript from "@rollup/plugin-typescript";
import { grammars } from "./scripts/grammar.js";
import { page } from "./scripts/page.js";

const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));

/** The packages of node_modules that are installed with the npm package. */
const packages = Object.keys(manifest.dependencies).map(
	(name) => new RegExp(`^${name.replaceAll("/", "\\/")}(\\/|$)`),
);

function strict(warning) {
	throw new Error(warning.message);
}

const compile = (tsconfig) =>
	typescript({ tsconfig, noEmit: false, noEmitOnError: true, declaration: false, sourceMap: true });

/** The weather records that the simulator plays, beside the code that plays them. */
const records = {
	name: "weather-records",
	buildStart() {
		const fileName = "surfrad-alamosa-2016-01-01.csv";
		const source = readFileSync(new URL(`./simulator/weather/data/${fileName}`, import.meta.url));
		this.emitFile({ type: "asset", fileName: `weather/${fileName}`, source });
	},
};

/** JSON files that are imported as modules: the document of the HTTP API. */
const json = {
	name: "json",
	transform: (code, id) =>
		id.endsWith(".json") ? { code: `export default ${code}`, map: { mappings: "" } } : null,
};

/** The scenarios that come with `isobar sim`. */
const scenarios = {
	name: "scenarios",
	buildStart() {
		const folder = new URL("./simulator/scenario/", import.meta.url);
		for (const name of readdirSync(folder).filter((one) => one.endsWith(".json"))) {
			const source = readFileSync(new URL(name, folder));
			this.emitFile({ type: "asset", fileName: `scenarios/${name}`, source });
		}
	},
};

/** The npm package: four entry points and the command, which bundles the firmware for a board. */
export const desktop = {
	input: {
		firmware: "firmware/index.ts",
		sensors: "sensors/index.ts",
		simulator: "simulator/index.ts",
		cloud: "cloud/index.ts",
		cli: "simulator/cli.ts",
		jest: "simulator/jest.ts",
	},
	external: [/^node:/, ...packages],
	plugins: [grammars, json, compile("tsconfig.build.json"), records, scenarios],
	onwarn: strict,
	output: {
		dir: "dist",
		format: "es",
		sourcemap: true,
		chunkFileNames: "chunks/[name]-[hash].js",
	},
};

export { page };

export default [desktop, page];

import { readdirSync, readFileSync } from "node:fs";
import typescript from "@rollup/plugin-typescript";
import { grammars } from "./scripts/grammar.js";

const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));

/** What Moddable supplies on the chip; anything else in the device bundle is a defect. */
const deviceExternals = [/^embedded:/, "timer", "time", "mc/config"];

/** The station that the device bundle is built for. */
const stationFile = process.env.ISOBAR_STATION ?? "examples/station.ts";

/** The packages of node_modules that are installed with the npm package. */
const packages = Object.keys(manifest.dependencies).map(
	(name) => new RegExp(`^${name.replaceAll("/", "\\/")}(\\/|$)`),
);

function strict(warning) {
	throw new Error(warning.message);
}

const compile = (tsconfig) =>
	typescript({ tsconfig, noEmit: false, noEmitOnError: true, declaration: false, sourceMap: true });

/** Entry points that are the project's own modules when a station imports them by package name. */
const own = {
	name: "own-entry-points",
	async resolveId(source, importer) {
		if (source === "isobar:station") return this.resolve(`./${stationFile}`);
		const entry = /^isobar\/(firmware|sensors)$/.exec(source);
		return entry === null ? null : this.resolve(`./${entry[1]}/index.ts`, importer && undefined);
	},
};

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

/** The bundle for the chip. */
export const device = {
	input: { main: "firmware/platform/moddable/main.ts" },
	external: deviceExternals,
	plugins: [own, compile("firmware/platform/tsconfig.json")],
	onwarn: strict,
	output: { dir: "dist/device", format: "es", sourcemap: true },
};

/** The npm package: four entry points, the command, and the tools of boards. */
export const desktop = {
	input: {
		firmware: "firmware/index.ts",
		sensors: "sensors/index.ts",
		simulator: "simulator/index.ts",
		cloud: "cloud/index.ts",
		cli: "simulator/cli.ts",
		tools: "manifests/flash.ts",
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

export default [desktop, device];

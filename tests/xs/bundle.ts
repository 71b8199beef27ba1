import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Plugin, rollup } from "rollup";
import ts from "typescript";
import station from "../../examples/station.ts";
import { featuresOf } from "../../firmware/index.ts";
import { features, withoutFeature, withoutPrefix } from "../../manifests/features.ts";

export const root = join(__dirname, "../..");
/** What is compiled and bundled here goes here; nothing else is written. */
export const output = join(__dirname, "build");

/** Takes the types away, and nothing else: `npm run check` has looked at them. */
const strip: Plugin = {
	name: "strip-types",
	transform(code, id) {
		if (id.endsWith(".json")) return { code: `export default ${code}`, map: null };
		const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
		return { code: ts.transpileModule(code, { compilerOptions }).outputText, map: null };
	},
};

/** Entry points that a station imports by the name of the package. */
const own: Plugin = {
	name: "own-entry-points",
	resolveId(source) {
		const entry = /^isobar\/(firmware|sensors)$/.exec(source);
		return entry === null ? null : join(root, entry[1]!, "index.ts");
	},
};

const asked = featuresOf(station);
const without = new Map(
	features
		.filter(({ key }) => !asked[key as keyof typeof asked])
		.map((feature) => [join(root, feature.module), feature]),
);

/** Leaves out the features that the station does without, as the build of a device does. */
const leaveOut: Plugin = {
	name: "leave-out-features",
	async resolveId(source, importer) {
		if (importer?.startsWith(withoutPrefix)) return source;
		const resolved = await this.resolve(source, importer, { skipSelf: true });
		return resolved !== null && without.has(resolved.id) ? withoutPrefix + resolved.id : resolved;
	},
	load(id) {
		if (!id.startsWith(withoutPrefix)) return null;
		const path = id.slice(withoutPrefix.length);
		return withoutFeature(without.get(path)!, path);
	},
};

/** @returns the file of the bundle of a program, for XS and for Node alike */
export async function bundle(entry: string): Promise<string> {
	mkdirSync(output, { recursive: true });
	const file = join(output, entry.replace(/^.*\//, "").replace(/\.ts$/, ".js"));
	const result = await rollup({ input: join(root, entry), plugins: [own, strip] });
	await result.write({ file, format: "es" });
	await result.close();
	return file;
}

/**
 * The modules that an entry needs, without what none of them uses and the station does without, each in a file
 * of its own; what stands in for a feature is in `_virtual`.
 *
 * @returns the folder, in which the files stand as in the source
 */
export async function writeModules(entry: string): Promise<string> {
	const dir = join(output, "modules");
	rmSync(dir, { recursive: true, force: true });
	const result = await rollup({ input: join(root, entry), plugins: [leaveOut, own, strip] });
	const preserved = { preserveModules: true, preserveModulesRoot: root } as const;
	await result.write({ dir, format: "es", ...preserved });
	await result.close();
	return dir;
}

export function versionOf(name: string): string {
	const file = join(__dirname, "node_modules", name, "package.json");
	try {
		return JSON.parse(readFileSync(file, "utf8")).version;
	} catch {
		throw new Error(`${name} is not installed: run npm ci --prefix ${dirname(file)} first`);
	}
}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RollupError } from "rollup";
import { messageOf } from "./destination.ts";
import type { StationModule } from "./host.ts";
import { UsageError } from "./options.ts";

/** What a station file may import by name; anything else would not be on the chip. */
const entryPoint = /^isobar\/(firmware|sensors|simulator)$/;

/**
 * Compiles a station file with what it imports of the user's own, checks its types, and loads it.
 * The modules of Isobar stay what they are in this process, so that classes are the same ones.
 *
 * @param file         TypeScript or JavaScript
 * @param buildDir     takes what comes out
 * @param packageRoot  folder of Isobar's package.json, ending in a slash
 * @throws {UsageError} with one line: file, line, what is wrong
 */
export async function loadStationFile(
	file: string,
	buildDir: string,
	packageRoot: URL,
): Promise<StationModule> {
	if (!existsSync(file))
		throw new UsageError(`--station: no file ${file}; expected a station file`);
	const output = await compile(resolve(file), resolve(buildDir), packageRoot);
	let module: { default?: unknown; parts?: unknown };
	try {
		module = await import(pathToFileURL(output).href);
	} catch (error) {
		throw new UsageError(`--station: ${file}: ${messageOf(error)}`);
	}
	return check(module, file);
}

function check(
	{ default: definition, parts = {} }: { default?: unknown; parts?: unknown },
	file: string,
): StationModule {
	if (!isObject(definition) || !("sensors" in definition) || !("cadence" in definition)) {
		throw new UsageError(
			`--station: ${file} has no station as its default export; expected \`export default defineStation({…})\``,
		);
	}
	if (!isObject(parts) || Object.values(parts).some((one) => typeof one !== "function")) {
		throw new UsageError(
			`--station: ${file}: parts: expected functions by the names of parts, as { SCD41: (surroundings, options) => … }`,
		);
	}
	return { definition, parts } as unknown as StationModule;
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}

/** Returns the path of one ECMAScript module. */
async function compile(file: string, buildDir: string, packageRoot: URL): Promise<string> {
	const { rollup } = await import("rollup");
	const { default: typescript } = await import("@rollup/plugin-typescript");
	mkdirSync(buildDir, { recursive: true });
	const mark = createHash("sha256").update(file).digest("hex").slice(0, 8);
	const output = join(buildDir, `${basename(file).replace(/\.\w+$/, "")}-${mark}.mjs`);
	try {
		const bundle = await rollup({
			input: file,
			plugins: [
				{
					name: "entry-points",
					resolveId(source, importer) {
						const entry = entryPoint.exec(source);
						if (entry !== null) {
							return { id: new URL(`dist/${entry[1]}.js`, packageRoot).href, external: true };
						}
						if (importer === undefined || /^[./]/.test(source)) return null;
						throw new Error(
							`${shown(importer)} imports "${source}"; expected isobar/firmware, isobar/sensors, isobar/simulator or a file of your own`,
						);
					},
				},
				typescript({
					tsconfig: false,
					filterRoot: false,
					noEmitOnError: true,
					compilerOptions: compilerOptions(packageRoot),
				}),
			],
			onwarn: ({ message }) => {
				throw new Error(message);
			},
		});
		await bundle.write({ file: output, format: "es" });
		await bundle.close();
	} catch (error) {
		throw new UsageError(`--station: ${faultOf(error as RollupError)}`);
	}
	return output;
}

function compilerOptions(packageRoot: URL): object {
	// The types are in the sources here, and in dist/types where Isobar is installed.
	const isRepository = existsSync(new URL("firmware/index.ts", packageRoot));
	const pathOf = (name: string): string =>
		fileURLToPath(
			new URL(isRepository ? `${name}/index.ts` : `dist/types/${name}/index.d.ts`, packageRoot),
		);
	return {
		target: "ES2022",
		lib: ["lib.es2022.d.ts"],
		module: "ESNext",
		moduleResolution: "bundler",
		strict: true,
		exactOptionalPropertyTypes: true,
		allowImportingTsExtensions: true,
		rewriteRelativeImportExtensions: true,
		skipLibCheck: true,
		sourceMap: false,
		types: isRepository ? ["node"] : [],
		typeRoots: [fileURLToPath(new URL("node_modules/@types", packageRoot))],
		paths: Object.fromEntries(
			["firmware", "sensors", "simulator"].map((name) => [`isobar/${name}`, [pathOf(name)]]),
		),
	};
}

/** What rollup or the compiler has against a file, in one line. */
function faultOf({ message, loc }: RollupError): string {
	const text = message
		.split("\n", 1)[0]!
		.replace(/^(\[plugin [^\]]+\] )?(@rollup\/plugin-typescript )?/, "");
	if (loc?.file === undefined || text.includes(loc.file)) return text;
	return `${shown(loc.file)}:${loc.line}:${loc.column + 1}: ${text}`;
}

/** A path as the user would write it. */
function shown(path: string): string {
	const near = relative(process.cwd(), path);
	return near.startsWith("..") ? path : near;
}

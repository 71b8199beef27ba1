import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PartialResolvedId } from "rollup";
import type TypeScript from "typescript";
import { messageOf } from "../../cloud/fault.ts";
import type { StationModule } from "./host.ts";
import { UsageError } from "./options.ts";

/** What a station file may import by name; anything else would not be on the chip. */
const entryPoint = /^isobar\/(firmware|sensors|simulator)$/;
/** Mistakes that are worth the user's while at once. */
const faultsShown = 10;

/**
 * Compiles a station file with what it imports of the user's own, checks its types, and loads it.
 * The modules of Isobar stay what they are in this process, so that classes are the same ones.
 *
 * @param file         TypeScript or JavaScript
 * @param buildDir     takes what comes out
 * @param packageRoot  folder of Isobar's package.json, ending in a slash
 * @throws {UsageError} with one line for each mistake: file, line, what is wrong
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
	const { default: ts } = await import("typescript");
	mkdirSync(buildDir, { recursive: true });
	const mark = createHash("sha256").update(file).digest("hex").slice(0, 8);
	const output = join(buildDir, `${basename(file).replace(/\.\w+$/, "")}-${mark}.mjs`);
	const source = new StationSource(ts, file, packageRoot);
	try {
		const bundle = await rollup({
			input: file,
			plugins: [{ name: "station-source", resolveId: source.resolve, load: source.load }],
			onwarn: ({ message }) => {
				throw new Error(message);
			},
		});
		if (source.faults.length === 0) await bundle.write({ file: output, format: "es" });
		await bundle.close();
	} catch (error) {
		if (source.faults.length === 0) source.faults.push(messageOf(error).split("\n", 1)[0]!);
	}
	if (source.faults.length > 0) {
		const shown = source.faults.slice(0, faultsShown);
		const more = source.faults.length - shown.length;
		if (more > 0) shown.push(`and ${more} more`);
		throw new UsageError(shown.map((fault) => `--station: ${fault}`).join("\n"));
	}
	return output;
}

/** What rollup is told of the files of a station: where they are, what they are as JavaScript. */
class StationSource {
	/** What is wrong with them, one line each. */
	readonly faults: string[] = [];
	readonly #ts: typeof TypeScript;
	readonly #packageRoot: URL;
	readonly #options: TypeScript.CompilerOptions;
	readonly #program: TypeScript.Program;

	constructor(ts: typeof TypeScript, file: string, packageRoot: URL) {
		this.#ts = ts;
		this.#packageRoot = packageRoot;
		this.#options = {
			target: ts.ScriptTarget.ES2022,
			lib: ["lib.es2022.d.ts"],
			module: ts.ModuleKind.ESNext,
			moduleResolution: ts.ModuleResolutionKind.Bundler,
			strict: true,
			exactOptionalPropertyTypes: true,
			isolatedModules: true,
			allowImportingTsExtensions: true,
			rewriteRelativeImportExtensions: true,
			allowJs: true,
			skipLibCheck: true,
			types: [],
			outDir: "/",
			paths: pathsOf(packageRoot),
		};
		this.#program = ts.createProgram([file], this.#options);
	}

	readonly resolve = (source: string, importer: string | undefined): PartialResolvedId | null => {
		if (importer === undefined) return null;
		const entry = entryPoint.exec(source);
		if (entry !== null) {
			return { id: new URL(`dist/${entry[1]}.js`, this.#packageRoot).href, external: true };
		}
		if (!/^[./]/.test(source)) {
			throw new Error(
				`${near(importer)} imports "${source}"; expected isobar/firmware, isobar/sensors, isobar/simulator or a file of your own`,
			);
		}
		const { sys } = this.#ts;
		const { resolvedModule } = this.#ts.resolveModuleName(source, importer, this.#options, sys);
		return resolvedModule === undefined ? null : { id: resolvedModule.resolvedFileName };
	};

	readonly load = (file: string): string | null => {
		const source = this.#program.getSourceFile(file);
		if (source === undefined) return null;
		const found = [
			...this.#program.getSyntacticDiagnostics(source),
			...this.#program.getSemanticDiagnostics(source),
		];
		this.faults.push(...found.map((one) => this.#lineOf(one, source)));
		let text = "";
		this.#program.emit(source, (_name, output) => {
			text = output;
		});
		return text;
	};

	#lineOf(
		{ start = 0, messageText }: TypeScript.Diagnostic,
		source: TypeScript.SourceFile,
	): string {
		const { line, character } = source.getLineAndCharacterOfPosition(start);
		const text = this.#ts.flattenDiagnosticMessageText(messageText, " ").replace(/\s+/g, " ");
		return `${near(source.fileName)}:${line + 1}:${character + 1}: ${text}`;
	}
}

/** Where the types of Isobar are: in the sources here, in dist/types where it is installed. */
function pathsOf(packageRoot: URL): Record<string, string[]> {
	const isRepository = existsSync(new URL("simulator/index.ts", packageRoot));
	const index = (name: string): string =>
		isRepository ? `${name}/index.ts` : `dist/types/${name}/index.d.ts`;
	return Object.fromEntries(
		["firmware", "sensors", "simulator"].map((name) => [
			`isobar/${name}`,
			[fileURLToPath(new URL(index(name), packageRoot))],
		]),
	);
}

/** A path as the user would write it. */
function near(path: string): string {
	const short = relative(process.cwd(), path);
	return short.startsWith("..") ? path : short;
}

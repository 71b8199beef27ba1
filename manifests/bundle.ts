import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin, RollupOutput } from "rollup";
import type TypeScript from "typescript";
import { type Feature, features, withoutFeature, withoutPrefix } from "./features.ts";
import { importsOf, type Link, linksOf } from "./links.ts";
import { costOf, type ModuleGraph, type Part, roomsOf } from "./sizes.ts";
import { FlashFault } from "./steps.ts";

/** What a bundle for the chip is made of. */
export interface BundleOptions {
	/** Folder of Isobar's package.json. */
	readonly packageRoot: string;
	/** The user's station file; its types have been checked. */
	readonly station: string;
	/** Classes of the drivers that the station uses, by name. */
	readonly drivers: readonly string[];
	/** Keys of the features that the station asks for. */
	readonly features: readonly string[];
	/** Takes main.js. */
	readonly outDir: string;
}

/** A bundle, and what its parts take of it: bytes of JavaScript without comments. */
export interface Bundle {
	readonly path: string;
	readonly bytes: number;
	readonly rooms: readonly Part[];
	/** Drivers and features that are in it: what would go with each. */
	readonly options: readonly Part[];
	/** Features that are not: what their modules have. */
	readonly leftOut: readonly Part[];
}

const entry = "firmware/platform/moddable/main.ts";
/** What Moddable supplies on the chip; anything else that a bundle imports is not there. */
const onTheChip = /^(embedded:.+|timer|time|mc\/config)$/;
/** A station file exports simulated parts beside the station; what they need is left out with them. */
const simulator = "isobar/simulator";
/** Modules without effects when they load, so that what nobody uses can go. */
const treeshake = { moduleSideEffects: false } as const;

/**
 * Makes the bundle of the firmware and a station: what the station does not use is not in it.
 *
 * @throws {FlashFault} when the station needs something that the chip has not
 */
export async function bundleDevice(options: BundleOptions): Promise<Bundle> {
	const { rollup } = await import("rollup");
	const { default: ts } = await import("typescript");
	const main = join(options.packageRoot, entry);
	const source = new DeviceSource(ts, options);
	try {
		const bundle = await rollup({
			input: { main },
			external: (id) => onTheChip.test(id) || id === simulator,
			plugins: [source.plugin],
			treeshake,
			onwarn: ({ message }) => {
				throw new FlashFault(`bundle: ${message}`);
			},
		});
		const written = await bundle.write({ dir: options.outDir, format: "es", sourcemap: true });
		const graph = graphOf(written, source.links);
		await bundle.close();
		return measure(options, graph, main, written, source.lengths);
	} catch (error) {
		if (error instanceof FlashFault) throw error;
		throw new FlashFault(`bundle: ${(error as Error).message.split("\n", 1)[0]}`);
	}
}

/** What rollup is told of the sources: where they are, and what they are as JavaScript. */
class DeviceSource {
	/** What each module takes from others, and the bytes of it before anything was left out. */
	readonly links = new Map<string, readonly Link[]>();
	readonly lengths = new Map<string, number>();
	readonly plugin: Plugin;
	readonly #ts: typeof TypeScript;
	readonly #options: BundleOptions;
	readonly #compiler: TypeScript.CompilerOptions;
	/** Features that the station does without, by the path of their module. */
	readonly #without: ReadonlyMap<string, Feature>;

	constructor(ts: typeof TypeScript, options: BundleOptions) {
		this.#ts = ts;
		this.#options = options;
		this.#compiler = {
			target: ts.ScriptTarget.ES2022,
			module: ts.ModuleKind.ESNext,
			moduleResolution: ts.ModuleResolutionKind.Bundler,
			allowImportingTsExtensions: true,
			isolatedModules: true,
			removeComments: true,
			sourceMap: true,
		};
		this.#without = new Map(
			features
				.filter(({ key }) => !options.features.includes(key))
				.map((feature) => [join(options.packageRoot, feature.module), feature]),
		);
		this.plugin = {
			name: "device-source",
			resolveId: (id, importer) => this.#resolve(id, importer),
			load: (id) => this.#load(id),
			moduleParsed: ({ id, ast }) => {
				this.links.set(
					id,
					linksOf(ast, (source) => this.#resolve(source, id)),
				);
			},
		};
	}

	#resolve(id: string, importer: string | undefined): string | null {
		if (importer === undefined || id.startsWith("\0")) return null;
		if (id === "isobar:station") return resolve(this.#options.station);
		const own = /^isobar\/(firmware|sensors)$/.exec(id);
		if (own !== null) return join(this.#options.packageRoot, own[1]!, "index.ts");
		if (!/^[./]/.test(id)) {
			if (onTheChip.test(id) || id === simulator) return null;
			throw new FlashFault(`bundle: ${importer} imports ${id}, which is not on the chip`);
		}
		if (importer.startsWith(withoutPrefix)) return id;
		const { sys } = this.#ts;
		const { resolvedModule } = this.#ts.resolveModuleName(id, importer, this.#compiler, sys);
		const path = resolvedModule?.resolvedFileName;
		if (path === undefined) return null;
		return this.#without.has(path) ? withoutPrefix + path : path;
	}

	#load(id: string): { code: string; map?: string } | null {
		if (id.startsWith(withoutPrefix)) {
			const path = id.slice(withoutPrefix.length);
			return { code: withoutFeature(this.#without.get(path)!, path) };
		}
		if (!existsSync(id)) return null;
		const { outputText, sourceMapText } = this.#ts.transpileModule(readFileSync(id, "utf8"), {
			compilerOptions: this.#compiler,
			fileName: id,
		});
		const code = outputText.replace(/^\/\/# sourceMappingURL=.*$/m, "");
		this.lengths.set(id, Buffer.byteLength(code));
		return sourceMapText === undefined ? { code } : { code, map: sourceMapText };
	}
}

function graphOf(
	{ output: [{ modules }] }: RollupOutput,
	links: ReadonlyMap<string, readonly Link[]>,
): ModuleGraph {
	return new Map(
		[...links.keys()].map((path) => {
			const code = modules[path]?.code ?? "";
			return [path, { bytes: Buffer.byteLength(code), imports: importsOf(path, links) }];
		}),
	);
}

/** @throws {FlashFault} for a bundle that imports what the chip has not */
function measure(
	{ packageRoot, station, outDir, drivers, features: used }: BundleOptions,
	graph: ModuleGraph,
	main: string,
	{ output: [chunk] }: RollupOutput,
	lengths: ReadonlyMap<string, number>,
): Bundle {
	const foreign = chunk.imports.find((id) => !onTheChip.test(id));
	if (foreign !== undefined) {
		throw new FlashFault(`bundle: the station needs ${foreign}, which is not on the chip`);
	}
	const parts = drivers.flatMap((name) => {
		const path = definingModule(name, chunk.modules, join(packageRoot, "firmware"));
		return path === undefined ? [] : [{ name, bytes: costOf(path, graph, main) }];
	});
	const isUsed = ({ key }: Feature): boolean => used.includes(key);
	const pathOf = ({ module }: Feature): string => join(packageRoot, module);
	return {
		path: resolve(outDir, chunk.fileName),
		bytes: Buffer.byteLength(chunk.code),
		rooms: roomsOf(graph, packageRoot, resolve(station)),
		options: [
			...parts,
			...features.filter(isUsed).map((feature) => ({
				name: feature.title,
				bytes: costOf(pathOf(feature), graph, main),
			})),
		],
		leftOut: features
			.filter((feature) => !isUsed(feature))
			.map((feature) => ({ name: feature.title, bytes: lengths.get(pathOf(feature)) ?? 0 })),
	};
}

/** The module of a class: it exports it, and is not the firmware's own. */
function definingModule(
	name: string,
	modules: RollupOutput["output"][0]["modules"],
	firmware: string,
): string | undefined {
	return Object.keys(modules).find(
		(path) => !path.startsWith(firmware) && modules[path]!.renderedExports.includes(name),
	);
}

/**
 * How rollup makes the page of the local cloud: modules, one style sheet, and the document around
 * them. `node scripts/page.js DIR` makes it alone, into a folder.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { rollup } from "rollup";
import ts from "typescript";

/** What a browser may have to load before it shows the page, in bytes after gzip. */
const firstLoadMaximum = 60_000;

const compilerOptions = {
	module: ts.ModuleKind.ESNext,
	target: ts.ScriptTarget.ES2022,
	jsx: ts.JsxEmit.ReactJSX,
	jsxImportSource: "preact",
	verbatimModuleSyntax: true,
	sourceMap: true,
};

/** Strips types and turns TSX into calls; the types are checked by `npm run check:types`. */
const stripTypes = {
	name: "strip-types",
	transform(code, id) {
		if (!/\.tsx?$/.test(id)) return null;
		const options = { fileName: id, compilerOptions };
		const { outputText, sourceMapText } = ts.transpileModule(code, options);
		return { code: outputText, map: sourceMapText };
	},
};

/** Schemas that are imported as modules. */
const json = {
	name: "json",
	transform: (code, id) =>
		id.endsWith(".json") ? { code: `export default ${code}`, map: { mappings: "" } } : null,
};

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** The style sheets as one, without comments and indentation. */
function readStyle() {
	const sheets = readdirSync(new URL("../cloud/page/style/", import.meta.url)).sort();
	return [
		read("node_modules/uplot/dist/uPlot.min.css"),
		...sheets.map((name) => read(`cloud/page/style/${name}`)),
	]
		.join("\n")
		.replace(/\/\*[\s\S]*?\*\//g, "")
		.replace(/^\s+|\s*\n/gm, "");
}

/** Writes index.html with the names of its parts; fails when the first load has become too large. */
const pageDocument = {
	name: "page-document",
	generateBundle(_options, bundle) {
		const style = readStyle();
		const sheet = this.emitFile({ type: "asset", name: "page.css", source: style });
		const chunks = Object.values(bundle).filter(({ type }) => type === "chunk");
		const entry = chunks.find(({ isEntry }) => isEntry);
		const source = read("cloud/page/index.html")
			.replace("{style}", this.getFileName(sheet))
			.replace("{script}", entry.fileName);
		this.emitFile({ type: "asset", fileName: "index.html", source });
		const first = chunks.filter((one) => one === entry || entry.imports.includes(one.fileName));
		const parts = [source, style, ...first.map(({ code }) => code)];
		const bytes = parts.reduce((sum, part) => sum + gzipSync(part).length, 0);
		const kB = (count) => `${(count / 1000).toFixed(1)} kB`;
		const line = `page: first load ${kB(bytes)} gzip, at most ${kB(firstLoadMaximum)}`;
		if (bytes > firstLoadMaximum) this.error(line);
		console.error(line);
	},
};

export const page = {
	input: { page: "cloud/page/main.tsx" },
	plugins: [
		nodeResolve({ browser: true }),
		json,
		stripTypes,
		terser({ module: true }),
		pageDocument,
	],
	onwarn(warning) {
		throw new Error(warning.message);
	},
	output: {
		dir: "dist/page",
		format: "es",
		entryFileNames: "[name]-[hash].js",
		chunkFileNames: "[name]-[hash].js",
		assetFileNames: "[name]-[hash][extname]",
	},
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [, , dir = "dist/page"] = process.argv;
	const bundle = await rollup(page);
	await bundle.write({ ...page.output, dir });
	await bundle.close();
}

import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import ts from "typescript";
import { grammars } from "../scripts/grammar.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };

/** Strips types; they are checked by `npm run check`. */
const stripTypes = {
	name: "strip-types",
	transform: (code, id) =>
		id.endsWith(".ts") ? ts.transpileModule(code, { compilerOptions }).outputText : null,
};

/** JSON files that are imported as modules. */
const json = {
	name: "json",
	transform: (code, id) => (id.endsWith(".json") ? `export default ${code}` : null),
};

/**
 * Bundles programs of this folder, each with the parts of the firmware that it uses, so that no
 * compiler is in the process that is measured.
 *
 * @param names  of the programs, without `.ts`
 * @returns the path of each bundle
 */
export async function bundle(names) {
	const bundled = await rollup({
		input: Object.fromEntries(names.map((name) => [name, `${root}bench/${name}.ts`])),
		external: (id) => !/^[./]/.test(id),
		plugins: [grammars, json, stripTypes],
	});
	const dir = `${root}node_modules/.cache/isobar-bench`;
	await bundled.write({ dir, format: "es", chunkFileNames: "[name]-[hash].js" });
	await bundled.close();
	return names.map((name) => `${dir}/${name}.js`);
}

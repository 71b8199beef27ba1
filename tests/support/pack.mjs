/**
 * `node pack.mjs DIR`: the npm package as `npm run build` makes it, in a folder of its own, so that
 * no other test meets a half-built one. Types are not checked; `npm run check` does that.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import ts from "typescript";
import { desktop } from "../../rollup.config.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = process.argv[2];
const compilerOptions = {
	module: ts.ModuleKind.ESNext,
	target: ts.ScriptTarget.ES2022,
	verbatimModuleSyntax: true,
};

const transpile = {
	name: "transpile",
	resolveId: (id) =>
		/^isobar\/\w+$/.test(id) ? `${root}${id.slice("isobar/".length)}/index.ts` : null,
	transform: (code, id) =>
		id.endsWith(".ts") ? ts.transpileModule(code, { compilerOptions }).outputText : null,
};

process.chdir(root);
const plugins = desktop.plugins.map((one) => (one.name === "typescript" ? transpile : one));
const bundle = await rollup({ ...desktop, plugins });
await bundle.write({ ...desktop.output, dir: `${out}/dist`, sourcemap: false });
await bundle.close();

const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json"];
const types = spawnSync(process.execPath, [...tsc, "--outDir", `${out}/dist/types`], {
	stdio: "inherit",
});
if (types.status !== 0) process.exit(1);

const { files } = JSON.parse(readFileSync("package.json", "utf8"));
for (const name of ["package.json", ...files].filter((one) => !/dist/.test(one))) {
	cpSync(name, `${out}/${name}`, { recursive: true });
}

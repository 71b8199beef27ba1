import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";
import ts from "typescript";
import { parserOf } from "../../scripts/grammar.js";

// With `node --import` this module makes Node run TypeScript as it stands, in processes that a test
// starts: it registers itself, and Node loads it a second time, in a thread of its own, for `load`.
if (isMainThread) register(import.meta.url);

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };

/** The package's own names stand for its sources, as they do in the tests. */
export function resolve(specifier, context, nextResolve) {
	const [, room] = /^isobar\/(\w+)$/.exec(specifier) ?? [];
	if (room === undefined) return nextResolve(specifier, context);
	return nextResolve(new URL(`../../${room}/index.ts`, import.meta.url).href, context);
}

/** Loads a `.ts` module with its types stripped, a grammar as its parser, and JSON as a module. */
export async function load(url, context, nextLoad) {
	if (url.endsWith(".peggy")) {
		const source = parserOf(await readFile(new URL(url), "utf8"));
		return { format: "module", source, shortCircuit: true };
	}
	if (url.endsWith(".json")) {
		const source = `export default ${await readFile(new URL(url), "utf8")}`;
		return { format: "module", source, shortCircuit: true };
	}
	if (!url.endsWith(".ts")) return nextLoad(url, context);
	const source = await readFile(new URL(url), "utf8");
	const { outputText } = ts.transpileModule(source, { compilerOptions });
	return { format: "module", source: outputText, shortCircuit: true };
}

import { createHash } from "node:crypto";
import ts from "typescript";

const compilerOptions: ts.CompilerOptions = {
	module: ts.ModuleKind.ESNext,
	target: ts.ScriptTarget.ES2022,
	isolatedModules: true,
	inlineSourceMap: true,
	inlineSources: true,
};

/**
 * `isobar/jest`: a transform for jest that strips types, so that a project needs no other. Types are
 * checked by `tsc`.
 */
export default {
	getCacheKey: (source: string, path: string): string =>
		createHash("sha256").update(ts.version).update(path).update("\0").update(source).digest("hex"),
	process: (source: string, fileName: string): { code: string } => ({
		code: ts.transpileModule(source, { fileName, compilerOptions }).outputText,
	}),
};

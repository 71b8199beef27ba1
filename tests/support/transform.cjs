const { createHash } = require("node:crypto");
const peggy = require("peggy");
const ts = require("typescript");

const compilerOptions = {
	module: ts.ModuleKind.CommonJS,
	target: ts.ScriptTarget.ES2022,
	esModuleInterop: true,
	isolatedModules: true,
	allowJs: true,
	inlineSourceMap: true,
	inlineSources: true,
};

/** The whole jest transform: types are stripped here and checked by `npm run check`. */
module.exports = {
	getCacheKey: (source, path) =>
		createHash("sha1")
			.update(ts.version)
			.update(JSON.stringify(compilerOptions))
			.update(path)
			.update(source)
			.digest("hex"),
	process: (source, fileName) => ({
		code: fileName.endsWith(".peggy")
			? parserOf(source)
			: ts.transpileModule(source, { fileName, compilerOptions }).outputText,
	}),
};

/** As scripts/grammar.js has it, for modules of CommonJS. */
function parserOf(grammar) {
	const allowedStartRules = ["Statement", "Template"];
	return peggy.generate(grammar, { allowedStartRules, format: "commonjs", output: "source" });
}

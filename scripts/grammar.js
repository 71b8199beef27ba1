import { dirname, resolve } from "node:path";
import peggy from "peggy";

/** The source of the parser that a `.peggy` file stands for, as an ECMAScript module. */
export function parserOf(grammar) {
	const allowedStartRules = ["Statement", "Template"];
	return peggy.generate(grammar, { allowedStartRules, format: "es", output: "source" });
}

/** Has rollup put parsers in the place of grammars. */
export const grammars = {
	name: "grammars",
	// TypeScript would resolve to the declarations beside it, which are no module to bundle.
	resolveId(source, importer) {
		return source.endsWith(".peggy") && importer ? resolve(dirname(importer), source) : null;
	},
	transform: (text, id) =>
		id.endsWith(".peggy") ? { code: parserOf(text), map: { mappings: "" } } : null,
};

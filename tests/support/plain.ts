import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rollup } from "rollup";
import ts from "typescript";

const options: ts.CompilerOptions = {
	module: ts.ModuleKind.ESNext,
	target: ts.ScriptTarget.ES2022,
	verbatimModuleSyntax: true,
};

/**
 * A TypeScript program of the tests, bundled, to be run by Node alone. Long simulations go there:
 * inside of jest every global is looked up through a context, and they take ten times as long.
 */
export class PlainProgram {
	readonly #directory = mkdtempSync(join(tmpdir(), "isobar-plain-"));
	readonly #file = join(this.#directory, "program.mjs");

	/** Bundles a program; types are not checked here. */
	async build(entry: string): Promise<void> {
		const bundle = await rollup({
			input: resolve(entry),
			external: (id) => !/^[./]/.test(id) && !id.startsWith("isobar/"),
			plugins: [
				{
					name: "transpile",
					resolveId: (id) => (id.startsWith("isobar/") ? resolve(id.slice(7), "index.ts") : null),
					transform: (code, id) => (id.endsWith(".ts") ? ts.transpile(code, options) : null),
				},
			],
			onwarn: () => {},
		});
		await bundle.write({ file: this.#file, format: "es", inlineDynamicImports: true });
		await bundle.close();
	}

	/** Runs it to its end and gives what it printed. Throws when it fails. */
	run(...words: string[]): string {
		return execFileSync(process.execPath, [this.#file, ...words], { encoding: "utf8" });
	}

	end(): void {
		rmSync(this.#directory, { recursive: true, force: true });
	}
}

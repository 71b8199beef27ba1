import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rollup } from "rollup";
import ts from "typescript";
import { grammars } from "../../scripts/grammar.js";

const entries = ["firmware", "sensors", "simulator", "cloud"];
const surfrad = "weather/surfrad-alamosa-2016-01-01.csv";

/**
 * The package as it is built, in a folder of its own: the command and the four entry points,
 * without the checks of `npm run build`, so that a test needs a second and not a quarter minute.
 */
export class PackageBench {
	readonly root = mkdtempSync(join(tmpdir(), "isobar-package-"));
	readonly #children: ChildProcess[] = [];

	async build(): Promise<void> {
		const bundle = await rollup({
			input: {
				...Object.fromEntries(entries.map((name) => [name, resolve(name, "index.ts")])),
				cli: resolve("simulator/cli.ts"),
			},
			external: (id) => !/^[./]/.test(id) && !id.startsWith("isobar/"),
			plugins: [
				grammars,
				{
					name: "transpile",
					resolveId: (id) => (id.startsWith("isobar/") ? resolve(id.slice(7), "index.ts") : null),
					transform: (code, id) => {
						if (id.endsWith(".json")) return `export default ${code}`;
						return id.endsWith(".ts") ? ts.transpile(code, options) : null;
					},
				},
			],
		});
		await bundle.write({ dir: join(this.root, "dist"), format: "es" });
		await bundle.close();
		mkdirSync(join(this.root, "dist/weather"));
		copyFileSync(`simulator/weather/data/${surfrad.slice(8)}`, join(this.root, "dist", surfrad));
		writeFileSync(join(this.root, "package.json"), '{ "type": "module" }\n');
		// Types and packages are those of the repository.
		for (const name of [...entries, "node_modules"])
			symlinkSync(resolve(name), join(this.root, name));
	}

	/** Starts the command; the words are split at blanks. */
	start(line: string, cwd: string): Command {
		const child = spawn(process.execPath, [join(this.root, "dist/cli.js"), ...line.split(" ")], {
			cwd,
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.#children.push(child);
		return new Command(child);
	}

	end(): void {
		for (const child of this.#children) child.kill("SIGKILL");
		rmSync(this.root, { recursive: true, force: true });
	}
}

const options: ts.CompilerOptions = {
	module: ts.ModuleKind.ESNext,
	target: ts.ScriptTarget.ES2022,
	verbatimModuleSyntax: true,
};

/** One run of the command in a process of its own. */
export class Command {
	out = "";
	err = "";
	/** The exit code, or null after a signal. */
	readonly ended: Promise<number | null>;
	readonly #child: ChildProcess;
	readonly #waiting: { pattern: RegExp; resolve: () => void }[] = [];

	constructor(child: ChildProcess) {
		this.#child = child;
		child.stdout!.setEncoding("utf8").on("data", (text) => this.#take("out", text));
		child.stderr!.setEncoding("utf8").on("data", (text) => this.#take("err", text));
		this.ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
	}

	printed(pattern: RegExp): Promise<void> {
		return new Promise((resolve, reject) => {
			if (pattern.test(this.out + this.err)) resolve();
			else this.#waiting.push({ pattern, resolve });
			this.ended.then(() => reject(new Error(`ended before ${pattern}: ${this.err}`)));
		});
	}

	signal(name: NodeJS.Signals): void {
		this.#child.kill(name);
	}

	#take(stream: "out" | "err", text: string): void {
		this[stream] += text;
		for (const { pattern, resolve } of this.#waiting) {
			if (pattern.test(this.out + this.err)) resolve();
		}
	}
}

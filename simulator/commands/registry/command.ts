import { type Command, InvalidArgumentError } from "commander";
import { openApi } from "../../../cloud/index.ts";
import { ExitCode, type Host } from "../host.ts";
import { authorityPassphrase, dataKey } from "../secret.ts";
import { type Answer, ApiCaller } from "./client.ts";

/** What a command has found or done. */
export interface Outcome {
	/** The last line of `--json`. */
	readonly json: Answer;
	/** Lines for people. */
	readonly text: string;
}

/** What every command of the registry takes. */
export interface CommonOptions {
	readonly data: string;
	readonly json?: boolean;
}

/** Adds commands of one noun, such as `isobar thing create`. */
export class Noun {
	readonly #command: Command;
	readonly #host: Host;
	readonly #onEnd: (code: ExitCode) => void;

	constructor(
		program: Command,
		host: Host,
		onEnd: (code: ExitCode) => void,
		name: string,
		description: string,
	) {
		this.#command = program.command(name).description(description);
		this.#host = host;
		this.#onEnd = onEnd;
	}

	/** For verbs that need no cloud and no data directory. */
	get command(): Command {
		return this.#command;
	}

	/**
	 * Adds a verb.
	 *
	 * @param usage  as commander reads it: "create <name>"
	 * @param work   gets the API, the arguments in their order, and the options
	 */
	verb<Options>(
		usage: string,
		description: string,
		work: (api: ApiCaller, words: string[], options: Options & CommonOptions) => Promise<Outcome>,
		more: (command: Command) => Command = (command) => command,
	): this {
		const command = more(this.#command.command(usage).description(description))
			.option("--data <DIR>", "the data directory of the cloud, whether it runs or not", ".isobar")
			.option("--json", "the answer of the HTTP API as JSON");
		command.action(async (...given: unknown[]) => {
			const options = given.at(-2) as Options & CommonOptions;
			const words = given.slice(0, -2).filter((word) => word !== undefined) as string[];
			const api = await openApi(options.data, {
				caPassphrase: authorityPassphrase(this.#host),
				dataKey: dataKey(this.#host),
			});
			try {
				const { json, text } = await work(new ApiCaller(api), words, options);
				this.#host.stdout.write(`${options.json ? JSON.stringify(json) : text}\n`);
			} finally {
				await api.close();
			}
			this.#onEnd(ExitCode.Ok);
		});
		return this;
	}
}

/** Reads NAME=VALUE, given once or several times. */
export function pairs(
	text: string,
	before: Readonly<Record<string, string>> = {},
): Record<string, string> {
	const at = text.indexOf("=");
	if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
	return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** An outcome that is said in one line. */
export function said(json: Answer, text: string): Outcome {
	return { json, text };
}

/** A list: a line for each entry, or one that says there is none. */
export function listed(entries: Answer[], lineOf: (entry: Answer) => string): Outcome {
	return { json: entries, text: entries.length === 0 ? "none" : entries.map(lineOf).join("\n") };
}

/** Something with its members: a line for each. */
export function described(json: Answer): Outcome {
	const rows = Object.entries(json as object).filter(([, value]) => value !== undefined);
	const width = Math.max(...rows.map(([name]) => name.length));
	const text = rows.map(([name, value]) => {
		const words = typeof value === "object" ? JSON.stringify(value) : String(value);
		return `${name.padEnd(width)}  ${words.trimEnd()}`;
	});
	return { json, text: text.join("\n") };
}

/** A name as a step of a path. */
export function step(name: string): string {
	return encodeURIComponent(name);
}

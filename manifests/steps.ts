import { spawnSync } from "node:child_process";

/** One command of a build or a flash. */
export interface Step {
	/** What it does, in a few words. */
	readonly title: string;
	readonly command: readonly string[];
	readonly directory?: string;
	readonly environment?: Readonly<Record<string, string>>;
	/** What is most likely wrong when it fails. */
	readonly hint?: string;
}

/** A build or a flash that cannot be done; the message says what is wrong and how to mend it. */
export class FlashFault extends Error {
	override readonly name = "FlashFault";
}

/** The step as a person would type it. */
export function stepText({ command, directory, environment = {} }: Step): string {
	const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)} `);
	const line = variables.join("") + command.map(quoted).join(" ");
	return directory === undefined ? line : `(cd ${quoted(directory)} && ${line})`;
}

function quoted(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Runs the steps one after the other, their output on the terminal.
 *
 * @throws {FlashFault} at the first that fails, with its hint
 */
export function runSteps(steps: readonly Step[], say: (line: string) => void): void {
	for (const step of steps) {
		say(`${step.title}: ${stepText(step)}`);
		const [program, ...words] = step.command;
		const { status, error } = spawnSync(program!, words, {
			cwd: step.directory,
			env: { ...process.env, ...step.environment },
			stdio: "inherit",
		});
		if (status === 0) continue;
		const why = error === undefined ? `ended with ${status}` : error.message;
		throw new FlashFault(`${step.title}: ${why}${step.hint === undefined ? "" : `; ${step.hint}`}`);
	}
}

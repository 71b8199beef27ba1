import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Milliseconds that a cloud may take to listen, and to end when it is asked to. */
const patienceMs = 120_000;
/** Lines of its log that are kept, for whoever asks what happened. */
const linesMaximum = 20;

export interface CloudProcessOptions {
	/** The words that run `isobar`. */
	readonly program: readonly string[];
	readonly data: string;
	readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * `isobar cloud` in a process of its own, which can be ended well and badly and started again, at the
 * port that it had.
 */
export class CloudProcess {
	readonly #options: CloudProcessOptions;
	/** What each start took until it listened, in ms. */
	readonly startsMs: number[] = [];
	#port = 0;
	#child: ChildProcess | undefined;
	#lines: string[] = [];
	#isLeaving = false;
	/** The process has ended, and nobody has asked it to. */
	onDeath: (reason: Error) => void = () => {};

	constructor(options: CloudProcessOptions) {
		this.#options = options;
	}

	/** Where it listens; 0 before the first start. */
	get port(): number {
		return this.#port;
	}

	/** @throws {Error} with the end of its log when it does not come to listen */
	async start(): Promise<void> {
		const begin = performance.now();
		const { program, data, environment } = this.#options;
		const [command, ...words] = [...program, "cloud", "--no-http", "--data", data];
		this.#isLeaving = false;
		this.#lines = [];
		const child = spawn(command!, [...words, "--port", String(this.#port)], {
			stdio: ["ignore", "pipe", "pipe"],
			env: environment,
		});
		this.#child = child;
		for (const stream of [child.stdout, child.stderr]) {
			createInterface({ input: stream }).on("line", (line) => this.#hear(line));
		}
		child.once("exit", (code, signal) => {
			if (!this.#isLeaving) this.onDeath(this.#failure(`has ended by ${signal ?? `code ${code}`}`));
		});
		await this.#listening(child);
		this.startsMs.push(performance.now() - begin);
	}

	/** Asks it to end, as Ctrl-C does. @throws {Error} when it ends with anything but 0 */
	async stop(): Promise<void> {
		const code = await this.#end("SIGINT");
		if (code !== undefined && code !== 0) throw this.#failure(`has ended with ${code}`);
	}

	/** Takes everything from it at once: SIGKILL. */
	async kill(): Promise<void> {
		await this.#end("SIGKILL");
	}

	async #end(signal: "SIGINT" | "SIGKILL"): Promise<number | null | undefined> {
		const child = this.#child;
		this.#isLeaving = true;
		if (!child || child.exitCode !== null || child.signalCode !== null) return undefined;
		const exit = once(child, "exit") as Promise<[number | null]>;
		child.kill(signal);
		const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
		const [code] = await exit;
		clearTimeout(timer);
		return code ?? (signal === "SIGKILL" ? undefined : 1);
	}

	#listening(child: ChildProcess): Promise<void> {
		return new Promise((resolve, reject) => {
			const settle = (error?: Error): void => {
				clearTimeout(timer);
				child.off("exit", onExit);
				this.#onLine = () => {};
				if (error) reject(error);
				else resolve();
			};
			const onExit = (): void => settle(this.#failure("has ended before it listened"));
			const timer = setTimeout(() => settle(this.#failure("does not listen")), patienceMs);
			child.once("exit", onExit);
			this.#onLine = (line) => {
				const port = /listening on \S+:(\d+)/.exec(line)?.[1];
				if (port === undefined) return;
				this.#port = Number(port);
				settle();
			};
		});
	}

	#onLine: (line: string) => void = () => {};

	#hear(line: string): void {
		this.#lines.push(line);
		if (this.#lines.length > linesMaximum) this.#lines.shift();
		this.#onLine(line);
	}

	#failure(what: string): Error {
		return new Error(`the cloud ${what}; its last lines: ${this.#lines.join(" | ") || "none"}`);
	}
}

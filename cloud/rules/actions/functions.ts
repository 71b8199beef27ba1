import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Json } from "../../services/document.ts";
import { type Action, fileNameOf, nameOf, PermanentFault, text } from "./action.ts";

/** What AWS gives a function that a rule asks, and more than enough for a small one. */
const timeoutMs = 3_000;
/** Heap of one function, MiB. */
const heapMegabytes = 128;

/** Answers one event after another; what is not JSON can't leave a function of Lambda either. */
const program = `
	const { parentPort, workerData } = require("node:worker_threads");
	const loading = import(workerData);
	parentPort.on("message", async ({ id, event }) => {
		try {
			const module = await loading;
			const handler = module.handler ?? module.default;
			if (typeof handler !== "function") throw new Error("it exports no function handler");
			const result = await handler(event, { awsRequestId: String(id) });
			parentPort.postMessage({ id, result: JSON.stringify(result) });
		} catch (error) {
			parentPort.postMessage({ id, error: String(error?.message ?? error) });
		}
	});
`;

interface Call {
	resolve(result: Json | undefined): void;
	reject(error: Error): void;
}

/**
 * Local modules in the place of Lambda functions: `<name>.mjs` in a folder, with a function `handler`.
 * Each runs in a thread of its own, so that one that does not end is ended, and takes nobody with it.
 */
export class Functions {
	readonly #directory: string;
	readonly #workers = new Map<string, { worker: Worker; calls: Map<number, Call> }>();
	#nextId = 1;

	constructor(directory: string) {
		this.#directory = directory;
	}

	/** @throws {Error} with one line: what the function threw, or that it took too long */
	async call(name: string, event: Json): Promise<Json | undefined> {
		const { worker, calls } = this.#worker(name);
		const id = this.#nextId++;
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<Json | undefined>((resolve, reject) => {
				calls.set(id, { resolve, reject });
				timer = setTimeout(() => {
					this.#workers.delete(name);
					void worker.terminate();
					reject(new Error(`Task timed out after ${timeoutMs / 1000} seconds`));
				}, timeoutMs);
				worker.postMessage({ id, event });
			});
		} finally {
			clearTimeout(timer);
			calls.delete(id);
		}
	}

	async close(): Promise<void> {
		const workers = [...this.#workers.values()];
		this.#workers.clear();
		await Promise.all(workers.map(({ worker }) => worker.terminate()));
	}

	#worker(name: string): { worker: Worker; calls: Map<number, Call> } {
		const present = this.#workers.get(name);
		if (present) return present;
		const path = join(this.#directory, `${fileNameOf("function", name)}.mjs`);
		if (!existsSync(path)) throw new PermanentFault(`Function not found: there is no ${path}`);
		const worker = new Worker(program, {
			eval: true,
			workerData: pathToFileURL(path).href,
			resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
		});
		worker.unref();
		const calls = new Map<number, Call>();
		const fail = (error: Error): void => {
			if (this.#workers.get(name)?.worker === worker) this.#workers.delete(name);
			for (const { reject } of calls.values()) reject(error);
		};
		worker.on("error", fail);
		worker.on("exit", () => fail(new Error("the function ended its thread")));
		worker.on("message", ({ id, result, error }) => {
			const call = calls.get(id);
			if (error === undefined) call?.resolve(result === undefined ? undefined : JSON.parse(result));
			else call?.reject(new Error(error));
		});
		const started = { worker, calls };
		this.#workers.set(name, started);
		return started;
	}
}

/** The action `lambda`. */
export function functionAction(functions: Functions): Action {
	return {
		name: "LambdaAction",
		resource: (parameters) => text(parameters, "functionArn"),
		async perform({ parameters, json }) {
			if (json === undefined) {
				throw new PermanentFault("a function takes JSON; use SELECT encode(*, 'base64') AS data");
			}
			await functions.call(functionNameOf(text(parameters, "functionArn")), json);
		},
	};
}

/** An ARN may end in a version or an alias, which do not matter here. */
function functionNameOf(arn: string): string {
	return /:function:([^:]+)/.exec(arn)?.[1] ?? nameOf(arn);
}

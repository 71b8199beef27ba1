import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf } from "../fault.ts";

/** How long a hook may take [aws-iot-contract.md §5.3]. */
const hookMs = 5_000;

/** What a hook is told. */
export interface HookEvent {
	readonly claimCertificateId: string;
	readonly certificateId: string;
	readonly certificatePem: string;
	readonly templateArn: string;
	readonly clientId: string;
	readonly parameters: Readonly<Record<string, string>>;
}

/** What a hook has said; parameters of these names take the place of the device's own. */
export interface HookAnswer {
	readonly allowed: boolean;
	/** Why not, for the log. */
	readonly because: string;
	readonly overrides: Readonly<Record<string, string>>;
}

/**
 * Asks the module of a template. It exports a function, by default or as `handler`, that takes the event
 * and returns `{ allowProvisioning, parameterOverrides }`, or a promise of that.
 *
 * It runs in a thread of its own: one that hangs, throws or exits refuses one device and no more.
 *
 * @param path     of a JavaScript module
 * @param limitMs  5,000 unless given
 */
export function askHook(path: string, event: HookEvent, limitMs = hookMs): Promise<HookAnswer> {
	return new Promise((resolve) => {
		const worker = new Worker(bootstrap, {
			eval: true,
			workerData: { url: pathToFileURL(path).href, event },
			stdout: true,
			stderr: true,
		});
		const settle = (answer: HookAnswer): void => {
			clearTimeout(timer);
			void worker.terminate();
			resolve(answer);
		};
		const timer = setTimeout(() => settle(refusal(`no answer in ${limitMs} ms`)), limitMs);
		worker.once("message", (answer: unknown) => settle(read(answer)));
		worker.once("error", (error) => settle(refusal(messageOf(error))));
		worker.once("exit", () => settle(refusal("it ended without an answer")));
	});
}

const bootstrap = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.url)
	.then((module) => (module.handler ?? module.default)(workerData.event))
	.then((answer) => parentPort.postMessage(JSON.stringify(answer ?? null)));
`;

function read(text: unknown): HookAnswer {
	const answer: unknown = JSON.parse(String(text));
	const members = typeof answer === "object" && answer !== null ? answer : {};
	const { allowProvisioning, parameterOverrides } = members as Record<string, unknown>;
	if (allowProvisioning !== true) return refusal("it said no");
	const overrides = parameterOverrides ?? {};
	const isTexts =
		typeof overrides === "object" &&
		Object.values(overrides).every((value) => typeof value === "string");
	if (!isTexts) return refusal("parameterOverrides: expected texts by name");
	return { allowed: true, because: "", overrides: overrides as Record<string, string> };
}

function refusal(because: string): HookAnswer {
	return { allowed: false, because, overrides: {} };
}

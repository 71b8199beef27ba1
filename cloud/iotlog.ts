import { randomUUID } from "node:crypto";
import { appendFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf } from "./fault.ts";
import { makeDirectory, readIfPresent, replaceFile } from "./file.ts";

/** From the most talkative to silence. */
const iotLogLevels = Object.freeze(["DEBUG", "INFO", "WARN", "ERROR", "DISABLED"] as const);
export type IotLogLevel = (typeof iotLogLevels)[number];

/** What has happened, by the names of AWS's own log (aws-iot-contract.md §8.2). */
export interface IotEvent {
	readonly eventType:
		| "Connect"
		| "Disconnect"
		| "Publish-In"
		| "Publish-Out"
		| "Subscribe"
		| "GetThingShadow"
		| "UpdateThingShadow"
		| "DeleteThingShadow"
		| "RuleMatch"
		| "RuleExecution"
		| "RuleNotFound"
		| "RuleMessageThrottled";
	/** Why it failed, in one word; without it it did not. */
	readonly reason?: string | undefined;
	/** Why, in one line. */
	readonly details?: string | undefined;
	readonly traceId?: string;
	readonly protocol?: "MQTT" | "HTTP";
	readonly clientId?: string;
	/** Id of the certificate, or the name of a token. */
	readonly principalId?: string | undefined;
	readonly sourceIp?: string;
	readonly sourcePort?: number | undefined;
	readonly topicName?: string;
	/** "True" for a message that is to be retained. */
	readonly retain?: "True" | undefined;
	readonly disconnectReason?: string;
	readonly deviceShadowName?: string | undefined;
	readonly ruleName?: string;
	/** Such as "S3Action". */
	readonly ruleAction?: string;
	readonly resources?: string;
}

/** The name of the log group of AWS. */
const logFile = "AWSIotLogsV2.jsonl";
const previousFile = "AWSIotLogsV2.1.jsonl";
/** Bytes of one file; there are two at most. */
const fileBytes = 16 * 1024 * 1024;
/** Lines that wait for the disk; what comes then is not logged. */
const waitingMaximum = 20_000;

/**
 * What happens to each message, in the form of the log group `AWSIotLogsV2`: a JSON object a line. It says
 * nothing unless somebody asks, since at INFO every message is a line or more.
 *
 * It is there to look into, not to rely on: nothing waits for it, and a crash takes the last lines with it.
 */
export class IotLog {
	readonly #directory: string;
	readonly #settingsFile: string;
	readonly #accountId: string;
	readonly #log: (line: string) => void;
	#level: IotLogLevel = "DISABLED";
	#waiting: string[] = [];
	#work: Promise<void> | undefined;
	#bytes = 0;

	private constructor(options: IotLogOptions) {
		this.#directory = options.directory;
		this.#settingsFile = options.settingsFile;
		this.#accountId = options.accountId;
		this.#log = options.log;
	}

	/** With the level that was set last; "DISABLED" before that. */
	static async open(options: IotLogOptions): Promise<IotLog> {
		const log = new IotLog(options);
		const text = await readIfPresent(options.settingsFile);
		const level = text === undefined ? undefined : levelIn(text);
		if (level) log.#level = level;
		log.#bytes = await sizeOf(join(options.directory, logFile));
		return log;
	}

	get level(): IotLogLevel {
		return this.#level;
	}

	/** Resolves when the next start will know it, too. */
	async setLevel(level: IotLogLevel): Promise<void> {
		this.#level = level;
		await replaceFile(this.#settingsFile, `${JSON.stringify({ defaultLogLevel: level })}\n`, 0o600);
	}

	/** Whether events of this kind are written: failures are ERROR, all else INFO. */
	wants(level: "INFO" | "ERROR"): boolean {
		return iotLogLevels.indexOf(level) >= iotLogLevels.indexOf(this.#level);
	}

	record({ reason, details, traceId = randomUUID(), ...event }: IotEvent): void {
		const logLevel = reason === undefined ? "INFO" : "ERROR";
		if (!this.wants(logLevel) || this.#waiting.length >= waitingMaximum) return;
		const line = {
			timestamp: new Date().toISOString().replace("T", " ").replace("Z", ""),
			logLevel,
			traceId,
			accountId: this.#accountId,
			status: reason === undefined ? "Success" : "Failure",
			...event,
			reason,
			details,
		};
		this.#waiting.push(`${JSON.stringify(line)}\n`);
		this.#work ??= this.#write();
	}

	/** Resolves when what was recorded is in the file. */
	async flush(): Promise<void> {
		while (this.#work) await this.#work;
	}

	async close(): Promise<void> {
		await this.flush();
		this.#level = "DISABLED";
	}

	/** From now on nothing is written. */
	kill(): void {
		this.#level = "DISABLED";
		this.#waiting = [];
	}

	async #write(): Promise<void> {
		try {
			await makeDirectory(this.#directory);
			while (this.#waiting.length > 0) {
				const text = this.#waiting.join("");
				this.#waiting = [];
				if (this.#bytes > 0 && this.#bytes + text.length > fileBytes) await this.#rotate();
				await appendFile(join(this.#directory, logFile), text, { mode: 0o600 });
				this.#bytes += text.length;
			}
		} catch (error) {
			this.#waiting = [];
			this.#log(`the log of what happens to messages can't be written: ${messageOf(error)}`);
		}
		this.#work = undefined;
	}

	async #rotate(): Promise<void> {
		await rename(join(this.#directory, logFile), join(this.#directory, previousFile));
		this.#bytes = 0;
	}
}

export interface IotLogOptions {
	readonly directory: string;
	/** Where the level is kept. */
	readonly settingsFile: string;
	readonly accountId: string;
	log(line: string): void;
}

async function sizeOf(path: string): Promise<number> {
	try {
		return (await stat(path)).size;
	} catch (error) {
		if (codeOf(error) === "ENOENT") return 0;
		throw error;
	}
}

function levelIn(text: string): IotLogLevel | undefined {
	try {
		const { defaultLogLevel } = JSON.parse(text);
		return iotLogLevels.find((level) => level === defaultLogLevel);
	} catch {
		return undefined;
	}
}

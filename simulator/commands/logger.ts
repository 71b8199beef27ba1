import { type DestinationStream, type Logger, pino } from "pino";
import type { LogEvent } from "../../cloud/index.ts";
import type { Stream } from "./host.ts";

/** From the most talkative to silence; see `--log-level`. */
export const logLevels = Object.freeze(["debug", "info", "warn", "error", "silent"] as const);
export const logFormats = Object.freeze(["text", "json"] as const);

/** How the user wants the log, by the names of the options. */
export interface LogOptions {
	readonly logLevel: (typeof logLevels)[number];
	readonly logFormat: (typeof logFormats)[number];
	/** As `logFormat` "json", in the form of before there were levels. */
	readonly json?: boolean;
}

/** A log: a line for people, and what there is to know of the event for machines. */
export type Log = (line: string, event?: LogEvent) => void;

/**
 * The log of a command, on a stream: lines for people with their time, or one JSON object a line with
 * level, time, message and the fields of the event, which have the names of AWS's own logs
 * (aws-iot-contract.md §8.2).
 */
export function makeLog(output: Stream, options: LogOptions): Log {
	const { logLevel, logFormat, json } = options;
	const logger = makeLogger(
		logFormat === "json" ? output : textOf(output, json ?? false),
		logLevel,
	);
	return (line, { level = "info", ...fields } = {}) => logger[level](fields, line);
}

function makeLogger(destination: DestinationStream, level: string): Logger {
	return pino(
		{
			level,
			base: null,
			messageKey: "message",
			timestamp: () => `,"time":"${new Date().toISOString()}"`,
			formatters: { level: (label) => ({ level: label }) },
		},
		destination,
	);
}

/** Takes the time and the message out of each event again. */
function textOf(output: Stream, isJson: boolean): DestinationStream {
	return {
		write(text) {
			const { time, message } = JSON.parse(text);
			output.write(isJson ? `${JSON.stringify({ time, message })}\n` : `${time}  ${message}\n`);
		},
	};
}

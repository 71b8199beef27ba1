import type { IotLog, IotLogLevel } from "../../iotlog.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import type { RouteModule } from "../services.ts";

interface LoggingInput {
	readonly defaultLogLevel?: IotLogLevel;
	readonly disableAllLogs?: boolean;
}

/** How much of what happens to messages is logged. */
export const logging: RouteModule = (app, { live }) => {
	function log(): IotLog {
		if (live) return live.iotLog;
		throw new ApiFault("ServiceUnavailableException", "no cloud runs on this data directory");
	}

	operate(app, "GetV2LoggingOptions", () => {
		const { level } = log();
		return { defaultLogLevel: level, disableAllLogs: level === "DISABLED" };
	});

	operate<LoggingInput>(
		app,
		"SetV2LoggingOptions",
		async ({ defaultLogLevel, disableAllLogs = false }) => {
			const level = disableAllLogs ? "DISABLED" : defaultLogLevel;
			if (level !== undefined) await log().setLevel(level);
		},
	);
};

import schema from "../../schema/notify.schema.json";
import { ConfigFile, schemaOf } from "../configfile.ts";
import { readIfPresent } from "../file.ts";
import { type AlarmSettings, usualAlarms } from "./alarms.ts";
import type { SmtpSettings } from "./smtp.ts";

/** Who gets mail, and when: the file `notify.json`, with what is usual where it says nothing. */
export interface NoticeSettings extends AlarmSettings {
	readonly to: readonly string[];
	readonly from: string;
	readonly smtp: SmtpSettings | undefined;
	/** Alarms of this time go in one mail. */
	readonly gatherSeconds: number;
	/** 0 for no digest. */
	readonly digestHours: number;
}

const usualNotices: NoticeSettings = Object.freeze({
	...usualAlarms,
	to: ["operator@localhost"],
	from: "isobar@localhost",
	smtp: undefined,
	gatherSeconds: 10,
	digestHours: 24,
});

/** @throws {ConfigFault} with file, line and column */
export async function readNoticeSettings(path: string): Promise<NoticeSettings> {
	const text = await readIfPresent(path);
	if (text === undefined) return usualNotices;
	const file = new ConfigFile(path, text);
	file.check(schemaOf(schema));
	return { ...usualNotices, ...(file.value as Partial<NoticeSettings>) };
}

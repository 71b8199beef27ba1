import type { Alarm, CurrentValue } from "../views.ts";

/** What alarms are judged by. */
export interface Judged {
	readonly connected: boolean;
	/** UTC ms; undefined before the first. */
	readonly seenAt: number | undefined;
	/** UTC ms of the last change between connected and not. */
	readonly since: number | undefined;
	readonly reportSeconds: number | undefined;
	readonly values: Readonly<Record<string, CurrentValue>>;
	/** Of the newest observation, 0..3 (docs/topics.md §2.2). */
	readonly timeQuality: number;
	/** %. */
	readonly stateOfCharge: number | undefined;
}

/** Report periods without an observation after which a station is silent. */
const silentPeriods = 3;
/** Of a station whose cadence nobody knows. */
const usualReportSeconds = 300;
const chargeMinimum = 20;
/** Why a value is missing when nothing is wrong with its sensor. */
const harmless: ReadonlySet<string> = new Set(["calm", "coverage", "clock", "wire"]);

/** What a person should look at. @param now  UTC ms */
export function alarmsOf(station: Judged, now: number): readonly Alarm[] {
	const alarms: Alarm[] = [];
	const { seenAt, since, connected, values, timeQuality, stateOfCharge } = station;
	if (!connected && (seenAt !== undefined || since !== undefined)) {
		alarms.push({ name: "offline", detail: "not connected" });
	}
	const seconds = station.reportSeconds ?? usualReportSeconds;
	const quietFrom = Math.max(seenAt ?? 0, connected ? (since ?? 0) : 0);
	if (connected && quietFrom > 0 && now - quietFrom > silentPeriods * seconds * 1000) {
		alarms.push({ name: "silent", detail: `no observation for ${silentPeriods} report periods` });
	}
	if (stateOfCharge !== undefined && stateOfCharge < chargeMinimum) {
		alarms.push({ name: "battery", detail: `battery at ${stateOfCharge} %` });
	}
	if (timeQuality === 3)
		alarms.push({ name: "clock", detail: "the station does not know the time" });
	alarms.push(...sensorAlarms(values), ...qualityAlarms(values));
	return alarms;
}

function sensorAlarms(values: Judged["values"]): Alarm[] {
	return gathered("sensor", values, ({ reason }) =>
		reason === undefined || harmless.has(reason) ? undefined : reason,
	);
}

function qualityAlarms(values: Judged["values"]): Alarm[] {
	return gathered("quality", values, ({ flags }) => flags?.join(" and "));
}

/** One alarm for all channels of which the same is said. */
function gathered(
	name: Alarm["name"],
	values: Judged["values"],
	say: (value: CurrentValue) => string | undefined,
): Alarm[] {
	const channels = new Map<string, string[]>();
	for (const [channel, value] of Object.entries(values)) {
		const said = say(value);
		if (said) channels.set(said, [...(channels.get(said) ?? []), channel]);
	}
	return [...channels].map(([said, names]) => ({ name, detail: `${said}: ${names.join(", ")}` }));
}

import type { Alarm, CurrentValue } from "../views.ts";

/** What alarms about observations are judged by. */
export interface Judged {
	readonly values: Readonly<Record<string, CurrentValue>>;
	/** Of the newest observation, 0..3 (docs/topics.md §2.2). */
	readonly timeQuality: number;
	/** %. */
	readonly stateOfCharge: number | undefined;
}

const chargeMinimum = 20;
/** Why a value is missing when nothing is wrong with its sensor. */
const harmless: ReadonlySet<string> = new Set(["calm", "coverage", "clock", "wire"]);

/** What a person should look at in what a station says; whether it says anything is for the notices. */
export function observedAlarms({ values, timeQuality, stateOfCharge }: Judged): readonly Alarm[] {
	const alarms: Alarm[] = [];
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

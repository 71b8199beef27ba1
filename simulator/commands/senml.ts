import type { ChannelTable, DecodedReport } from "../../firmware/index.ts";
import { TimeQuality } from "../../firmware/index.ts";

/** One record of a SenML pack (RFC 8428 §4), as far as it is used here. */
export interface SenmlRecord {
	readonly bn?: string;
	readonly bt?: number;
	readonly n: string;
	readonly u?: string;
	readonly v: number;
	readonly t?: number;
}

/** How a unit of ours is said in SenML: the registered unit, and what one of ours is in it. */
type Unit = readonly [name: string, factor: number];

/**
 * Primary units of the IANA registry "SenML Units" (RFC 8428 §12.1, RFC 8798 §2); a value in another
 * unit is converted, because secondary units are no part of RFC 8428. What has no unit there, as
 * MJ/m² and SED, travels without one.
 */
const units: Readonly<Record<string, Unit>> = Object.freeze({
	"°C": ["Cel", 1],
	"%": ["%", 1],
	Pa: ["Pa", 1],
	"m/s": ["m/s", 1],
	deg: ["deg", 1],
	mm: ["m", 1e-3],
	"mm/h": ["m/s", 1 / 3_600_000],
	lx: ["lx", 1],
	ppm: ["/", 1e-6],
	"µg/m³": ["kg/m3", 1e-9],
	"W/m²": ["W/m2", 1],
	V: ["V", 1],
	A: ["A", 1],
	W: ["W", 1],
	s: ["s", 1],
	"1": ["/", 1],
});

/** Digits that no conversion of a value on the wire needs more of. */
const digits = 12;

/**
 * A report as a pack of SenML records: one for each value, in the order of time. SenML has no word
 * for a value that is missing, nor for flags: the first is left out and so are the others.
 *
 * @param thing  of the station; the names are `thing:channel`, or the channel alone without it
 * @returns `undefined` for a report whose time nobody knows
 */
export function toSenml(
	report: DecodedReport,
	channels: ChannelTable,
	thing: string | undefined,
): SenmlRecord[] | undefined {
	const [first] = report.observations;
	if (first === undefined || first.timeQuality === TimeQuality.Unknown) return undefined;
	const records: SenmlRecord[] = [];
	for (const { startSeconds, values } of report.observations) {
		const t = startSeconds - first.startSeconds;
		for (const [name, value] of Object.entries(values)) {
			if (value === null) continue;
			const isFirst = records.length === 0;
			records.push({
				...(isFirst && thing !== undefined ? { bn: `${thing}:` } : {}),
				...(isFirst ? { bt: first.startSeconds } : {}),
				n: name,
				...inUnit(value, name, channels),
				...(t === 0 ? {} : { t }),
			});
		}
	}
	return records;
}

function inUnit(value: number, name: string, channels: ChannelTable): { u?: string; v: number } {
	if (name.startsWith("relativeHumidity") && !name.endsWith("Samples"))
		return { u: "%RH", v: value };
	const { unit, aggregate } = channels.at(channels.indexOf(name));
	if (aggregate === "count") return { u: "count", v: value };
	if (!Object.hasOwn(units, unit)) return { v: value };
	const [u, factor] = units[unit]!;
	return { u, v: factor === 1 ? value : Number((value * factor).toPrecision(digits)) };
}

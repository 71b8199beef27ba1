import type { StationDefinition } from "../../firmware/index.ts";
import { asleep, countDay } from "../power/day.ts";
import { chipOf } from "../power/figures.ts";
import { computeLedger, type DayCounts, daysOf, type Ledger, profiles } from "../power/ledger.ts";
import { ExitCode, type Host, type StationModule } from "./host.ts";
import { readStation } from "./inputs.ts";

/** What the user asked for, by the names of the options. */
export interface PowerOptions {
	readonly station?: string;
	readonly data: string;
	/** mAh. */
	readonly battery: number;
	readonly json?: boolean;
}

/** A profile as it came out. */
interface Outcome {
	readonly title: string;
	readonly counts: DayCounts;
	readonly ledger: Ledger;
	/** That the battery lasts without sun. */
	readonly days: number;
}

/** `isobar power`: what a day of a station takes from its battery, in three profiles. */
export async function power(options: PowerOptions, host: Host): Promise<ExitCode> {
	const { station, data, battery } = options;
	const module = await readStation(station === undefined ? { data } : { data, station }, host);
	const outcomes = outcomesOf(module, battery);
	host.stdout.write(
		options.json ? `${JSON.stringify(outcomes)}\n` : `${powerText(outcomes, battery)}\n`,
	);
	return ExitCode.Ok;
}

function outcomesOf({ definition, parts }: StationModule, battery: number): Outcome[] {
	const awake: StationDefinition = { ...definition, power: "mains" };
	const awakeCounts = countDay(awake, parts);
	return profiles.map(({ profile, title, cadence = definition.cadence }) => {
		const isAsleep = profile === "deep-sleep";
		const station = isAsleep ? asleep({ ...definition, cadence }) : awake;
		const counts = isAsleep ? countDay(station, parts) : awakeCounts;
		const names = station.sensors.map(({ Driver }) => Driver.part.name);
		const ledger = computeLedger(profile, counts, names, chipOf(definition.board));
		return { title, counts, ledger, days: daysOf(battery, ledger) };
	});
}

/** The ledgers as a table in Markdown, and the days of a battery beneath. */
function powerText(outcomes: readonly Outcome[], battery: number): string {
	const names = namesOf(outcomes);
	const row = (head: string, cell: (outcome: Outcome) => string): string =>
		`| ${[head, ...outcomes.map(cell)].join(" | ")} |`;
	const unknown = outcomes[0]!.ledger.unknown;
	return [
		row("mAh a day at 3.3 V", ({ title }) => title),
		`|---|${outcomes.map(() => "---:|").join("")}`,
		...names.map((name) =>
			row(name, ({ ledger }) => figure(ledger.entries.find((one) => one.name === name)?.mAh)),
		),
		row("**all**", ({ ledger }) => `**${figure(ledger.mAh)}**`),
		row(`days on ${battery} mAh without sun`, ({ days }) => figure(days)),
		row("samples, observations, reports a day", ({ counts }) =>
			[counts.samples, counts.observations, counts.reports].join(", "),
		),
		row("seconds a day awake, with the radio on", ({ counts }) =>
			[counts.awakeMs, counts.radioMs].map((ms) => Math.round(ms / 1000)).join(", "),
		),
		...(unknown.length === 0 ? [] : ["", `No figure for ${unknown.join(", ")}: not counted.`]),
	].join("\n");
}

/** Every entry once: those of the chip, then the sensors. */
function namesOf(outcomes: readonly Outcome[]): string[] {
	const entries = outcomes.flatMap(({ ledger }) => ledger.entries);
	const inOrder = [...entries].sort((a, b) => Number(a.isSensor) - Number(b.isSensor));
	return [...new Set(inOrder.map(({ name }) => name))];
}

/** Two digits that count, and no more than three behind the point. */
function figure(value: number | undefined): string {
	if (value === undefined) return "–";
	if (value >= 10) return String(Math.round(value));
	return value >= 1 ? value.toFixed(1) : value.toPrecision(2).replace(/^0\.000\d+$/, "0.000");
}

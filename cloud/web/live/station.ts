import type { ChannelTable } from "../../../firmware/sensing/channel.ts";
import type { ArchivedObservation } from "../../row.ts";
import type { JsonObject } from "../../services/document.ts";
import type { Alarm, CurrentValue, StationDetail, StationView } from "../views.ts";
import { observedAlarms } from "./alarms.ts";

/** Members of a row of the archive that are no channel. */
const envelope: ReadonlySet<string> = new Set([
	"thing",
	"sequence",
	"time",
	"periodSeconds",
	"timeQuality",
	"reasons",
	"flags",
]);

/** What the cloud knows of one station: from its observations, its messages and its shadow. */
export class LiveStation {
	readonly #thing: string;
	readonly #channels: ChannelTable;
	readonly #linkAlarms: () => readonly Alarm[];
	#newest: ArchivedObservation | undefined;
	#values: Readonly<Record<string, CurrentValue>> = {};
	#reported: JsonObject = {};
	#health: JsonObject | undefined;
	#connected = false;
	#since: number | undefined;
	/** ms; the first observation of the archive. */
	#first: number | undefined;
	/** What the lifecycle events count, so that an old one does not undo a newer one. */
	#session = "";

	/** @param linkAlarms  what is wrong with its link and its reports now, as the notices judge it */
	constructor(thing: string, channels: ChannelTable, linkAlarms: () => readonly Alarm[]) {
		this.#thing = thing;
		this.#channels = channels;
		this.#linkAlarms = linkAlarms;
	}

	/** Takes an observation; one that is older than the newest changes nothing in sight. */
	observe(row: ArchivedObservation): boolean {
		const time = Date.parse(row.time);
		this.#first = Math.min(this.#first ?? time, time);
		if (this.#newest !== undefined && row.sequence <= this.#newest.sequence) return false;
		this.#newest = row;
		this.#values = this.#valuesOf(row);
		return true;
	}

	/** @param at  UTC ms of the first observation that was ever archived */
	begins(at: number): void {
		this.#first = Math.min(this.#first ?? at, at);
	}

	/** Takes the `reported` section of its shadow. */
	report(reported: JsonObject): void {
		this.#reported = reported;
	}

	takeHealth(health: JsonObject): void {
		this.#health = health;
	}

	/** Takes what is archived of its last health message, unless it has sent one since. */
	recallHealth(health: JsonObject): void {
		this.#health ??= health;
	}

	/** @param session  of the connection that came up or ended; the end of one that was replaced is none */
	setConnected(connected: boolean, session: string, at: number | undefined): void {
		if (!connected && session !== this.#session) return;
		this.#session = session;
		this.#connected = connected;
		this.#since = at;
	}

	view(): StationView {
		const site = objectOf(this.#reported.site);
		const newest = this.#newest;
		const batteryMv = numberOf(this.#health?.batteryMv);
		const seenAt = newest && Date.parse(newest.time) + newest.periodSeconds * 1000;
		return {
			thing: this.#thing,
			displayName: textOf(site.name) ?? this.#thing,
			latitude: numberOf(site.latitude) ?? null,
			longitude: numberOf(site.longitude) ?? null,
			heightM: numberOf(site.heightM) ?? null,
			connected: this.#connected,
			since: isoOf(this.#since),
			lastSeen: isoOf(seenAt),
			values: this.#values,
			batteryVoltage: batteryMv === undefined ? null : batteryMv / 1000,
			stateOfCharge: numberOf(this.#health?.stateOfCharge) ?? null,
			signal: numberOf(this.#health?.rssiDbm) ?? null,
			firmware: textOf(this.#reported.firmware) ?? null,
			alarms: [
				...this.#linkAlarms(),
				...observedAlarms({
					values: this.#values,
					timeQuality: newest?.timeQuality ?? 0,
					stateOfCharge: numberOf(this.#health?.stateOfCharge),
				}),
			],
		};
	}

	/** @param observations  how many the archive has */
	detail(observations: number): StationDetail {
		const { sampleSeconds, observeSeconds, reportSeconds, sensors } = this.#reported;
		return {
			...this.view(),
			sampleSeconds: numberOf(sampleSeconds) ?? null,
			observeSeconds: numberOf(observeSeconds) ?? null,
			reportSeconds: numberOf(reportSeconds) ?? null,
			sensors: objectOf(sensors) as StationDetail["sensors"],
			health: this.#health ?? null,
			observations,
			firstSeen: isoOf(this.#first),
		};
	}

	#valuesOf(row: ArchivedObservation): Record<string, CurrentValue> {
		const values: Record<string, CurrentValue> = {};
		for (const [channel, value] of Object.entries(row)) {
			if (envelope.has(channel)) continue;
			const index = this.#channels.indexOf(channel);
			const reason = row.reasons?.[channel];
			const flags = row.flags?.[channel];
			values[channel] = {
				value: typeof value === "number" ? value : null,
				unit: index < 0 ? "" : this.#channels.at(index).unit,
				time: row.time,
				...(reason === undefined ? {} : { reason }),
				...(flags === undefined ? {} : { flags }),
			};
		}
		return values;
	}
}

function numberOf(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
	return typeof value === "string" ? value : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: {};
}

function isoOf(epochMs: number | undefined): string | null {
	return epochMs === undefined || !Number.isFinite(epochMs)
		? null
		: new Date(epochMs).toISOString();
}

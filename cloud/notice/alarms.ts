/*
 * Which stations a person should look at, by their lifecycle events and their reports. It reads no clock
 * and sets no timer: `sweep` is called with the moment, as often as an alarm shall be on time.
 *
 * An incident of a station begins with its first alarm and ends when the station has been well for some
 * time. Only its beginning is worth a mail: a link that comes and goes a hundred times is one incident.
 */

/** "offline": its link ended and did not come back. "unstable": it ended too often. "silent": no reports. */
export type AlarmName = "offline" | "unstable" | "silent";

/** All in seconds. */
export interface AlarmSettings {
	/** How long a link may be away: a take-over or a router's restart is no alarm. */
	readonly offlineSeconds: number;
	/** So many ends of a link within `flapSeconds` are "unstable". */
	readonly flaps: number;
	readonly flapSeconds: number;
	/** Report periods without a report that are "silent". */
	readonly silentPeriods: number;
	/** How long all has to be well before an incident is over. */
	readonly calmSeconds: number;
}

export const usualAlarms: AlarmSettings = Object.freeze({
	offlineSeconds: 60,
	flaps: 5,
	flapSeconds: 600,
	silentPeriods: 3,
	calmSeconds: 600,
});

/** A lifecycle event, as far as alarms look at it (aws-iot-contract.md §4). */
export interface LifecycleEvent {
	readonly clientId: string;
	readonly eventType: "connected" | "disconnected";
	/** UTC ms. */
	readonly timestamp: number;
	readonly versionNumber: number;
	readonly clientInitiatedDisconnect?: boolean;
	readonly disconnectReason?: string;
}

/** What has changed about a station. Times are UTC ms. */
export interface AlarmChange {
	readonly thing: string;
	readonly at: number;
	/** "opened" with the first alarm of an incident, "joined" with any other, "closed" at its end. */
	readonly type: "opened" | "joined" | "closed";
	/** The alarm that is new; at the end all that there were. */
	readonly alarms: readonly AlarmName[];
	/** One line. */
	readonly text: string;
}

/** An alarm for who looks at a station now. */
export interface CurrentAlarm {
	readonly name: AlarmName;
	/** One line, without the name of the station. */
	readonly detail: string;
}

interface Station {
	/** Of the newest lifecycle event. */
	version: number | undefined;
	isConnected: boolean;
	eventAt: number;
	/** When the last link ended, by our clock. */
	endedAt: number;
	reason: string;
	/** When links ended, the newest last; no more than count. */
	ends: number[];
	heardAt: number | undefined;
	/** The longest of recent times between reports, ms. */
	readonly intervals: number[];
	/** What its shadow says. */
	reportMs: number | undefined;
	offlineDue: number;
	silentDue: number;
	calmDue: number;
	readonly alarms: Set<AlarmName>;
}

const never = Number.POSITIVE_INFINITY;
/** Until a station's period is known. */
const usualReportMs = 300_000;
const shortestReportMs = 10_000;
const intervalsKept = 4;
/** After so long AWS begins again with version 0, so an older number is no older event. */
const versionsMs = 3_600_000;

export class Alarms {
	readonly #settings: AlarmSettings;
	readonly #onChange: (change: AlarmChange) => void;
	readonly #stations = new Map<string, Station>();

	constructor(settings: AlarmSettings, onChange: (change: AlarmChange) => void) {
		this.#settings = settings;
		this.#onChange = onChange;
	}

	/** Waits for a station that is known from before: it is silent when it does not turn up. */
	expect(thing: string, now: number): void {
		const station = this.#station(thing);
		station.silentDue = now + this.#silentMs(station);
	}

	/** Takes up an incident that was open before a restart. */
	resume(thing: string, alarms: readonly AlarmName[]): void {
		for (const alarm of alarms) this.#station(thing).alarms.add(alarm);
	}

	/** Events may come twice and out of order. */
	take(event: LifecycleEvent, now: number): void {
		const station = this.#station(event.clientId);
		if (isOld(event, station)) return;
		station.version = event.versionNumber;
		station.eventAt = event.timestamp;
		station.isConnected = event.eventType === "connected";
		if (station.isConnected) this.#connected(station, now);
		else this.#disconnected(event, station, now);
	}

	/** A report has come. */
	hear(thing: string, now: number): void {
		const station = this.#station(thing);
		if (station.heardAt !== undefined) {
			station.intervals.push(now - station.heardAt);
			if (station.intervals.length > intervalsKept) station.intervals.shift();
		}
		station.heardAt = now;
		station.silentDue = now + this.#silentMs(station);
		this.#mend(station, now);
	}

	/** The report period that the shadow of a station tells. */
	setPeriod(thing: string, seconds: number): void {
		const station = this.#station(thing);
		const before = this.#silentMs(station);
		station.reportMs = seconds * 1000;
		station.silentDue += this.#silentMs(station) - before;
	}

	/**
	 * What is wrong with a station at this moment, for who looks at it now. An incident goes on for a
	 * while when nothing is wrong any more.
	 */
	current(thing: string): readonly CurrentAlarm[] {
		const station = this.#stations.get(thing);
		if (!station) return [];
		const { flaps, flapSeconds, silentPeriods } = this.#settings;
		const isNow: Readonly<Record<AlarmName, boolean>> = {
			offline: !station.isConnected,
			unstable: true,
			silent: station.silentDue === never,
		};
		const details: Readonly<Record<AlarmName, string>> = {
			offline: station.reason === "" ? "not connected" : `not connected: ${station.reason}`,
			unstable: `lost its link ${flaps} times within ${flapSeconds} s`,
			silent: `no report for ${silentPeriods} report periods`,
		};
		return [...station.alarms]
			.filter((name) => isNow[name])
			.map((name) => ({ name, detail: details[name] }));
	}

	/** Raises what is due, and ends incidents that are over. */
	sweep(now: number): void {
		for (const [thing, station] of this.#stations) {
			if (station.offlineDue <= now) {
				station.offlineDue = never;
				this.#raise(thing, station, "offline", now);
			}
			if (station.silentDue <= now) {
				station.silentDue = never;
				this.#raise(thing, station, "silent", now);
			}
			if (station.calmDue <= now) this.#close(thing, station, now);
		}
	}

	#connected(station: Station, now: number): void {
		station.offlineDue = never;
		// Silence counts from when it could be broken; who has never reported may be no station at all.
		if (station.heardAt !== undefined) {
			station.silentDue = Math.max(station.silentDue, now + this.#silentMs(station));
		}
		if (station.silentDue === never && station.alarms.has("silent")) return;
		this.#mend(station, now);
	}

	/** A station that says goodbye sleeps: it is missed only when its reports are. */
	#disconnected(event: LifecycleEvent, station: Station, now: number): void {
		station.endedAt = now;
		station.reason = event.disconnectReason ?? "";
		if (event.clientInitiatedDisconnect) return;
		const { offlineSeconds, flaps, flapSeconds } = this.#settings;
		station.offlineDue = now + offlineSeconds * 1000;
		station.calmDue = never;
		station.ends = [...station.ends, now]
			.filter((at) => at > now - flapSeconds * 1000)
			.slice(-flaps);
		if (station.ends.length >= flaps) this.#raise(event.clientId, station, "unstable", now);
	}

	#mend(station: Station, now: number): void {
		if (station.alarms.size > 0 && station.calmDue === never) {
			station.calmDue = now + this.#settings.calmSeconds * 1000;
		}
	}

	#raise(thing: string, station: Station, alarm: AlarmName, at: number): void {
		station.calmDue = never;
		if (station.alarms.has(alarm)) return;
		const type = station.alarms.size === 0 ? "opened" : "joined";
		station.alarms.add(alarm);
		const text = `${thing} ${this.#describe(alarm, station, at)}`;
		this.#onChange({ thing, at, type, alarms: [alarm], text });
	}

	#close(thing: string, station: Station, at: number): void {
		const alarms = [...station.alarms];
		station.calmDue = never;
		station.alarms.clear();
		station.ends = [];
		const text = `${thing} has been well for ${this.#settings.calmSeconds} s`;
		this.#onChange({ thing, at, type: "closed", alarms, text });
	}

	#describe(alarm: AlarmName, station: Station, now: number): string {
		const { flaps, flapSeconds, silentPeriods } = this.#settings;
		const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
		switch (alarm) {
			case "offline":
				return `is offline for ${seconds(now - station.endedAt)}: ${station.reason}`;
			case "unstable":
				return `lost its link ${flaps} times within ${flapSeconds} s: ${station.reason}`;
			case "silent":
				return station.heardAt === undefined
					? "has not reported since the cloud started"
					: `has not reported for ${seconds(now - station.heardAt)}, more than ${silentPeriods} report periods`;
		}
	}

	#silentMs({ reportMs, intervals }: Station): number {
		const learned = intervals.length < 2 ? usualReportMs : Math.max(...intervals, shortestReportMs);
		return this.#settings.silentPeriods * (reportMs ?? learned);
	}

	#station(thing: string): Station {
		let station = this.#stations.get(thing);
		if (!station) {
			station = {
				version: undefined,
				isConnected: false,
				eventAt: 0,
				endedAt: 0,
				reason: "",
				ends: [],
				heardAt: undefined,
				intervals: [],
				reportMs: undefined,
				offlineDue: never,
				silentDue: never,
				calmDue: never,
				alarms: new Set(),
			};
			this.#stations.set(thing, station);
		}
		return station;
	}
}

/** By version number, and of the two events that share one the connect comes first. */
function isOld(event: LifecycleEvent, { version, isConnected, eventAt }: Station): boolean {
	const { versionNumber, eventType, timestamp } = event;
	if (version === undefined || versionNumber > version) return false;
	if (versionNumber < version) return timestamp - eventAt < versionsMs;
	return eventType === "connected" || !isConnected;
}

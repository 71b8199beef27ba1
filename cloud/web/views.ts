/*
 * What the views below /api/isobar answer: for the page, and for scripts. Members keep the names of
 * the channels and of AWS; times are ISO 8601 in UTC where a person may read them, and seconds since
 * 1970 in columns.
 */

/** One value of a channel, with the observation that it is from. */
export interface CurrentValue {
	/** In the unit of the channel; null when the observation has none. */
	readonly value: number | null;
	readonly unit: string;
	/** Start of its window. */
	readonly time: string;
	/** Why there is no value. */
	readonly reason?: string;
	/** What is odd about it. */
	readonly flags?: readonly string[];
}

/** Something about a station that a person should look at. */
export interface Alarm {
	readonly name: "offline" | "unstable" | "silent" | "battery" | "sensor" | "quality" | "clock";
	readonly detail: string;
}

/** One station at a glance. Null stands for what it has not said. */
export interface StationView {
	readonly thing: string;
	readonly displayName: string;
	readonly latitude: number | null;
	readonly longitude: number | null;
	readonly heightM: number | null;
	readonly connected: boolean;
	/** When it connected or went, as far as this run of the cloud has seen it. */
	readonly since: string | null;
	/** End of the newest observation. */
	readonly lastSeen: string | null;
	readonly values: Readonly<Record<string, CurrentValue>>;
	readonly batteryVoltage: number | null;
	/** Of the battery, %. */
	readonly stateOfCharge: number | null;
	/** dBm. */
	readonly signal: number | null;
	readonly firmware: string | null;
	readonly alarms: readonly Alarm[];
}

/** One station with what its shadow and its last messages say of it. */
export interface StationDetail extends StationView {
	/** Seconds; null until its shadow has reported them. */
	readonly sampleSeconds: number | null;
	readonly observeSeconds: number | null;
	readonly reportSeconds: number | null;
	/** By the name of the sensor: part, serial number, height, calibration. */
	readonly sensors: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
	/** The last health message, as it came. */
	readonly health: Readonly<Record<string, unknown>> | null;
	readonly observations: number;
	/** Of the first observation of the series. */
	readonly firstSeen: string | null;
}

export const figureNames = [
	"connected",
	"messagesIn",
	"messagesOut",
	"rulesExecuted",
	"failures",
	"bytesIn",
	"bytesOut",
] as const;

/** `connected` is a number of stations at a moment, the others count what has happened. */
export type FigureName = (typeof figureNames)[number];

/** Figures over time: element i of a series is for the `step` seconds from `from + i * step`. */
export interface Overview {
	/** Seconds since 1970. */
	readonly from: number;
	readonly to: number;
	readonly step: number;
	/** Null where the cloud was not running. */
	readonly series: Readonly<Record<FigureName, readonly (number | null)[]>>;
	/** Since the start of the cloud, but for `connected`: now. */
	readonly totals: Readonly<Record<FigureName, number>>;
	/** When this run of the cloud began. */
	readonly startedAt: string;
}

/** What a batch of observations has changed, as the stream tells it. */
export interface ObservationNews {
	readonly rows: readonly StationView[];
}

/** One channel of a series; each array is as long as `time`, null where there is no value. */
export interface SeriesChannelView {
	readonly unit: string;
	readonly mean: readonly (number | null)[];
	readonly min: readonly (number | null)[];
	readonly max: readonly (number | null)[];
	/** Of channels that are increments, such as precipitation. */
	readonly sum?: readonly (number | null)[];
}

/** Values of one station, gathered in steps of one length. */
export interface SeriesView {
	/** s. */
	readonly step: number;
	/** Beginning of each step, UTC seconds; where steps are missing one with nulls breaks the line. */
	readonly time: readonly number[];
	readonly channels: Readonly<Record<string, SeriesChannelView>>;
	/** By channel, by flag or reason: indices into `time`. */
	readonly flags: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

/** One thing that has happened, for people. */
export interface EventView {
	/** Grows with each event. */
	readonly id: number;
	readonly time: string;
	readonly kind: string;
	readonly thing?: string;
	/** One line. */
	readonly text: string;
	/** What a program may want to know. */
	readonly detail?: Readonly<Record<string, unknown>>;
}

/** A mail in a list. */
export interface MailView {
	readonly id: string;
	readonly time: string;
	readonly from: string;
	readonly to: readonly string[];
	readonly subject: string;
	/** "kept" where no mail server is configured, else "waiting", "sent" or "failed". */
	readonly state: string;
	/** What the server said last. */
	readonly error?: string;
}

/** A mail as it is read. */
export interface MailDetail extends MailView {
	/** Plain text. */
	readonly text: string;
	/** The message as it is sent (RFC 5322). */
	readonly source: string;
}

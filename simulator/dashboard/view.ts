import type { SimulatedStation } from "../fleet/station.ts";

/** Where the user watches a run. */
export interface View {
	/** Something worth a line has happened to a station or the cloud. */
	log(source: string, line: string): void;
	/** Shows how things stand now; called a few times a second at most. */
	show(stations: readonly SimulatedStation[]): void;
	/** Shows how things ended, and leaves the screen to what follows. */
	close(stations: readonly SimulatedStation[]): void;
}

/** Where text goes. */
export interface Output {
	write(text: string): void;
}

/** A screen whose lines can be written over. */
export interface Screen extends Output {
	readonly columns: number;
	readonly rows: number;
}

/** Milliseconds as 00:01:23, or 2 d 03:04:05 from a day on. */
export function clockText(ms: number): string {
	const seconds = Math.floor(ms / 1000);
	const two = (value: number): string => String(value).padStart(2, "0");
	const days = Math.floor(seconds / 86_400);
	const hours = Math.floor(seconds / 3_600) % 24;
	const time = `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
	return days === 0 ? time : `${days} d ${time}`;
}

/** How many stations are connected, and their sums, in one line. */
export function statusText(stations: readonly SimulatedStation[]): string {
	let up = 0;
	let waiting = 0;
	let acknowledged = 0;
	let made = 0;
	let shed = 0;
	for (const station of stations) {
		const { state } = station;
		const totals = station.totals();
		if (state?.link === "up") up += 1;
		waiting += state?.waiting ?? 0;
		acknowledged += totals.acknowledged;
		shed += totals.shed;
		for (const { first, last } of totals.made) made += last - first + 1;
	}
	const parts = [
		`${up} of ${stations.length} stations up`,
		`observations made ${made}`,
		`acknowledged ${acknowledged}`,
		`waiting ${waiting}`,
	];
	if (shed > 0) parts.push(`shed ${shed}`);
	return parts.join(", ");
}

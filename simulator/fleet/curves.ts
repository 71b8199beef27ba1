import type { FleetObserver, VirtualFleet } from "./virtual.ts";

/** Columns of the time axis over the planned duration; what comes after goes on at the same pace. */
const columns = 480;
/** Upper ends of the classes of latency in s; the last class has none. */
export const latencyEdges: readonly number[] = Object.freeze([
	1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
]);
/** Upper ends of the classes of observations in a report. */
export const sizeEdges: readonly number[] = Object.freeze([1, 2, 5, 10, 20, 30, 45, 60]);

/** A run of a fleet as curves over time and as histograms: what a report of it shows. */
export class Curves implements FleetObserver {
	/** Milliseconds from one value of a curve to the next. */
	readonly interval: number;
	/** By column: stations connected, and observations in flash, archived and given up, in total. */
	readonly connected: number[] = [];
	readonly waiting: number[] = [];
	readonly archived: number[] = [];
	readonly shed: number[] = [];
	/** By column: longest latency of a report in s, 0 for none. */
	readonly latency: number[] = [];
	/** By kind, then by column, how often it happened. */
	readonly faults = new Map<string, number[]>();
	/** When the broker was away, ms from the start. */
	readonly outages: [from: number, to: number][] = [];
	/** Reports by class of latency and by class of size. */
	readonly latencies = new Array<number>(latencyEdges.length + 1).fill(0);
	readonly sizes = new Array<number>(sizeEdges.length + 1).fill(0);
	#fleet: VirtualFleet | undefined;
	#start = 0;

	/** @param duration  ms that the run is to last */
	constructor(duration: number) {
		this.interval = Math.max(1_000, duration / columns);
	}

	/** Begins to look at a fleet. */
	watch(fleet: VirtualFleet): void {
		this.#fleet = fleet;
		this.#start = fleet.now - fleet.elapsed;
		this.#sampleAt(0);
	}

	onBroker(isUp: boolean, now: number): void {
		const moment = now - this.#start;
		if (isUp) this.outages.at(-1)![1] = moment;
		else this.outages.push([moment, Number.POSITIVE_INFINITY]);
	}

	onFault(kind: string, now: number): void {
		let counts = this.faults.get(kind);
		if (counts === undefined) {
			counts = [];
			this.faults.set(kind, counts);
		}
		const column = this.#columnOf(now);
		counts[column] = (counts[column] ?? 0) + 1;
	}

	onReport(count: number, latency: number, now: number): void {
		this.sizes[classOf(count, sizeEdges)]! += 1;
		if (Number.isNaN(latency)) return;
		const seconds = Math.max(0, latency / 1000);
		this.latencies[classOf(seconds, latencyEdges)]! += 1;
		const column = this.#columnOf(now);
		this.latency[column] = Math.max(seconds, this.latency[column] ?? 0);
	}

	#columnOf(now: number): number {
		return Math.floor((now - this.#start) / this.interval);
	}

	#sampleAt(column: number): void {
		const fleet = this.#fleet!;
		fleet.clock.schedule(this.#start + column * this.interval, () => {
			let waiting = 0;
			let shed = 0;
			for (const station of fleet.stations) {
				const { state } = station;
				waiting += state?.waiting ?? 0;
				shed += state?.shed ?? 0;
			}
			this.connected[column] = fleet.cloud.broker.connections;
			this.waiting[column] = waiting;
			// A station that is off says nothing; what it has given up it has given up.
			this.shed[column] = Math.max(shed, this.shed[column - 1] ?? 0);
			this.archived[column] = fleet.archive.archived;
			this.#sampleAt(column + 1);
		});
	}
}

function classOf(value: number, edges: readonly number[]): number {
	const place = edges.findIndex((edge) => value <= edge);
	return place < 0 ? edges.length : place;
}

import { Station } from "../../../firmware/station/station.ts";
import type { Host } from "../host.ts";
import { RemoteBoard } from "./board.ts";
import { definition } from "./definition.ts";

/** A day, and the seconds in which its last report is acknowledged. */
const dayMs = 86_405_000;
const reports = 1_000;
/** Reports until everything that is made once has been made. */
const warmUp = 24;

/** How full the machine is after a collection: what lives. */
class Gauge {
	chunkBytes = 0;
	slots = 0;
	stackSlots = 0;
	readonly #host: Host;
	readonly #words = new Uint8Array(12);
	readonly #view = new DataView(this.#words.buffer);

	constructor(host: Host) {
		this.#host = host;
	}

	read(): void {
		this.#host.usage(this.#words);
		this.chunkBytes = this.#view.getUint32(0, true);
		this.slots = this.#view.getUint32(4, true);
		this.stackSlots = this.#view.getUint32(8, true);
	}

	/** Names that the program has made, such as members of a document, go with the second collection. */
	readLive(): void {
		this.#host.collect();
		this.#host.collect();
		this.read();
	}
}

function boot(host: Host, cadence = definition.cadence): { board: RemoteBoard; station: Station } {
	const board = new RemoteBoard(host);
	const station = new Station(board, { ...definition, cadence });
	station.start(board.ticks);
	station.networkUp(board.ticks);
	return { board, station };
}

/** The sequence number that was made last, and how many wait: the same everywhere. */
function tally({
	made,
	acknowledged,
	waiting,
	reportsSent,
	corrupt,
}: ReturnType<Station["state"]>) {
	return `made ${made} acknowledged ${acknowledged} waiting ${waiting} reports ${reportsSent} corrupt ${corrupt}`;
}

/**
 * One simulated day. Prints what was made of it, and at the end what the machine had to hold: the most that
 * lived at any moment, looked at after every report.
 */
export function day(host: Host): void {
	const gauge = new Gauge(host);
	const most = { liveChunkBytes: 0, liveSlots: 0, stackSlots: 0 };
	const { board, station } = boot(host);
	let seen = -1;
	while (board.ticks < dayMs) {
		board.step();
		if (station.state().reportsSent === seen) continue;
		seen = station.state().reportsSent;
		gauge.readLive();
		most.liveChunkBytes = Math.max(most.liveChunkBytes, gauge.chunkBytes);
		most.liveSlots = Math.max(most.liveSlots, gauge.slots);
		most.stackSlots = Math.max(most.stackSlots, gauge.stackSlots);
	}
	host.print(`day: ${tally(station.state())}`);
	host.print(`MEMORY ${JSON.stringify(most)}`);
}

/**
 * A thousand reports, each of one observation of six rounds of samples, in a machine so large that nothing is
 * collected between the two looks: the difference is what was made on the way, and after a collection what stayed.
 */
export function thousandReports(host: Host): void {
	const gauge = new Gauge(host);
	const { board, station } = boot(host, { ...definition.cadence, reportSeconds: 60 });
	const until = (count: number): void => {
		while (station.state().reportsSent < count) board.step();
	};
	until(warmUp);
	gauge.readLive();
	const { chunkBytes, slots } = gauge;
	until(warmUp + reports);
	gauge.read();
	const garbageBytes = Math.round((gauge.chunkBytes - chunkBytes) / reports);
	const garbageSlots = Math.round((gauge.slots - slots) / reports);
	gauge.readLive();
	const grownBytes = gauge.chunkBytes - chunkBytes;
	const grownSlots = gauge.slots - slots;
	host.print(`day: ${tally(station.state())}`);
	host.print(`MEMORY ${JSON.stringify({ grownBytes, grownSlots, garbageBytes, garbageSlots })}`);
}

import { Observation, ObservationRun } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import { SessionBuffers } from "../mqtt/buffers.ts";
import { PageBuffers } from "../outbox/pages.ts";
import { ChannelTable } from "../sensing/channel.ts";
import type { Filling } from "../sensing/scheduler.ts";
import { channelsOf, fillingsOf } from "./channels.ts";
import type { StationDefinition } from "./define.ts";

/**
 * What the stations of one definition have in common within a process: tables that never change, and
 * memory that is lent. A chip has one station and reserves all of it; see docs/adr/0005.
 */
export class Commons {
	readonly channels: ChannelTable;
	/** What the samples of each sensor fill, in the order of the definition. */
	readonly fillings: readonly (readonly Filling[])[];
	readonly session: SessionBuffers;
	/** Scratch of the outbox, for the length of a call. */
	readonly pages = new PageBuffers();
	readonly observation = new Observation();
	/** Scratch for a run of observations and the report that it becomes, for the length of a call. */
	readonly run: ObservationRun;
	readonly report = new Uint8Array(Limits.reportBytes);
	/** Scratch for a message that is no report: the same bytes, since what is encoded is handed over at once. */
	readonly message = this.report.subarray(0, Limits.controlBytes);

	/**
	 * @param sessions  for how many of them everything that they can need at once is reserved
	 * @throws {Error} with one line, see `ChannelTable`
	 */
	constructor(definition: StationDefinition, sessions = 1) {
		this.channels = channelsOf(definition);
		const known = new ChannelTable(definition.channels);
		this.fillings = definition.sensors.map((entry) => fillingsOf(entry, known, this.channels));
		this.session = new SessionBuffers(Limits, sessions);
		this.run = new ObservationRun(this.channels.length);
	}
}

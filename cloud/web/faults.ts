/** Something that can be done to a simulated station, as a person is told of it. */
export interface FaultKind {
	readonly name: string;
	readonly title: string;
	readonly detail: string;
}

/** The faults of a simulator that runs beside the cloud. The cloud itself knows of none. */
export interface FaultControl {
	readonly kinds: readonly FaultKind[];
	/** Thing names of the stations that it simulates. */
	readonly things: readonly string[];
	/**
	 * Does it, now.
	 *
	 * @returns in one line what was done; `undefined` when there is no such fault or station
	 */
	inject(kind: string, thing: string): string | undefined;
}

/** The time of day and one-time alarms, so that a test can pass hours in no time. */
export interface Timers {
	/** UTC in ms. */
	now(): number;
	/** Calls back once after some ms. @returns what calls it off */
	after(ms: number, run: () => void): () => void;
}

export const realTimers: Timers = {
	now: Date.now,
	after(ms, run) {
		const timer = setTimeout(run, ms);
		return () => clearTimeout(timer);
	},
};

declare const ticksBrand: unique symbol;
declare const epochBrand: unique symbol;

/** Milliseconds since boot, deep sleep included, monotonic. Deadlines, timeouts and backoff count in ticks. */
export type Ticks = number & { readonly [ticksBrand]: true };

/** Milliseconds since 1970-01-01T00:00:00Z. Only in payloads, certificates and logs. */
export type Epoch = number & { readonly [epochBrand]: true };

/**
 * Time of one device. There is one alarm: setting it again moves it, and `Infinity` turns it off.
 * An alarm whose deadline has passed fires as soon as the caller has returned, never before.
 */
export interface Clock {
	/** Milliseconds since boot; never goes back, and goes on over deep sleep. */
	readonly ticks: Ticks;
	/** The real-time clock, or `undefined` where there is none or it was never set. */
	readonly epoch: Epoch | undefined;
	/** Sets the real-time clock, where there is one that outlasts a reset. */
	set?(epoch: Epoch): void;
	setAlarm(deadline: Ticks): void;
	/** Called when the alarm's deadline has come. */
	onAlarm: (now: Ticks) => void;
}

/** Randomness of one device. */
export interface Random {
	/** 32 random bits, as an unsigned integer. */
	next(): number;
}

/** Anything that waits for a moment. The agenda calls `onDeadline` once the moment has come. */
export interface Timed {
	/** When `onDeadline` wants to be called; `Infinity` when it waits for nothing. */
	readonly deadline: Ticks;
	onDeadline(now: Ticks): void;
}

/** A call that is made once the caller has returned, however often it is asked for until then. */
export interface Deferral {
	ask(): void;
	cancel(): void;
}

import type { Document } from "../base/json.ts";

/** Something else that the shadow can set, beside the cadence. */
export interface Setting {
	/** Its member in the state of the shadow. */
	readonly member: string;
	/**
	 * Takes what a delta wants, wholly or not at all; nothing in it is trusted.
	 *
	 * @returns why it is refused, in one line, or `undefined`
	 */
	apply(wanted: unknown): string | undefined;
	/** What holds, in the form in which it is wanted. */
	reported(): Document;
}

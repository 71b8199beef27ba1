import type { MissingReason, SensorError } from "../firmware/ports/sensor.ts";

/** What a driver throws when it knows why there is no value. */
export class SensorFault extends Error implements SensorError {
	readonly reason: MissingReason;

	constructor(reason: MissingReason, message: string) {
		super(message);
		this.reason = reason;
	}
}

/**
 * Checks what a part says it is.
 *
 * @param id  what the identification register holds
 * @throws {SensorFault} "unplugged" when nothing drives the bus, "part" when another part answers
 */
export function checkId(id: number, expected: number): void {
	if (id === expected) return;
	if (id === 0x00 || id === 0xff) throw new SensorFault("unplugged", "nothing drives the bus");
	throw new SensorFault("part", `chip id is 0x${id.toString(16)}, not 0x${expected.toString(16)}`);
}

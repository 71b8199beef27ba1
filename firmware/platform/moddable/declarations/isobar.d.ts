/** Modules of our own that each platform has its own form of: see docs/porting.md. */
declare module "embedded:isobar/chip" {
	/** Why the chip has started, or "restart" where it does not say. */
	export function resetReason(): import("../../../ports/device.ts").ResetReason;
	/** Bytes. */
	export function freeHeap(): number;
	/** The factory's address of the chip, for example "24:6f:28:00:00:01". */
	export function macAddress(): string | undefined;
	export function restart(): never;
	/** Restarts, and the next run has the reset reason "crash". */
	export function crash(): never;
	/** Bytes of the memory that outlives a reset. */
	export function retainedBytes(): number;
	/** Fills `into` from `offset`. @throws {RangeError} outside of the memory */
	export function readRetained(into: Uint8Array, offset: number): void;
	/** Writes `from` at `offset`. @throws {RangeError} outside of the memory */
	export function writeRetained(from: Uint8Array, offset: number): void;
	/**
	 * Sleeps; the chip starts anew after `milliseconds`, or when `pin` has `level`.
	 *
	 * @throws {RangeError} for a pin that cannot wake the chip, or a time that is too long
	 */
	export function deepSleep(milliseconds: number, pin?: number, level?: 0 | 1): never;
	/** Whether a pin has ended the sleep. */
	export function wokenByPin(): boolean;
	/** Whether this image is one that a reset would roll back. */
	export function isOnTrial(): boolean;
	/** A line for the log of the device. */
	export function log(line: string): void;
	/** Keeps this image. */
	export function confirmImage(): void;
	/** Starts the image before this one. @throws when there is none */
	export function rejectImage(): never;
}

declare module "embedded:isobar/identity" {
	/** The bytes of an entry of the identity partition, or `undefined`. */
	export default function readIdentity(key: string): ArrayBuffer | undefined;
}

declare module "embedded:isobar/interface" {
	const Interface: new (options: {
		onChanged(property: string): void;
	}) => import("../../../ports/interface.ts").NetworkInterface;
	export default Interface;
}

declare module "embedded:isobar/analog" {
	const Analog: import("../../../ports/io.ts").AnalogConstructor;
	export default Analog;
}

declare module "embedded:isobar/pulsecount" {
	const PulseCount: import("../../../ports/io.ts").PulseCountConstructor;
	export default PulseCount;
}

declare module "embedded:isobar/tls" {
	const TlsEngine: new () => import("../../../ports/tls.ts").TlsEngine;
	export default TlsEngine;
}

/** What a program is given, on XS by `host/main.c` and on Node by `node.ts`. */
export interface Host {
	print(line: string): void;
	/** Collects garbage, and does nothing on Node. */
	collect(): void;
	/**
	 * How full the machine is: three little-endian 32-bit integers, of chunks in bytes, slots, and the most
	 * slots of the stack that there were. Leaves `into` as it is on Node.
	 *
	 * @param into  12 bytes
	 */
	usage(into: Uint8Array): void;
	/**
	 * Asks the world, which is another machine.
	 *
	 * @param bytes  at most 8,192; what the world leaves in its copy is copied back
	 */
	remote(operation: number, a: number, b: number, bytes?: Uint8Array): number;
}

/** What a world gives to its host: it serves `remote`, with the bytes in `lent`. */
export type Serve = (operation: number, a: number, b: number, length: number) => number;

export type Program = (host: Host) => unknown;

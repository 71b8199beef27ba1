/**
 * The ECMA-419 IO classes that drivers instantiate, as far as they are used here. On the chip
 * Moddable supplies them, in the simulator `simulator/device/bus.ts` does. They throw when the part does not
 * acknowledge.
 */

/** ECMA-419 §10.4, I2C. */
export interface I2COptions {
	readonly data?: number;
	readonly clock?: number;
	readonly hz?: number;
	/** 7-bit address. */
	readonly address: number;
	readonly port?: number;
}

export interface I2C {
	/** Reads into `buffer` and returns the number of bytes read. */
	read(buffer: Uint8Array, stop?: boolean): number;
	write(buffer: Uint8Array, stop?: boolean): void;
	close(): void;
}

export interface I2CConstructor {
	new (options: I2COptions): I2C;
}

/** ECMA-419 §10.10, SMBus: I2C with registers. */
export interface SMBus {
	readUint8(register: number): number;
	writeUint8(register: number, value: number): void;
	readUint16(register: number, bigEndian?: boolean): number;
	writeUint16(register: number, value: number, bigEndian?: boolean): void;
	/** Fills `buffer` from consecutive registers, in one transfer. */
	readBuffer(register: number, buffer: Uint8Array): void;
	writeBuffer(register: number, buffer: Uint8Array): void;
	close(): void;
}

export interface SMBusConstructor {
	new (options: I2COptions): SMBus;
}

/** ECMA-419 §10.7, pulse count of one signal; the count is a signed 32-bit integer that wraps. */
export interface PulseCountOptions {
	readonly signal: number;
	/** Milliseconds within which further edges belong to the same pulse; our extension. */
	readonly debounce?: number;
}

export interface PulseCount {
	read(): number;
	close(): void;
}

export interface PulseCountConstructor {
	new (options: PulseCountOptions): PulseCount;
}

/** ECMA-419 §10.2, analog input. */
export interface AnalogOptions {
	readonly pin: number;
}

export interface Analog {
	/** A conversion result of `resolution` bits. */
	read(): number;
	/** Bits of a conversion result. */
	readonly resolution: number;
	close(): void;
}

export interface AnalogConstructor {
	new (options: AnalogOptions): Analog;
}

/** ECMA-419 §10.3, digital output or input. */
export interface DigitalOptions {
	readonly pin: number;
	readonly mode: number;
}

export interface Digital {
	read(): number;
	write(value: number): void;
	close(): void;
}

export interface DigitalConstructor {
	new (options: DigitalOptions): Digital;
	readonly InputPullUp: number;
	readonly Output: number;
	readonly OutputOpenDrain: number;
}

/** The IO classes of one device. */
export interface IO {
	readonly I2C: I2CConstructor;
	readonly SMBus: SMBusConstructor;
	readonly PulseCount: PulseCountConstructor;
	readonly Analog: AnalogConstructor;
	readonly Digital: DigitalConstructor;
}

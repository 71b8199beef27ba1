/** What is used of the Moddable SDK, as its documentation and its sources have it (8.2.3). */
declare module "time" {
	const Time: {
		/** Milliseconds of a counter of 32 bits, signed or unsigned. */
		readonly ticks: number;
		/** Sets the real-time clock, to whole seconds since 1970. */
		set(seconds: number): void;
	};
	export default Time;
}

declare module "timer" {
	interface Timer {
		readonly timerBrand: unique symbol;
	}
	const Timer: {
		repeat(callback: () => void, interval: number): Timer;
		/** Moves a timer; without a delay it stands still until it is moved again. */
		schedule(timer: Timer, delay?: number, repeat?: number): void;
	};
	export default Timer;
}

declare module "mc/config" {
	/** The `config` section of the manifest. */
	const config: {
		/** Host name of the time server. */
		readonly timeServer: string;
	};
	export default config;
}

declare module "embedded:io/i2c" {
	const I2C: import("../../../ports/io.ts").I2CConstructor;
	export default I2C;
}

declare module "embedded:io/smbus" {
	const SMBus: import("../../../ports/io.ts").SMBusConstructor;
	export default SMBus;
}

declare module "embedded:io/digital" {
	const Digital: import("../../../ports/io.ts").DigitalConstructor;
	export default Digital;
}

declare module "embedded:io/socket/tcp" {
	/** @throws without a network, or a free socket */
	const TCP: new (
		options: import("../../../ports/tls.ts").TcpOptions,
	) => import("../../../ports/tls.ts").Tcp;
	export default TCP;
}

declare module "embedded:io/socket/udp" {
	export default class UDP {
		/** @throws while there is no network */
		constructor(options: { onReadable(this: UDP, count: number): void });
		/** The oldest datagram that waits. */
		read(): (ArrayBuffer & { readonly address: string; readonly port: number }) | undefined;
		/** @throws when it cannot be sent */
		write(buffer: Uint8Array, address: string, port: number): void;
		close(): void;
	}
}

declare module "embedded:storage/flash" {
	interface Flash {
		read(into: Uint8Array, offset: number): number;
		write(from: Uint8Array, offset: number): void;
		eraseBlock(block: number): void;
		status(): { readonly size: number; readonly blocks: number; readonly blockLength: number };
		close(): void;
	}
	const flash: { open(options: { path: string }): Flash };
	export default flash;
}

declare module "embedded:storage/key-value" {
	interface Domain {
		read(key: string): ArrayBuffer | undefined;
		write(key: string, value: Uint8Array): void;
		delete(key: string): void;
	}
	const keyValue: { open(options: { path: string }): Domain };
	export default keyValue;
}

/** Set by the SDK's module `system`. */
declare const System: {
	/** Calls back with the name and an address in numbers, or `undefined` when there is none. */
	resolve(host: string, callback: (host: string, address: string | undefined) => void): void;
};

/**
 * Called before the machine ends: for an exception that nobody caught, for a heap that is full. The
 * `defines` of the manifest turn it on.
 */
declare var abort: ((reason: string) => void) | undefined;

import type { Clock, Random } from "../../ports/clock.ts";
import type { SocketConstructor } from "../../ports/socket.ts";
import type { Guard } from "./crash.ts";

export interface Credentials {
	readonly authority: Uint8Array;
	readonly certificate: Uint8Array;
	readonly key: Uint8Array;
}

export interface TlsHost {
	readonly guard: Guard;
	readonly clock: Clock;
	readonly random: Random;
	log(line: string): void;
}

export function tlsSocketWith(_credentials: Credentials, _host: TlsHost): SocketConstructor {
	return class {
		constructor() {
			throw new Error("no TLS engine in this build");
		}
		read(): number {
			return 0;
		}
		write(): number {
			return 0;
		}
		close(): void {}
	};
}

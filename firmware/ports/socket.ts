/**
 * ECMA-419 §11 client sockets and name resolution, as far as the link uses them.
 *
 * Differences that are ours: `read` and `write` take the caller's buffer and return counts, and
 * `onError` carries a `Status` where the platform knows one.
 */
export interface SocketOptions {
	/** Numeric address of the peer, as the resolver gave it. */
	readonly address: string;
	/** Name to verify in the peer's certificate, and SNI. */
	readonly host: string;
	readonly port: number;
	/** Bytes can be read; called again when more arrive. `count` is at least 1. */
	onReadable(count: number): void;
	/**
	 * The connection, TLS included, is up and takes bytes; and again whenever it takes bytes after it
	 * was full.
	 */
	onWritable(count: number): void;
	/** The connection is gone; nothing is called after this. `status` is a `Status`, or undefined. */
	onError(status?: number): void;
	/** Which phase the attempt is in, for the deadlines of the link; optional for a platform. */
	onConnected?(): void;
}

export interface Socket {
	/** Copies what has arrived into `buffer` from index 0; returns the count, 0 when there is none. */
	read(buffer: Uint8Array): number;
	/**
	 * Takes the bytes of `buffer` or as many as fit; returns the count taken, 0 when it is full. The
	 * buffer is the caller's again when the call returns.
	 */
	write(buffer: Uint8Array): number;
	/** Closes without a word; no callback is called after this. */
	close(): void;
}

export interface SocketConstructor {
	/** @throws when the platform cannot even begin, for example with no free socket */
	new (options: SocketOptions): Socket;
}

export interface Resolver {
	/** Calls back once, later: with a numeric address, or with `undefined` when there is none. */
	resolve(host: string, callback: (address: string | undefined) => void): void;
}

/** ECMA-419 §11.4, UDP. */
export interface DatagramOptions {
	/** A datagram has come. */
	onReadable(): void;
}

export interface Datagram {
	/** Sends one datagram; it may get lost. */
	write(buffer: Uint8Array, address: string, port: number): void;
	/** Copies the next datagram into `buffer`, cut to its length; returns the count, 0 for none. */
	read(buffer: Uint8Array): number;
	close(): void;
}

export interface DatagramConstructor {
	/** @throws when the platform has no free socket */
	new (options: DatagramOptions): Datagram;
}

export interface Network {
	/** TCP with TLS: verified server, client certificate; credentials are the platform's affair. */
	readonly Socket: SocketConstructor;
	readonly resolver: Resolver;
	/** For the time server; absent where the platform keeps its clock right by itself. */
	readonly Datagram?: DatagramConstructor;
	/**
	 * Strength of what is received from the access point at this moment, in dBm; a reading allocates nothing.
	 * Absent with Ethernet, `undefined` while nobody knows.
	 */
	readonly rssiDbm?: number | undefined;
}

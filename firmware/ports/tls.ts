/**
 * What TLS on a device is made of: an engine that only turns bytes into bytes, and the ECMA-419 TCP
 * socket under it. `firmware/network/tls.ts` makes the `Socket` of ports/socket.ts of the two.
 */

/** The C engine of platform/moddable/native/tls.h, one connection at a time; reasons are those of network/tlsreason.ts. */
export interface TlsEngine {
	/**
	 * Takes everything it will ever hold; nothing else may be called before it or after it has failed.
	 * The arguments are PEM or DER. Returns Ok, or the reason.
	 */
	create(authority: Uint8Array, certificate: Uint8Array, key: Uint8Array): number;
	/**
	 * Begins a connection, after ending the one before without a word. `seconds` since 1970 UTC are
	 * the time that certificates are judged by, or with `isFloor` a lower bound of it.
	 */
	open(host: string, seconds: number, isFloor: boolean): number;
	/** One step: 0 to wait for the peer, 1 to go on, 2 when it is up, or a negated reason. */
	handshake(): number;
	/** Ciphertext that `feed` takes now, in bytes. */
	room(): number;
	/** Takes the first `count` bytes from the peer, as far as there is room; returns how many. */
	feed(bytes: Uint8Array, count: number): number;
	/** Fills `into` with at most `limit` bytes for the peer; returns how many. */
	take(into: Uint8Array, limit: number): number;
	/** Plaintext that `read` gives at once, or a negated reason. */
	readable(): number;
	/** Plaintext that `write` takes now. */
	writable(): number;
	/** Returns the count, 0 when there is none, or a negated reason. */
	read(into: Uint8Array): number;
	/** Returns the count taken, 0 when there is no room, or a negated reason. */
	write(bytes: Uint8Array): number;
	/** Says close_notify, which is then there to be taken. */
	close(): void;
	/** Number of the alert that ended the connection, or 0. */
	alert(): number;
	/** Error code of mbedTLS, or 0. */
	code(): number;
	/** Name of the cipher suite while up. */
	suite(): string;
	isResumed(): boolean;
}

/** ECMA-419 §11.2, as Moddable has it: what begins it and `write` throw, and no error has a reason. */
export interface TcpOptions {
	readonly address: string;
	readonly port: number;
	readonly nodelay?: boolean;
	onReadable(count: number): void;
	/** The first time: it is connected. */
	onWritable(count: number): void;
	/** Called once everything that came has been read. */
	onError(): void;
}

export interface Tcp {
	/** Fills the whole of `into`. @throws when fewer bytes have come */
	read(into: Uint8Array): number | undefined;
	/** @throws when there is less room than bytes */
	write(from: Uint8Array): number | undefined;
	close(): void;
}

import { lookup } from "node:dns";
import { isIP, type TcpNetConnectOpts } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { Status } from "../../firmware/base/status.ts";
import type { Resolver, Socket, SocketOptions } from "../../firmware/ports/socket.ts";
import type { Turn } from "./clock.ts";
import type { DeviceNetwork } from "./network.ts";
import type { Radio } from "./radio.ts";

/** What a station proves itself with and whom it trusts; PEM. */
export interface Credentials {
	readonly authority: string;
	readonly certificate: string;
	readonly key: string;
}

/** Unread bytes at which the peer is made to wait. */
const readLimit = 65_536;
/** Where the bytes of every socket arrive; nearly always they are read before others come. */
const arrivals = new Uint8Array(16_384);
const nothing = arrivals.subarray(0, 0);
/** Milliseconds that the last bytes have to leave a connection which the station has closed. */
const lingerMs = 2_000;

/**
 * The real network behind the ports of one device: TLS 1.2 or better over TCP, the server's chain,
 * dates and name verified, a client certificate, session resumption.
 */
export class TlsNetwork implements DeviceNetwork {
	readonly Socket: new (
		options: SocketOptions,
	) => Socket;
	readonly resolver: Resolver = { resolve: (host, callback) => this.#resolve(host, callback) };
	/** What its signal strength is read from: the sockets are real, the air is not. */
	radio: Radio | undefined;
	readonly #turn: Turn;
	readonly #open = new Set<TlsSocket>();
	#session: Session | undefined;
	#isCut = false;

	/**
	 * @param onUp  called with the version of TLS when a connection has come up
	 * @throws {Error} when the credentials are not what they should be
	 */
	constructor(credentials: Credentials, turn: Turn, onUp: (version: string) => void = () => {}) {
		this.#turn = turn;
		const host: TlsSocketHost = {
			turn,
			context: createSecureContext({
				ca: credentials.authority,
				cert: credentials.certificate,
				key: credentials.key,
				minVersion: "TLSv1.2",
			}),
			sessionFor: (options) => this.#sessionFor(options),
			onSession: (options, session) => this.#keepSession(options, session),
			onUp,
			onOpen: (socket) => this.#open.add(socket),
			onClosed: (socket) => this.#open.delete(socket),
		};
		// Bound, and not a class for each network: among the sockets of 2,000 classes the engine looks
		// up every member anew.
		this.Socket = TlsSocket.bind(undefined, host);
	}

	get rssiDbm(): number | undefined {
		return this.radio?.rssiDbm;
	}

	cut(): void {
		this.#isCut = true;
		for (const socket of this.#open) socket.cut();
	}

	#resolve(host: string, callback: (address: string | undefined) => void): void {
		// The chip has IPv4 first, and many a broker's name has an IPv6 address that leads nowhere.
		lookup(host, { order: "ipv4first" }, (error, address) => {
			if (!this.#isCut) this.#turn(() => callback(error === null ? address : undefined));
		});
	}

	/** A session says "verified" for as long as the certificate that was verified is in date. */
	#sessionFor({ host, port }: SocketOptions): Buffer | undefined {
		const session = this.#session;
		if (session?.peer !== `${host}:${port}` || session.expires <= Date.now()) return undefined;
		return session.ticket;
	}

	#keepSession({ host, port }: SocketOptions, { ticket, expires }: Omit<Session, "peer">): void {
		this.#session = { peer: `${host}:${port}`, ticket, expires };
	}
}

interface Session {
	readonly peer: string;
	readonly ticket: Buffer;
	/** Epoch ms at which the server's certificate ends. */
	readonly expires: number;
}

/** What the sockets of a network share. */
interface TlsSocketHost {
	readonly turn: Turn;
	readonly context: SecureContext;
	/** What the next handshake may be shortened with. */
	sessionFor(options: SocketOptions): Buffer | undefined;
	onSession(options: SocketOptions, session: Omit<Session, "peer">): void;
	onUp(version: string): void;
	onOpen(socket: TlsSocket): void;
	onClosed(socket: TlsSocket): void;
}

class TlsSocket implements Socket {
	readonly #socket: TLSSocket;
	readonly #options: SocketOptions;
	readonly #host: TlsSocketHost;
	readonly #sayReadable: () => void;
	/** Bytes that have arrived and not been read: most of the time a part of `arrivals`. */
	#unread: Uint8Array = nothing;
	#phase: "connecting" | "handshaking" | "up" | "closed" = "connecting";
	#failure: NodeJS.ErrnoException | undefined;

	constructor(host: TlsSocketHost, options: SocketOptions) {
		this.#options = options;
		this.#host = host;
		this.#sayReadable = () => options.onReadable(this.#unread.length);
		const place: TcpNetConnectOpts = {
			host: options.address,
			port: options.port,
			// A buffer of our own spares what the stream does for each record that it hands on.
			onread: { buffer: arrivals, callback: (count) => this.#onArrived(count) },
		};
		const session = host.sessionFor(options);
		this.#socket = connect({
			...place,
			// SNI carries names only [RFC 6066 §3]; an address is verified as one.
			servername: isIP(options.host) === 0 ? options.host : "",
			secureContext: host.context,
			...(session === undefined ? {} : { session }),
		});
		this.#socket
			.setNoDelay(true)
			.on("connect", () => this.#onConnect())
			.on("secureConnect", () => this.#onSecure())
			.on("session", (ticket) => this.#onSession(ticket))
			.on("drain", () => this.#onDrain())
			.on("error", (error) => {
				this.#failure = error;
			})
			.on("close", () => this.#onClose());
		host.onOpen(this);
	}

	read(buffer: Uint8Array): number {
		const count = Math.min(buffer.length, this.#unread.length);
		if (count === 0) return 0;
		const bytes = this.#unread;
		const wasFull = this.#isFull;
		buffer.set(count === bytes.length ? bytes : bytes.subarray(0, count));
		this.#unread = count === bytes.length ? nothing : bytes.subarray(count);
		if (wasFull && !this.#isFull) this.#socket.resume();
		return count;
	}

	write(buffer: Uint8Array): number {
		if (this.#phase !== "up") return 0;
		const room = this.#socket.writableHighWaterMark - this.#socket.writableLength;
		const count = Math.min(room, buffer.length);
		if (count <= 0) return 0;
		// The stream keeps what it is given until the kernel has it, and the buffer is the caller's.
		this.#socket.write(Buffer.from(buffer.subarray(0, count)));
		return count;
	}

	close(): void {
		const wasUp = this.#phase === "up";
		if (!this.#leave()) return;
		if (wasUp) {
			this.#socket.setTimeout(lingerMs, () => this.#socket.destroy());
			this.#socket.destroySoon();
		} else {
			this.#socket.destroy();
		}
	}

	/** The power is gone: not even what was written leaves. */
	cut(): void {
		this.#leave();
		this.#socket.destroy();
	}

	/** Returns whether it was open until now. */
	#leave(): boolean {
		if (this.#phase === "closed") return false;
		this.#phase = "closed";
		this.#host.onClosed(this);
		return true;
	}

	#onConnect(): void {
		if (this.#phase !== "connecting") return;
		this.#phase = "handshaking";
		this.#host.turn(() => this.#options.onConnected?.());
	}

	#onSecure(): void {
		if (this.#phase === "closed") return;
		this.#phase = "up";
		this.#host.onUp(this.#socket.getProtocol() ?? "unknown");
		this.#host.turn(() => this.#options.onWritable(this.#socket.writableHighWaterMark));
	}

	#onSession(ticket: Buffer): void {
		const certificate = this.#socket.getPeerX509Certificate();
		if (certificate !== undefined) {
			this.#host.onSession(this.#options, { ticket, expires: Date.parse(certificate.validTo) });
		}
	}

	/** Returns whether more may come. */
	#onArrived(count: number): boolean {
		if (this.#phase !== "up") return true;
		const fresh = arrivals.subarray(0, count);
		this.#unread = this.#unread.length === 0 ? fresh : Buffer.concat([this.#unread, fresh]);
		this.#host.turn(this.#sayReadable);
		if (this.#unread.buffer === arrivals.buffer && this.#unread.length > 0) {
			this.#unread = this.#unread.slice();
		}
		return !this.#isFull;
	}

	get #isFull(): boolean {
		return this.#unread.length >= readLimit;
	}

	#onDrain(): void {
		if (this.#phase !== "up") return;
		const room = this.#socket.writableHighWaterMark - this.#socket.writableLength;
		this.#host.turn(() => this.#options.onWritable(room));
	}

	#onClose(): void {
		const { code } = this.#failure ?? {};
		const status =
			this.#phase === "up" ? lossOf(code) : refusalOf(code, this.#phase === "handshaking");
		if (this.#leave()) this.#host.turn(() => this.#options.onError(status));
	}
}

/** Alerts by which a server says that it does not want the certificate of the client [RFC 8446 §6.2]. */
const certificateAlert =
	/^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)$/;

const refusals: Readonly<Record<string, Status>> = Object.freeze({
	ECONNREFUSED: Status.ConnectionRefused,
	EHOSTUNREACH: Status.Unreachable,
	ENETUNREACH: Status.Unreachable,
	EHOSTDOWN: Status.Unreachable,
	EADDRNOTAVAIL: Status.Unreachable,
	ENETDOWN: Status.NetworkDown,
	ETIMEDOUT: Status.ConnectTimedOut,
	CERT_HAS_EXPIRED: Status.CertificateExpired,
	CERT_NOT_YET_VALID: Status.CertificateNotYetValid,
	ERR_TLS_CERT_ALTNAME_INVALID: Status.WrongHost,
	UNABLE_TO_GET_ISSUER_CERT: Status.UnknownAuthority,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: Status.UnknownAuthority,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: Status.UnknownAuthority,
	DEPTH_ZERO_SELF_SIGNED_CERT: Status.UnknownAuthority,
	SELF_SIGNED_CERT_IN_CHAIN: Status.UnknownAuthority,
	CERT_UNTRUSTED: Status.UnknownAuthority,
	CERT_SIGNATURE_FAILURE: Status.UnknownAuthority,
	INVALID_CA: Status.UnknownAuthority,
});

/**
 * Why an attempt did not come up.
 *
 * @param code       of the platform's error: of libuv, of OpenSSL's verification or of its alerts;
 *   `undefined` when the peer closed
 * @param connected  whether TCP was connected
 */
export function refusalOf(code: string | undefined, connected: boolean): Status {
	if (code === undefined) return Status.TlsFailed;
	if (certificateAlert.test(code)) return Status.ClientCertificateRefused;
	if (connected && code === "ETIMEDOUT") return Status.HandshakeTimedOut;
	return refusals[code] ?? (connected ? Status.TlsFailed : Status.Unreachable);
}

/**
 * Why a connection that was up has ended. In TLS 1.3 the client is up before the server has looked
 * at its certificate, so a refusal comes as an alert on an open connection.
 */
function lossOf(code: string | undefined): Status | undefined {
	if (code === undefined) return undefined;
	return certificateAlert.test(code) ? Status.ClientCertificateRefused : Status.ConnectionLost;
}

import { randomUUID } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** Why a connection ended, in the words of the lifecycle events (aws-iot-contract.md §4). */
export type DisconnectReason =
	| "AUTH_ERROR"
	| "CLIENT_ERROR"
	| "CLIENT_INITIATED_DISCONNECT"
	| "CONNECTION_LOST"
	| "DUPLICATE_CLIENTID"
	| "MQTT_KEEP_ALIVE_TIMEOUT"
	| "SERVER_ERROR"
	| "SERVER_INITIATED_DISCONNECT";

/** Who a verified certificate says the peer is. */
export interface Principal {
	/** The common name. */
	readonly thing: string;
	/** SHA-256 of the certificate in DER, 64 hex digits. */
	readonly certificateId: string;
}

/** One TLS connection of a station. */
export class Connection {
	readonly socket: TLSSocket;
	readonly principal: Principal;
	/** Address and port of the peer, for log lines: both are gone when the socket is closed. */
	readonly peer: string;
	readonly address: string;
	readonly sessionIdentifier = randomUUID().replaceAll("-", "");
	/** The will of its CONNECT, as an identity: a will is published like any message. */
	will: object | undefined;
	/** Set when it is accepted: the number that its two lifecycle events share. */
	versionNumber: number | undefined;
	#reason: DisconnectReason | undefined;

	constructor(socket: TLSSocket, principal: Principal) {
		this.socket = socket;
		this.principal = principal;
		this.address = socket.remoteAddress ?? "";
		this.peer = peerOf(socket);
	}

	get reason(): DisconnectReason {
		return this.#reason ?? "CONNECTION_LOST";
	}

	/** The first thing that goes wrong is the reason; what follows from it is not. */
	blame(reason: DisconnectReason): void {
		this.#reason ??= reason;
	}
}

/** Address and port of the other end, for log lines. */
export function peerOf(socket: {
	readonly remoteAddress?: string | undefined;
	readonly remotePort?: number | undefined;
}): string {
	return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}

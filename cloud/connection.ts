import { randomUUID, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type Client, certificateIdOf } from "./access.ts";
import type { Pace } from "./pace.ts";
import { topicMatches } from "./services/topics.ts";

/** Why a connection ended, in the words of the lifecycle events (aws-iot-contract.md §4). */
export type DisconnectReason =
	| "API_INITIATED_DISCONNECT"
	| "AUTH_ERROR"
	| "CLIENT_ERROR"
	| "CLIENT_INITIATED_DISCONNECT"
	| "CONNECTION_LOST"
	| "CUSTOMAUTH_TTL_EXPIRATION"
	| "DUPLICATE_CLIENTID"
	| "FORBIDDEN_ACCESS"
	| "MQTT_KEEP_ALIVE_TIMEOUT"
	| "SERVER_ERROR"
	| "SERVER_INITIATED_DISCONNECT";

/** One TLS connection of a client, with what is known of it. */
export class Connection implements Client {
	readonly socket: TLSSocket;
	readonly certificate: X509Certificate | undefined;
	/** Of one with a token: its name there, once that is verified. */
	certificateId: string;
	tokenPolicies: readonly string[] | undefined;
	/** Epoch ms at which its token ends. */
	expires: number | undefined;
	/** "" before its CONNECT. */
	clientId = "";
	/** Address and port of the peer, for log lines: both are gone when the socket is closed. */
	readonly peer: string;
	readonly address: string;
	readonly port: number | undefined;
	readonly sessionIdentifier = randomUUID().replaceAll("-", "");
	/** The will of its CONNECT, as an identity: a will is published like any message. */
	will: object | undefined;
	/** Whether its session is kept when it has gone. */
	isPersistent = false;
	/** Filters that it has subscribed to. */
	readonly topicFilters = new Set<string>();
	/** Set when it is accepted: the number that its two lifecycle events share. */
	versionNumber: number | undefined;
	/** At which its messages are taken. */
	pace: Pace | undefined;
	/** Whether messages are left out for it, until it has read what waits. */
	isBehind = false;
	/** To be called once it is accepted. */
	readonly settle: () => void;
	#reason: DisconnectReason | undefined;

	constructor(
		socket: TLSSocket,
		certificate: X509Certificate | undefined,
		settle: () => void = () => {},
	) {
		this.socket = socket;
		this.settle = settle;
		this.certificate = certificate;
		this.certificateId = certificate === undefined ? "" : certificateIdOf(certificate);
		this.address = socket.remoteAddress ?? "";
		this.port = socket.remotePort;
		this.peer = peerOf(socket);
	}

	/** Whether it has subscribed to a topic. */
	wants(topicName: string): boolean {
		if (this.topicFilters.has(topicName)) return true;
		for (const filter of this.topicFilters) if (topicMatches(filter, topicName)) return true;
		return false;
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

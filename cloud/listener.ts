import type { X509Certificate } from "node:crypto";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { type Bounds, usualBounds } from "./bounds.ts";
import { peerOf } from "./connection.ts";
import { CloudFault, codeOf, messageOf } from "./fault.ts";
import { HalfOpen } from "./halfopen.ts";
import { httpsProtocol } from "./https.ts";

const ignore = (): void => {};

const anotherAuthority = "its certificate is from another authority";

/** What OpenSSL calls the ways in which a client's certificate fails, and what we log. */
const verifyReasons: Readonly<Record<string, string>> = Object.freeze({
	CERT_HAS_EXPIRED: "its certificate has expired",
	CERT_NOT_YET_VALID: "its certificate is not yet valid",
	UNABLE_TO_GET_ISSUER_CERT: anotherAuthority,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: anotherAuthority,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: anotherAuthority,
	DEPTH_ZERO_SELF_SIGNED_CERT: anotherAuthority,
	SELF_SIGNED_CERT_IN_CHAIN: anotherAuthority,
	CERT_SIGNATURE_FAILURE: "its certificate has a bad signature",
	INVALID_PURPOSE: "its certificate is not for clients",
	ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "no client certificate",
	ERR_SSL_UNSUPPORTED_PROTOCOL: "a version of TLS below 1.2",
});

export interface ListenerOptions {
	/** 0 takes a free one. */
	readonly port: number;
	readonly host: string;
	/** All PEM. */
	readonly certificate: string;
	readonly key: string;
	/** Authorities whose certificates are accepted from clients. */
	readonly authority: string;
	/** Whether a certificate that none of them has signed is accepted all the same. */
	accepts(certificate: X509Certificate): boolean | Promise<boolean>;
	/** Whether a client that asks for ALPN `mqtt` may come without a certificate, and with a token. */
	readonly takesTokens?: boolean;
	/** The usual ones unless given. */
	readonly bounds?: Pick<Bounds, "connections" | "halfOpen" | "handshakeMs">;
	/**
	 * Called with each connection whose client certificate is verified, or that has to bring a token.
	 *
	 * @param settle  to be called once its client is accepted: until then it counts as half open
	 */
	onConnection(
		socket: TLSSocket,
		certificate: X509Certificate | undefined,
		settle: () => void,
	): void;
	/** Called instead with one that is to speak HTTP. */
	onHttps?(socket: TLSSocket, certificate: X509Certificate): void;
	log(line: string): void;
}

export interface Listener {
	readonly port: number;
	/** Connections now, and those of them whose client is not accepted yet. */
	readonly open: number;
	readonly halfOpen: number;
	/** Connections let go since the start: half open ones for new ones, and new ones beyond the bound. */
	readonly dropped: { readonly halfOpen: number; readonly connections: number };
	/** Takes no more connections; resolves when those that are there have ended. */
	close(): Promise<void>;
	/** Takes no more connections and cuts those that are there. */
	destroy(): void;
}

/**
 * Listens for TLS 1.2 or newer with a client certificate from our authority. Anything else is
 * refused and logged in one line with the reason.
 *
 * @throws {CloudFault} "EADDRINUSE" and other system codes, when the port can't be taken
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
	const { port, host, log, bounds = usualBounds() } = options;
	const sockets = new Set<Socket>();
	const halfOpen = new HalfOpen(bounds.halfOpen);
	let refused = 0;
	const refuse = (peer: string, reason: string): void => log(`refused ${peer}: ${reason}`);

	const server = createServer({
		cert: options.certificate,
		key: options.key,
		ca: options.authority,
		minVersion: "TLSv1.2",
		requestCert: true,
		// Who is let in without our signature is decided below; that the peer has the key of its
		// certificate is proven by the handshake in any case.
		rejectUnauthorized: false,
		handshakeTimeout: bounds.handshakeMs,
		ALPNProtocols: ["x-amzn-mqtt-ca", "mqtt", httpsProtocol],
		noDelay: true,
	});
	// Accepting more than there are descriptors would take from the archive the files that it writes.
	server.maxConnections = bounds.connections;
	server.on("drop", (peer) => {
		refused += 1;
		refuse(peerOf(peer ?? {}), `${bounds.connections} connections are open, which is the limit`);
	});
	server.on("connection", (socket: Socket) => {
		sockets.add(socket);
		socket.once("close", () => sockets.delete(socket));
		const victim = halfOpen.add(socket);
		if (victim) refuse(victim, `${bounds.halfOpen} newer connections are half open, too`);
	});
	server.on("tlsClientError", (error, socket) => {
		const code = socket.authorizationError ?? codeOf(error);
		const reason = verifyReasons[String(code)];
		refuse(peerOf(socket), reason ?? `the TLS handshake failed: ${messageOf(error)}`);
		// Node leaves a handshake that takes too long as it is, for ever.
		socket.destroy();
	});
	server.on("secureConnection", (socket) => {
		socket.on("error", ignore);
		admit(socket).then(
			(reason) => {
				if (reason === undefined) return;
				refuse(peerOf(socket), reason);
				socket.destroy();
			},
			(error) => {
				log(`listener: ${messageOf(error)}`);
				socket.destroy();
			},
		);
	});
	/** Hands a connection on, or says why not. */
	const admit = async (socket: TLSSocket): Promise<string | undefined> => {
		const certificate = socket.getPeerX509Certificate();
		if (certificate === undefined) {
			// Port 443 with ALPN "mqtt" is the custom authorizer's at AWS; everybody else has a certificate.
			if (!options.takesTokens || socket.alpnProtocol !== "mqtt") return "no client certificate";
			if (socket.destroyed) return "it closed the connection";
			socket.off("error", ignore);
			options.onConnection(socket, undefined, settleOf(socket));
			return undefined;
		}
		// The ticket of an earlier session is accepted without a new look at the dates.
		if (Date.parse(certificate.validTo) < Date.now()) return verifyReasons.CERT_HAS_EXPIRED;
		if (Date.parse(certificate.validFrom) > Date.now()) return verifyReasons.CERT_NOT_YET_VALID;
		if (!socket.authorized) {
			const code = String(socket.authorizationError);
			const reason = verifyReasons[code] ?? `its certificate is not accepted: ${code}`;
			if (reason !== anotherAuthority || !(await options.accepts(certificate))) return reason;
		}
		if (socket.destroyed) return "it closed the connection";
		socket.off("error", ignore);
		const settle = settleOf(socket);
		if (socket.alpnProtocol === httpsProtocol && options.onHttps) {
			// HTTP has deadlines of its own.
			settle();
			options.onHttps(socket, certificate);
		} else options.onConnection(socket, certificate, settle);
		return undefined;
	};
	const settleOf = (socket: TLSSocket): (() => void) => {
		const peer = peerOf(socket);
		return () => halfOpen.settle(peer);
	};

	await new Promise<void>((resolve, reject) => {
		server.once("error", (error) => reject(listenFault(error, host, port)));
		server.listen(port, host, resolve);
	});
	server.removeAllListeners("error");
	server.on("error", (error) => log(`listener: ${messageOf(error)}`));

	return {
		port: (server.address() as AddressInfo).port,
		get open() {
			return sockets.size;
		},
		get halfOpen() {
			return halfOpen.size;
		},
		get dropped() {
			return { halfOpen: halfOpen.dropped, connections: refused };
		},
		close: () => new Promise((resolve) => server.close(() => resolve())),
		destroy() {
			server.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}

function listenFault(error: unknown, host: string, port: number): CloudFault {
	const code = codeOf(error);
	const reason =
		code === "EADDRINUSE" ? "it is in use; choose another, or 0 for a free one" : messageOf(error);
	return new CloudFault(code, `can't listen on port ${port} of ${host}: ${reason}`);
}

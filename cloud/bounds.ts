import { readFileSync } from "node:fs";

/**
 * How much of the cloud others can take. Beyond it the one who asks for more is held up, refused or let
 * go; everybody else goes on.
 */
export interface Bounds {
	/** Connections over TLS at once, whatever becomes of them. */
	readonly connections: number;
	/** Those of them whose CONNECT is not accepted yet; the oldest is let go for a new one. */
	readonly halfOpen: number;
	/** ms for a TLS handshake. */
	readonly handshakeMs: number;
	/** ms from there to a whole CONNECT. */
	readonly connectMs: number;
	/** ms that a client may take none of its answers, after which it is let go. */
	readonly drainMs: number;
	/** Bytes that wait for one subscriber; messages beyond are left out for it (aws-iot-contract.md §1.5). */
	readonly outboundBytes: number;
	/** Messages of one connection in a second; it waits for its turn with more. */
	readonly publishesPerSecond: number;
	/** QoS 2 messages of one connection that it has not released [AWS: 100 without an answer]. */
	readonly inflight: number;
	/** Bytes of all retained messages with their topics; what is beyond is published, and not retained. */
	readonly retainedBytes: number;
	/** Bytes of messages that wait for one kept session; what is beyond is left out for it. */
	readonly sessionBytes: number;
	/** Bytes of a file of reports that are not understood; the newest one or two such files are kept. */
	readonly rejectedBytes: number;
	/** Connections over HTTP at once. */
	readonly httpConnections: number;
	/** ms for the headers of a request, and for the whole of it. */
	readonly httpHeadersMs: number;
	readonly httpRequestMs: number;
	/** Those who follow the news at once, and the bytes that wait for one of them. */
	readonly newsReaders: number;
	readonly newsBytes: number;
}

/** Descriptors that are left to files, HTTP and everything else. */
const reserve = 1_024;
/** Where nobody tells how many there are: OPEN_MAX of macOS. */
const usualDescriptors = 10_240;

/** The bounds unless others are given. */
export function usualBounds(): Bounds {
	const descriptors = descriptorLimit() ?? usualDescriptors;
	return {
		connections: Math.max(descriptors - reserve, Math.ceil(descriptors / 2)),
		halfOpen: 4_096,
		handshakeMs: 20_000,
		connectMs: 30_000,
		drainMs: 20_000,
		// What AWS IoT Core lets through to one connection in a second.
		outboundBytes: 512 * 1024,
		publishesPerSecond: 100,
		inflight: 100,
		retainedBytes: 64 * 1024 * 1024,
		sessionBytes: 4 * 1024 * 1024,
		rejectedBytes: 64 * 1024 * 1024,
		httpConnections: 512,
		httpHeadersMs: 10_000,
		httpRequestMs: 30_000,
		newsReaders: 100,
		newsBytes: 1024 * 1024,
	};
}

/** Files and sockets that this process may have open at once, where the system tells it. */
function descriptorLimit(): number | undefined {
	try {
		const text = readFileSync("/proc/self/limits", "utf8");
		const limit = Number(/^Max open files +(\d+)/m.exec(text)?.[1]);
		return Number.isSafeInteger(limit) ? limit : undefined;
	} catch {
		return undefined;
	}
}

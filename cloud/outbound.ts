import type { TLSSocket } from "node:tls";
import type { Client } from "aedes";

/** What a client of aedes has beside what its types name. */
interface Draining {
	waitForDrain(done: (error: Error | null, client: Client) => void): void;
}

/** How much more than messages may wait in a socket are answers that its client does not take. */
const answersFactor = 4;

/**
 * Has nobody wait for a subscriber that does not read. aedes holds a message, and with it the client
 * that has published it, until the socket of each subscriber has room; a hundred of them hold up the whole
 * broker. Here messages are left out once `isBehind` says so, and only a client that takes none of its
 * own answers is waited for, which stops that one alone.
 */
export function unhitch(client: Client, socket: TLSSocket, outboundBytes: number): void {
	const draining = client as unknown as Draining;
	const wait = draining.waitForDrain.bind(client);
	draining.waitForDrain = (done) => {
		if (socket.writableLength > answersFactor * outboundBytes) wait(done);
		else setImmediate(done, null, client);
	};
}

/** Whether a subscriber has so much to read that it gets no more for now. */
export function isBehind(socket: TLSSocket, outboundBytes: number): boolean {
	return socket.writableLength >= outboundBytes;
}

import { generate, parser, type Packet as Witnessed } from "mqtt-packet";

/** The packet as mqtt-packet writes it. */
export function witness(packet: Witnessed): Uint8Array {
	return generate(packet, { protocolVersion: 4 });
}

/** What mqtt-packet reads out of a stream: its packets, or the error that ends it. */
export function readWitnessed(bytes: Uint8Array): (Witnessed | Error)[] {
	const reader = parser({ protocolVersion: 4 });
	const results: (Witnessed | Error)[] = [];
	reader.on("packet", (packet) => results.push(packet));
	reader.on("error", (error) => results.push(error));
	reader.parse(Buffer.from(bytes));
	return results;
}

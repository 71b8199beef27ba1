import { generate, type Packet, type Parser, parser } from "mqtt-packet";
import { type DecodedReport, decodeReport } from "../../../firmware/payload/decode.ts";
import { ChannelTable } from "../../../firmware/sensing/channel.ts";
import type { Connection, Listener } from "../../../simulator/device/socket.ts";

type Observation = DecodedReport["observations"][number];

/**
 * As much of a broker as a station needs, on memory: it answers CONNECT, SUBSCRIBE, PINGREQ and
 * PUBLISH, and keeps the observations of reports.
 */
export class TinyBroker implements Listener {
	/** Reports that were acknowledged, by thing. */
	readonly reports: { thing: string; sequences: number[] }[] = [];
	/** What is in them, by thing. */
	readonly observations: { thing: string; observation: Observation }[] = [];
	/** Messages other than reports, the newest of each topic. */
	readonly messages = new Map<string, string>();
	/** Topics of all messages. */
	readonly topics: string[] = [];
	/** All messages that were acknowledged, as they came. */
	readonly said: { readonly topic: string; readonly payload: string }[] = [];
	/** Whether PUBLISH is acknowledged. */
	acknowledges = true;
	#open = new Set<Connection>();

	/** Every sequence number of a thing, as often as it came. */
	sequences(thing: string): number[] {
		return this.reports.flatMap((report) => (report.thing === thing ? report.sequences : []));
	}

	/** Ends every connection as a crash does. */
	crash(): void {
		for (const connection of this.#open) connection.reset();
		this.#open.clear();
	}

	accept(connection: Connection, thing: string) {
		const packets: Parser = parser();
		const buffer = new Uint8Array(4_096);
		this.#open.add(connection);
		packets.on("packet", (packet) => this.#answer(packet, connection, thing));
		return {
			onReadable: () => {
				for (let count = connection.read(buffer); count > 0; count = connection.read(buffer)) {
					packets.parse(Buffer.from(buffer.subarray(0, count)));
				}
			},
			onWritable: () => {},
			onError: () => this.#open.delete(connection),
		};
	}

	#answer(packet: Packet, connection: Connection, thing: string): void {
		const send = (answer: Packet): void => {
			connection.write(Uint8Array.from(generate(answer)));
		};
		switch (packet.cmd) {
			case "connect":
				send({ cmd: "connack", returnCode: 0, sessionPresent: false });
				break;
			case "subscribe":
				send({
					cmd: "suback",
					messageId: packet.messageId!,
					granted: packet.subscriptions.map(({ qos }) => qos),
				});
				break;
			case "pingreq":
				send({ cmd: "pingresp" });
				break;
			case "publish":
				this.topics.push(packet.topic);
				if (!this.acknowledges) break;
				this.said.push({ topic: packet.topic, payload: String(packet.payload) });
				if (packet.topic === `isobar/${thing}/report`) this.#keep(thing, String(packet.payload));
				else this.messages.set(packet.topic, String(packet.payload));
				if (packet.qos === 1) send({ cmd: "puback", messageId: packet.messageId! });
				break;
			case "disconnect":
				this.#open.delete(connection);
				connection.close();
		}
	}

	#keep(thing: string, payload: string): void {
		const report = decodeReport(payload, new ChannelTable());
		if (typeof report === "number") throw new Error(`status ${report} for ${payload}`);
		this.reports.push({ thing, sequences: report.observations.map(({ sequence }) => sequence) });
		for (const observation of report.observations) this.observations.push({ thing, observation });
	}
}

import {
	encodeAck,
	encodeConnect,
	encodeEmpty,
	encodePublish,
	encodeSubscribe,
	encodeUnsubscribe,
} from "../../firmware/mqtt/encode.ts";
import { PacketType } from "../../firmware/mqtt/packet.ts";

export type Encoder = (into: Uint8Array, start: number, end: number) => number;

const payload = Uint8Array.from([0x68, 0x69, 0x21]);
const { Puback, Pubrec, Pubrel, Pubcomp, Pingreq, Disconnect } = PacketType;

/** How each golden packet of a client is encoded, by its name. */
export const encoders: Readonly<Record<string, Encoder>> = {
	"CONNECT with everything, figure 3.6": (into, start, end) =>
		encodeConnect(
			{
				clientId: "station",
				keepAlive: 10,
				cleanSession: true,
				will: { topicName: "gone", payload: Uint8Array.from([1, 2, 3]), qos: 2, retain: true },
				userName: "naive",
				password: Uint8Array.from([0xff, 0, 1, 2, 3, 4]),
			},
			into,
			start,
			end,
		),
	"CONNECT, persistent session, nothing else, §3.1": (into, start, end) =>
		encodeConnect({ clientId: "a", keepAlive: 1200, cleanSession: false }, into, start, end),
	"PUBLISH of QoS 0, empty payload, §3.3": (into, start, end) =>
		encodePublish("a/b", payload, 0, 0, false, false, 0, into, start, end),
	"PUBLISH of QoS 1, figure 3.11": (into, start, end) =>
		encodePublish("a/b", payload, 2, 1, false, false, 10, into, start, end),
	"PUBLISH of QoS 2, DUP and RETAIN, topic in UTF-8, §3.3.1": (into, start, end) =>
		encodePublish("€", new Uint8Array(1), 1, 2, true, true, 65_535, into, start, end),
	"PUBLISH with a remaining length of two bytes, table 2.4": (into, start, end) =>
		encodePublish("t", new Uint8Array(125).fill(7), 125, 0, false, false, 0, into, start, end),
	"PUBACK, figure 3.13": (into, start, end) => encodeAck(Puback, 0x1234, into, start, end),
	"PUBREC, figure 3.15": (into, start, end) => encodeAck(Pubrec, 1, into, start, end),
	"PUBREL, figure 3.17": (into, start, end) => encodeAck(Pubrel, 1, into, start, end),
	"PUBCOMP, figure 3.19": (into, start, end) => encodeAck(Pubcomp, 65_535, into, start, end),
	"SUBSCRIBE, figure 3.23": (into, start, end) =>
		encodeSubscribe(["a/b", "c/d"], 1, 10, into, start, end),
	"UNSUBSCRIBE, figure 3.30": (into, start, end) =>
		encodeUnsubscribe(["a/b", "c/d"], 10, into, start, end),
	"PINGREQ, figure 3.33": (into, start, end) => encodeEmpty(Pingreq, into, start, end),
	"DISCONNECT, figure 3.35": (into, start, end) => encodeEmpty(Disconnect, into, start, end),
};

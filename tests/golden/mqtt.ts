/**
 * Control packets byte by byte, put together from the figures of OASIS MQTT 3.1.1, not from any
 * program. `sender` is who may send the packet.
 */
export interface GoldenPacket {
	readonly name: string;
	readonly sender: "client" | "server" | "both";
	readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

export const goldenPackets: readonly GoldenPacket[] = [
	{
		name: "CONNECT with everything, figure 3.6",
		sender: "client",
		bytes: [
			0x10,
			45, // type 1, remaining length
			0,
			4,
			...ascii("MQTT"),
			4, // protocol name, level
			0b1111_0110, // user name, password, will retain, will QoS 2, will, clean session
			0,
			10, // keep-alive
			0,
			7,
			...ascii("station"), // client identifier
			0,
			4,
			...ascii("gone"), // will topic
			0,
			3,
			1,
			2,
			3, // will message
			0,
			5,
			...ascii("naive"), // user name
			0,
			6,
			0xff,
			0,
			1,
			2,
			3,
			4, // password, any bytes
		],
	},
	{
		name: "CONNECT, persistent session, nothing else, §3.1",
		sender: "client",
		bytes: [0x10, 13, 0, 4, ...ascii("MQTT"), 4, 0, 0x04, 0xb0, 0, 1, 0x61],
	},
	{ name: "CONNACK, session present, figure 3.8", sender: "server", bytes: [0x20, 2, 1, 0] },
	{ name: "CONNACK, not authorized, table 3.1", sender: "server", bytes: [0x20, 2, 0, 5] },
	{
		name: "PUBLISH of QoS 0, empty payload, §3.3",
		sender: "both",
		bytes: [0x30, 5, 0, 3, ...ascii("a/b")],
	},
	{
		name: "PUBLISH of QoS 1, figure 3.11",
		sender: "both",
		bytes: [0x32, 9, 0, 3, ...ascii("a/b"), 0, 10, 0x68, 0x69],
	},
	{
		name: "PUBLISH of QoS 2, DUP and RETAIN, topic in UTF-8, §3.3.1",
		sender: "both",
		bytes: [0x3d, 8, 0, 3, 0xe2, 0x82, 0xac, 0xff, 0xff, 0],
	},
	{
		name: "PUBLISH with a remaining length of two bytes, table 2.4",
		sender: "both",
		bytes: [0x30, 0x80, 0x01, 0, 1, 0x74, ...new Array<number>(125).fill(7)],
	},
	{ name: "PUBACK, figure 3.13", sender: "both", bytes: [0x40, 2, 0x12, 0x34] },
	{ name: "PUBREC, figure 3.15", sender: "both", bytes: [0x50, 2, 0, 1] },
	{ name: "PUBREL, figure 3.17", sender: "both", bytes: [0x62, 2, 0, 1] },
	{ name: "PUBCOMP, figure 3.19", sender: "both", bytes: [0x70, 2, 0xff, 0xff] },
	{
		name: "SUBSCRIBE, figure 3.23",
		sender: "client",
		bytes: [0x82, 14, 0, 10, 0, 3, ...ascii("a/b"), 1, 0, 3, ...ascii("c/d"), 1],
	},
	{ name: "SUBACK, figure 3.27", sender: "server", bytes: [0x90, 5, 0, 10, 0, 2, 0x80] },
	{
		name: "UNSUBSCRIBE, figure 3.30",
		sender: "client",
		bytes: [0xa2, 12, 0, 10, 0, 3, ...ascii("a/b"), 0, 3, ...ascii("c/d")],
	},
	{ name: "UNSUBACK, figure 3.32", sender: "server", bytes: [0xb0, 2, 0, 10] },
	{ name: "PINGREQ, figure 3.33", sender: "client", bytes: [0xc0, 0] },
	{ name: "PINGRESP, figure 3.34", sender: "server", bytes: [0xd0, 0] },
	{ name: "DISCONNECT, figure 3.35", sender: "client", bytes: [0xe0, 0] },
];

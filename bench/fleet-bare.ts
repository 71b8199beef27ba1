import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls } from "node:tls";
import { generate } from "mqtt-packet";
import { keepAlive, payload, serve, topicName } from "./worker.ts";

/** Sockets that write one packet made beforehand and take whatever comes for its acknowledgement. */
const flags = { qos: 1, dup: false, retain: false } as const;
const content = Buffer.from(payload);
const publish = generate({
	cmd: "publish",
	topic: topicName,
	payload: content,
	messageId: 1,
	...flags,
});
const arrivals = new Uint8Array(65_536);
const fleet: Socket[] = [];
const onAnswer: (() => void)[] = [];
/** Of CONNACK as of PUBACK. */
const answerBytes = 4;
/** Bytes of the next answer that are there. */
const arrived: number[] = [];

serve({
	connect: ({ port, credentials }, index) =>
		new Promise((resolve) => {
			onAnswer[index] = resolve;
			arrived[index] = 0;
			const onread = {
				buffer: arrivals,
				callback: (count: number) => {
					for (arrived[index]! += count; arrived[index]! >= answerBytes; ) {
						arrived[index]! -= answerBytes;
						onAnswer[index]!();
					}
					return true;
				},
			};
			const clientId = `bare-${index}`;
			const onUp = (): void => {
				fleet[index]!.setNoDelay(true);
				fleet[index]!.write(
					generate({
						cmd: "connect",
						protocolId: "MQTT",
						protocolVersion: 4,
						clientId,
						clean: true,
						keepalive: keepAlive,
					}),
				);
			};
			const place: TcpNetConnectOpts = { port, host: "localhost", onread };
			fleet[index] =
				credentials === undefined
					? connectTcp({ ...place, host: "127.0.0.1" }, onUp)
					: connectTls(
							{
								...place,
								ca: credentials.authority,
								cert: credentials.certificate,
								key: credentials.key,
							},
							onUp,
						);
		}),
	publish: (index, _payload, onAcknowledged) => {
		onAnswer[index] = onAcknowledged;
		fleet[index]!.write(publish);
	},
});

import { connect as connectTcp, type Socket } from "node:net";
import { generate } from "mqtt-packet";
import { connect as connectTls } from "node:tls";
import { keepAlive, payload, serve, topicName } from "./worker.ts";

const arrivals = new Uint8Array(65_536);
const publish = generate({ cmd: "publish", topic: topicName, payload: Buffer.from(payload), qos: 1, dup: false, retain: false, messageId: 1 });
const fleet: Socket[] = [];
const answers: (() => void)[] = [];

serve({
	connect: ({ port, credentials }, index) =>
		new Promise((resolve) => {
			const common = {
				port,
				noDelay: true,
				onread: {
					buffer: arrivals,
					callback: () => {
						answers[index]!();
						return true;
					},
				},
			};
			answers[index] = resolve;
			const hello = generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: `bare-${index}`, clean: true, keepalive: keepAlive });
			const socket = credentials === undefined
				? connectTcp({ ...common, host: "127.0.0.1" }, () => socket.write(hello))
				: connectTls({ ...common, host: "localhost", ca: credentials.authority, cert: credentials.certificate, key: credentials.key }, () => socket.write(hello));
			fleet[index] = socket;
		}),
	publish: (index, _payload, onAcknowledged) => {
		answers[index] = onAcknowledged;
		fleet[index]!.write(publish);
	},
});

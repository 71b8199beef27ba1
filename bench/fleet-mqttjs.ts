import { connect, type MqttClient } from "mqtt";
import { keepAlive, serve, topicName } from "./worker.ts";

const fleet: MqttClient[] = [];

serve({
	connect: ({ port, credentials }, index) => {
		const client = connect({
			protocol: credentials === undefined ? "mqtt" : "mqtts",
			host: credentials === undefined ? "127.0.0.1" : "localhost",
			port,
			clientId: `mqttjs-${index}`,
			protocolVersion: 4,
			clean: true,
			keepalive: keepAlive,
			reconnectPeriod: 0,
			...(credentials && {
				ca: credentials.authority,
				cert: credentials.certificate,
				key: credentials.key,
			}),
		});
		fleet[index] = client;
		return new Promise((resolve) => {
			client.once("connect", () => resolve());
			client.once("close", () => {
				throw new Error("a connection has ended");
			});
		});
	},
	publish: (index, payload, onAcknowledged) => {
		fleet[index]!.publish(topicName, payload as Buffer, { qos: 1 }, onAcknowledged);
	},
});

import type { MqttClient } from "mqtt";
import { makeClaim } from "../../cloud/index.ts";
import type { Cloud } from "../../cloud/main.ts";
import type { ProvisioningTemplate } from "../../cloud/provisioning/templates.ts";
import type { CloudBench } from "./cloud.ts";

/** A template that makes `node-<SerialNumber>`, with the policy of our stations. */
export const nodeTemplate = {
	Parameters: {
		SerialNumber: { Type: "String" },
		Site: { Type: "String", Default: "unset" },
		"AWS::IoT::Certificate::Id": { Type: "String" },
	},
	Resources: {
		thing: {
			Type: "AWS::IoT::Thing",
			Properties: {
				ThingName: { "Fn::Join": ["", ["node-", { Ref: "SerialNumber" }]] },
				AttributePayload: { serial: { Ref: "SerialNumber" }, site: { Ref: "Site" } },
			},
		},
		certificate: {
			Type: "AWS::IoT::Certificate",
			Properties: { CertificateId: { Ref: "AWS::IoT::Certificate::Id" }, Status: "ACTIVE" },
		},
		policy: { Type: "AWS::IoT::Policy", Properties: { PolicyName: "isobar-station" } },
	},
	DeviceConfiguration: { reportInterval: "300" },
};

export type JsonAnswer = Record<string, string> & { deviceConfiguration?: Record<string, string> };

/** Makes the template "batch" and its claim certificate. */
export async function makeBatch(
	bench: CloudBench,
	cloud: Cloud,
	more: Partial<ProvisioningTemplate> = {},
	body: unknown = nodeTemplate,
): Promise<void> {
	await cloud.templates.create({
		templateName: "batch",
		templateBody: JSON.stringify(body),
		enabled: true,
		...more,
	});
	await makeClaim(bench.dataDir, "batch");
}

/** A device with the claim certificate of "batch", subscribed to all answers. */
export class ClaimDevice {
	readonly client: MqttClient;

	private constructor(client: MqttClient) {
		this.client = client;
	}

	static async connect(bench: CloudBench, port: number, clientId = "blank"): Promise<ClaimDevice> {
		const client = await bench.connected(port, "unused", {
			clientId,
			cert: bench.read("claims/batch.crt"),
			key: bench.read("claims/batch.key"),
		});
		return ClaimDevice.over(client);
	}

	static async over(client: MqttClient): Promise<ClaimDevice> {
		const device = new ClaimDevice(client);
		const topics = Object.values(claimTopics).flatMap((topic) => [
			`${topic}/accepted`,
			`${topic}/rejected`,
		]);
		await client.subscribeAsync(topics, { qos: 1 });
		return device;
	}

	create(): Promise<JsonAnswer> {
		return this.ask(claimTopics.create, "");
	}

	register(token: unknown, parameters: unknown): Promise<JsonAnswer> {
		const document = { certificateOwnershipToken: token, parameters };
		return this.ask(claimTopics.register, JSON.stringify(document));
	}

	/** The next answer on a topic, accepted or rejected. */
	async ask(topic: string, payload: string): Promise<JsonAnswer> {
		const answer = new Promise<JsonAnswer>((resolve) => {
			const onMessage = (name: string, bytes: Buffer): void => {
				if (!name.startsWith(`${topic}/`)) return;
				this.client.off("message", onMessage);
				resolve(JSON.parse(bytes.toString()));
			};
			this.client.on("message", onMessage);
		});
		await this.client.publishAsync(topic, payload, { qos: 1 });
		return answer;
	}
}

export const claimTopics = Object.freeze({
	create: "$aws/certificates/create/json",
	createFromCsr: "$aws/certificates/create-from-csr/json",
	register: "$aws/provisioning-templates/batch/provision/json",
});

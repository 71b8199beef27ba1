import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, test } from "@jest/globals";
import { certificateIdOf } from "../../cloud/access.ts";
import { type Cloud, provision } from "../../cloud/index.ts";
import { attachPolicy, createPolicy } from "../../cloud/registry/policies.ts";
import { brokerCases } from "../conformance/broker.ts";
import type { BrokerBench } from "../conformance/brokerclient.ts";
import { CloudBench } from "../support/cloud.ts";
import { RealBench } from "../support/realbench.ts";

const thing = "conformance";
/** Everything is allowed: what policies forbid is not the subject here. */
const policy = JSON.stringify({
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
});

const files = new CloudBench();
let cloud: Cloud;
let bench: RealBench;

beforeAll(async () => {
	await provision(files.dataDir, [thing]);
	const certificateId = certificateIdOf(new X509Certificate(files.read(`things/${thing}.crt`)));
	cloud = await files.start();
	await cloud.registry.run((registry) => createPolicy(registry, "all", policy));
	await cloud.registry.run((registry) => attachPolicy(registry, "all", { certificateId }));
	await cloud.close();
});
afterEach(async () => {
	bench.stop();
	await cloud.close();
});
afterAll(() => files.end());

/** A cloud that has only just started; aedes keeps its sessions in memory, so it knows nobody. */
async function makeBench(): Promise<BrokerBench> {
	cloud = await files.start({ keepAlive: { minimum: 5, maximum: 1_200 } });
	bench = new RealBench(files.dataDir, thing, cloud.port, {
		// Of the names that begin with $ AWS IoT Core serves $aws alone.
		dollarTopic: "$aws/conformance/x",
		// AWS IoT Core wants to know who is there.
		assignsClientIds: false,
		keepsQos0: false,
		keepsEmptySessions: false,
		holdsBack: false,
		publishesWillOnTakeOver: true,
		retainedQos: 1,
		lowersQosOfWildcards: false,
		retainedToWildcards: false,
		matchesParent: false,
		overlap: [0],
		matchesEmptyLevels: false,
	});
	return bench;
}

describe("broker conformance of the local cloud, which is aedes, over mutual TLS", () => {
	test.each(brokerCases)("$name", async ({ run }) => run(await makeBench()));
});

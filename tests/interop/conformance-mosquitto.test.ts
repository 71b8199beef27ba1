import { afterAll, afterEach, beforeAll, describe, test } from "@jest/globals";
import { provision } from "../../cloud/index.ts";
import { brokerCases } from "../conformance/broker.ts";
import type { BrokerBench } from "../conformance/brokerclient.ts";
import { CloudBench } from "../support/cloud.ts";
import { hasMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { RealBench } from "../support/realbench.ts";

const thing = "conformance";
const isSkipped = !hasMosquitto && process.env.CI === undefined;
if (isSkipped) console.warn("mosquitto is not installed: its conformance is not tested");

const files = new CloudBench();
let broker: Mosquitto | undefined;
let bench: RealBench | undefined;

beforeAll(() => provision(files.dataDir, [thing]));
afterEach(async () => {
	bench?.stop();
	await broker?.stop();
});
afterAll(() => files.end());

async function makeBench(): Promise<BrokerBench> {
	broker = await Mosquitto.start(files.dataDir);
	bench = new RealBench(files.dataDir, thing, broker.port, {
		dollarTopic: "$isobar/conformance/x",
		assignsClientIds: true,
		keepsQos0: false,
		keepsEmptySessions: true,
		// Up to 2.0.11 the window holds for what is sent at first, and then everything comes at once.
		holdsBack: false,
		publishesWillOnTakeOver: false,
		retainedQos: 2,
		lowersQosOfWildcards: true,
		retainedToWildcards: true,
		matchesParent: true,
		// It sends the copy of the filter that it meets first.
		overlap: [0],
		matchesEmptyLevels: true,
	});
	return bench;
}

(isSkipped ? describe.skip : describe)(
	"broker conformance of mosquitto as it is installed, over mutual TLS",
	() => {
		test.each(brokerCases)("$name", async ({ run }) => run(await makeBench()));
	},
);

import { describe, test } from "@jest/globals";
import { MemoryBroker } from "../../simulator/broker/broker.ts";
import { BrokerListener } from "../../simulator/broker/listener.ts";
import { type PathOptions, VirtualNetwork } from "../../simulator/device/socket.ts";
import { VirtualWorld } from "../../simulator/fleet/world.ts";
import { VirtualClock } from "../../simulator/kernel/clock.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { brokerCases } from "./broker.ts";
import type { BrokerBench } from "./brokerclient.ts";

const host = "broker.example";
const port = 8883;
/** Moments that may pass before a condition that still does not hold never will. */
const momentsMaximum = 1_000_000;

const paths: readonly (readonly [name: string, path: PathOptions])[] = [
	["a good path", {}],
	["a path of single bytes, a small window and losses", { segment: 1, window: 100, loss: 0.01 }],
];

function makeBench(path: PathOptions): BrokerBench {
	const clock = new VirtualClock();
	const network = new VirtualNetwork(clock);
	network.listen(host, port, new BrokerListener(new MemoryBroker(), clock));
	return {
		world: new VirtualWorld(network, new RandomStream(1), path),
		host,
		port,
		traits: {
			dollarTopic: "$isobar/conformance/x",
			assignsClientIds: true,
			keepsQos0: false,
			keepsEmptySessions: true,
			holdsBack: true,
			publishesWillOnTakeOver: true,
			retainedQos: 2,
			lowersQosOfWildcards: true,
			retainedToWildcards: true,
			matchesParent: true,
			overlap: [2],
			matchesEmptyLevels: true,
		},
		until: async (condition, what) => {
			for (let moments = 0; !condition(); moments++) {
				if (!clock.step() || moments === momentsMaximum) throw new Error(`never: ${what}`);
			}
		},
		pass: async (ms) => {
			clock.runUntil(clock.now + ms);
		},
	};
}

describe.each(paths)("broker conformance of the simulator's broker over %s", (_name, path) => {
	test.each(brokerCases)("$name", ({ run }) => run(makeBench(path)));
});

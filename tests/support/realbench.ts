import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RealWorld } from "../../simulator/fleet/world.ts";
import type { BrokerBench, BrokerTraits } from "../conformance/brokerclient.ts";

/** Looks at a condition before it counts as one that will never hold, about a millisecond apart. */
const looksMaximum = 14_000;

/** A broker on loopback behind mutual TLS, in real time. All clients have one certificate. */
export class RealBench implements BrokerBench {
	readonly host = "localhost";
	readonly port: number;
	readonly traits: BrokerTraits;
	readonly world: RealWorld;
	#isStopped = false;

	/** @param dataDir  with ca.crt and the certificate of `thing` */
	constructor(dataDir: string, thing: string, port: number, traits: BrokerTraits) {
		this.port = port;
		this.traits = traits;
		const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
		const credentials = {
			authority: read("ca.crt"),
			certificate: read(`things/${thing}.crt`),
			key: read(`things/${thing}.key`),
		};
		this.world = new RealWorld(() => credentials);
	}

	async until(condition: () => boolean, what: string): Promise<void> {
		for (let looks = 0; !condition(); looks++) {
			if (this.#isStopped || looks === looksMaximum) throw new Error(`never: ${what}`);
			await this.pass(1);
		}
	}

	pass(ms: number): Promise<void> {
		return new Promise((resolve) => setTimeout(resolve, ms));
	}

	stop(): void {
		this.#isStopped = true;
		this.world.stop();
	}
}

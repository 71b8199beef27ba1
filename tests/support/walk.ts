import type { Turn } from "../../simulator/device/clock.ts";
import type { DeviceNetwork } from "../../simulator/device/network.ts";
import { type Fault, type FaultPlan, FaultProxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";

/** A power cut of the station, at the moment at which its connection is cut. */
export type Mishap = Fault | "power";

export interface Step {
	readonly mishap: Mishap;
	readonly direction: "up" | "down";
	readonly offset: number;
}

export interface WalkOptions {
	/** Port of the broker on loopback, and the name that its certificate has. */
	readonly port: number;
	readonly host: string;
	readonly qos: 1 | 2;
	/**
	 * Stations that are under way at once, 60 by default. They share one event loop, and what they all
	 * have it do counts as slowness of the network for each.
	 */
	readonly atOnce?: number;
	/** Begins the names of the things, one for each step. */
	readonly prefix: string;
	createNetwork(turn: Turn): DeviceNetwork;
}

/** Reports of each station: enough for two to be under way at once. */
const reports = 2;
const stationsMaximum = 60;
const tickMs = 2;
/** Milliseconds after which a station that is not done never will be. */
const limitMs = 20_000;

/** The thing of a step; all names have one length, so that all exchanges have. */
export function thingNamed(prefix: string, index: number): string {
	return `${prefix}${String(index).padStart(4, "0")}`;
}

/** Bytes that an exchange without a mishap has in each direction. */
export async function measure(options: WalkOptions): Promise<{ up: number; down: number }> {
	const { passed } = await report(options, 0, undefined);
	return passed;
}

/** Every byte offset of an exchange, both ends included, with every mishap. */
export function stepsOf(
	mishaps: readonly Mishap[],
	length: { readonly up: number; readonly down: number },
	stride = 1,
): Step[] {
	const steps: Step[] = [];
	for (const mishap of mishaps) {
		for (const direction of ["up", "down"] as const) {
			for (let offset = 0; offset <= length[direction]; offset += stride) {
				steps.push({ mishap, direction, offset });
			}
		}
	}
	return steps;
}

/**
 * Has one station report through a proxy for each step.
 *
 * @throws {Error} naming a step whose mishap did not happen, whose station was never done, or whose
 *   connection ended although every byte arrived
 */
export async function walk(options: WalkOptions, steps: readonly Step[]): Promise<void> {
	let next = 0;
	const work = async (): Promise<void> => {
		for (let index = next++; index < steps.length; index = next++) {
			try {
				await report(options, index + 1, steps[index]);
			} catch (error) {
				// No other station begins a step once one has failed.
				next = steps.length;
				throw error;
			}
		}
	};
	// All have ended, and closed what they had open, before the first failure is told.
	const ends = await Promise.allSettled(
		Array.from({ length: options.atOnce ?? stationsMaximum }, work),
	);
	for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function report(
	options: WalkOptions,
	index: number,
	step: Step | undefined,
): Promise<Pick<FaultProxy, "passed">> {
	const { port, host, qos, prefix, createNetwork } = options;
	const proxy = await FaultProxy.start(port, step && planOf(step));
	const thing = thingNamed(prefix, index);
	const reporter = new Reporter({ thing, host, port: proxy.port, qos, reports, createNetwork });
	const losesNothing = step?.mishap === "split" || step?.mishap === "bytes";
	proxy.onHit = () => {
		reporter.isHurt = !losesNothing;
		if (step?.mishap === "power") reporter.reboot();
	};
	const end = performance.now() + limitMs;
	try {
		while (!reporter.isDone || (step !== undefined && !proxy.hasHit)) {
			if (performance.now() > end) {
				throw new Error(`${thing} is not done: ${JSON.stringify({ step, hit: proxy.hasHit })}`);
			}
			reporter.tick();
			await new Promise((resolve) => setTimeout(resolve, tickMs));
		}
	} finally {
		reporter.end();
		proxy.close();
	}
	if (losesNothing && proxy.connections !== 1) {
		throw new Error(`${thing}: ${proxy.connections} connections, ${JSON.stringify(step)}`);
	}
	return proxy;
}

function planOf({ mishap, direction, offset }: Step): FaultPlan {
	return { fault: mishap === "power" ? "reset" : mishap, direction, offset };
}

import type { RandomStream } from "../kernel/random.ts";
import {
	type FaultBench,
	type FaultDetails,
	type FaultKind,
	type FleetFault,
	fleetFaults,
} from "./faults.ts";
import type { VirtualFleet } from "./virtual.ts";

/** Which stations a fault happens to; all of them when it is left out. */
export type Choice = { readonly share: number } | { readonly things: readonly string[] };

/** A fault that happens again and again, or at stated times. Times are ms. */
export interface FaultRule {
	readonly fault: FaultKind;
	/** Times a day, for each station or for the fleet, at random; or */
	readonly perDay?: number | undefined;
	/** when, from the start. */
	readonly at?: readonly number[] | undefined;
	/** How long, from the shorter to the longer; drawn so that short ones are as likely as long ones. */
	readonly duration?: readonly [shortest: number, longest: number] | undefined;
	readonly stations?: Choice | undefined;
	/** When a fault with a rate can happen, from the start; by default always. */
	readonly from?: number | undefined;
	readonly until?: number | undefined;
	readonly details?: FaultDetails | undefined;
}

const dayMs = 86_400_000;

/** Whether a fault happens to the fleet as a whole. */
function isFleetFault(kind: FaultKind): kind is FleetFault {
	return (fleetFaults as readonly string[]).includes(kind);
}

/**
 * Has the faults of rules happen. Each rule draws from a stream of its own for each station, so that neither
 * another rule nor another station changes what happens to this one.
 */
export class FaultPlan {
	readonly #fleet: VirtualFleet;
	readonly #bench: FaultBench;
	/** From the start, ms: no fault begins after it. */
	readonly #end: number;

	constructor(fleet: VirtualFleet, bench: FaultBench, rules: readonly FaultRule[], end: number) {
		this.#fleet = fleet;
		this.#bench = bench;
		this.#end = end;
		const random = fleet.seed.child("faults");
		rules.forEach((rule, index) => {
			this.#add(rule, random.child(`${index} ${rule.fault}`));
		});
	}

	#add(rule: FaultRule, random: RandomStream): void {
		if (isFleetFault(rule.fault)) {
			this.#schedule(rule, 0, random);
			return;
		}
		this.#fleet.things.forEach((thing, index) => {
			const own = random.child(thing);
			if (isChosen(thing, rule.stations, own)) this.#schedule(rule, index, own);
		});
	}

	#schedule(rule: FaultRule, index: number, random: RandomStream): void {
		const { clock, elapsed } = this.#fleet;
		const start = clock.now - elapsed;
		for (const moment of rule.at ?? []) {
			if (moment < this.#end) {
				clock.schedule(start + moment, () => this.#begin(rule, index, random));
			}
		}
		if (rule.perDay === undefined || rule.perDay === 0) return;
		const end = Math.min(rule.until ?? Number.POSITIVE_INFINITY, this.#end);
		const pause = (): number => (-Math.log(1 - random.unit()) * dayMs) / rule.perDay!;
		const next = (moment: number): void => {
			if (moment >= end) return;
			clock.schedule(start + moment, () => {
				this.#begin(rule, index, random);
				next(moment + pause());
			});
		};
		next((rule.from ?? 0) + pause());
	}

	#begin({ fault, duration, details }: FaultRule, index: number, random: RandomStream): void {
		const drawn = duration === undefined ? undefined : between(duration, random);
		this.#bench.begin(fault, index, { ...details, duration: drawn }, random);
	}
}

function isChosen(thing: string, choice: Choice | undefined, random: RandomStream): boolean {
	if (choice === undefined) return true;
	return "share" in choice ? random.unit() < choice.share : choice.things.includes(thing);
}

function between([shortest, longest]: readonly [number, number], random: RandomStream): number {
	return shortest * (longest / shortest) ** random.unit();
}

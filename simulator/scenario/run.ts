import { defineStation, type StationDefinition } from "../../firmware/index.ts";
import { Comeback } from "../fleet/comeback.ts";
import { FaultBench } from "../fleet/faults.ts";
import { FaultPlan } from "../fleet/plan.ts";
import { type FleetObserver, VirtualFleet } from "../fleet/virtual.ts";
import type { Parts } from "../fleet/wiring.ts";
import type { Weather } from "../weather/climate.ts";
import { rulesOf, type Scenario, usualScenario } from "./scenario.ts";

export interface RunOptions {
	readonly scenario: Scenario;
	/** What the scenario changes some members of. */
	readonly definition: StationDefinition;
	readonly parts?: Parts | undefined;
	readonly weather: Weather;
	readonly seed: number;
	/** Thing names. */
	readonly things: readonly string[];
	/** How long faults happen, ms; by default what the scenario says. */
	readonly duration?: number | undefined;
	/** Whether the archive keeps its rows. */
	readonly keepsRows?: boolean | undefined;
	readonly observers?: readonly FleetObserver[] | undefined;
	log?(thing: string, line: string): void;
}

/** What a scenario expects has not come true; the message is one line. */
export class ExpectationError extends Error {
	override readonly name = "ExpectationError";
	readonly code = "EXPECTATION";
}

const drainMs = 60_000;

/** One run of a scenario: a time with faults, then a time in which everything has to arrive. */
export class ScenarioRun {
	readonly fleet: VirtualFleet;
	readonly comeback: Comeback;
	/** How long faults happen, ms. */
	readonly duration: number;
	/** Milliseconds that it took for everything to arrive; `undefined` before `finish`. */
	settledAfter: number | undefined;
	readonly #bench: FaultBench;
	readonly #scenario: Scenario;

	/** @throws {Error} with one line when scenario and definition do not go together */
	constructor(options: RunOptions) {
		const { scenario, things, seed, parts, weather, keepsRows = false } = options;
		const { path, station = {} } = scenario;
		this.#scenario = scenario;
		this.duration = options.duration ?? scenario.for ?? usualScenario.duration;
		this.comeback = new Comeback(things.length, () => this.fleet.cloud.broker.connections);
		this.fleet = new VirtualFleet({
			things,
			seed,
			parts,
			weather,
			keepsRows,
			definition: changed(options.definition, station),
			path,
			driftPpm: station.driftPpm,
			flashBlocks: station.flashBlocks,
			observers: [...(options.observers ?? []), this.comeback],
			...(options.log === undefined ? {} : { log: options.log }),
		});
		this.#bench = new FaultBench(this.fleet);
		new FaultPlan(this.fleet, this.#bench, rulesOf(scenario), this.duration);
	}

	/**
	 * Goes on to a moment of the time with faults.
	 *
	 * @param elapsed  ms from the start; no further than `duration`
	 * @throws {InvariantError}
	 */
	advance(elapsed: number): void {
		const { fleet } = this;
		fleet.runUntil(fleet.now - fleet.elapsed + Math.min(elapsed, this.duration));
	}

	/**
	 * Ends all faults, lets everything arrive, has the stations leave, and looks at what was expected.
	 *
	 * @throws {InvariantError} when something does not arrive in time
	 * @throws {ExpectationError}
	 */
	finish(): void {
		const { fleet } = this;
		const { settle = usualScenario.settle } = this.#scenario;
		this.#bench.endAll();
		this.settledAfter = fleet.settle(settle);
		this.#checkComeback();
		fleet.drain(drainMs);
		this.#checkLedger();
	}

	#checkLedger(): void {
		const { shed: wanted = "none" } = this.#scenario.expect ?? {};
		const { shed, waiting } = this.fleet.ledger();
		if (waiting > 0) throw new ExpectationError(`${waiting} observations were not drained`);
		if (wanted === "none" && shed > 0) {
			throw new ExpectationError(`${shed} observations were shed; expected none`);
		}
		if (wanted === "some" && shed === 0) {
			throw new ExpectationError("no observation was shed; expected some");
		}
	}

	#checkComeback(): void {
		const { connectPeakShare, backWithin } = this.#scenario.expect ?? {};
		const { peak, allBackAfter } = this.comeback;
		const share = peak / this.fleet.things.length;
		if (connectPeakShare !== undefined && share > connectPeakShare) {
			throw new ExpectationError(
				`${(share * 100).toFixed(2)} % of the fleet connected within one second; expected at most ${connectPeakShare * 100} %`,
			);
		}
		if (backWithin === undefined) return;
		if (allBackAfter === undefined || allBackAfter > backWithin) {
			const after =
				allBackAfter === undefined ? "never" : `after ${Math.round(allBackAfter / 1000)} s`;
			throw new ExpectationError(
				`all stations were connected again ${after}; expected within ${backWithin / 1000} s`,
			);
		}
	}
}

type Change = NonNullable<Scenario["station"]>;

function changed(definition: StationDefinition, change: Change): StationDefinition {
	const { sampleSeconds, observeSeconds, reportSeconds } = change;
	const { qos, keepAliveSeconds, healthSeconds, lossWindow, power } = change;
	const { sensors } = definition;
	return defineStation({
		...definition,
		sensors: power === "solar" ? sensors.filter(canSleep) : sensors,
		cadence: {
			...definition.cadence,
			...present({ sampleSeconds, observeSeconds, reportSeconds }),
		},
		...present({ qos, keepAliveSeconds, healthSeconds, lossWindow, power }),
	});
}

/** Whether a sensor is well with a station that sleeps: pulses are not counted then. */
function canSleep({ Driver }: StationDefinition["sensors"][number]): boolean {
	return Driver.part.io !== "PulseCount";
}

/** The members that are there. */
function present<O extends object>(object: O): { [Key in keyof O]?: NonNullable<O[Key]> } {
	return Object.fromEntries(
		Object.entries(object).filter(([, value]) => value !== undefined),
	) as never;
}

import type { FaultControl } from "../../cloud/web/faults.ts";
import type { SimulatedStation } from "./station.ts";
import type { World } from "./world.ts";

/** Milliseconds that the power stays away. */
const powerCutMs = 10_000;
/** Milliseconds that a sensor is broken. */
const sensorMs = 30_000;

interface Mishap {
	readonly name: string;
	readonly title: string;
	readonly detail: string;
	/** @returns what was done, or `undefined` where it can't be */
	readonly run: (station: SimulatedStation, world: World) => string | undefined;
}

const mishaps: readonly Mishap[] = [
	{
		name: "powerCut",
		title: "Power cut",
		detail: "The power is gone for ten seconds. What is in flash stays, RAM is lost.",
		run(station, world) {
			station.powerCut();
			world.schedule(powerCutMs, () => station.powerOn());
			return "without power for 10 s";
		},
	},
	{
		name: "brownOut",
		title: "Brown-out",
		detail: "The supply dips, and the processor starts again at once.",
		run(station) {
			station.reset("brownout");
			return "started again after a dip of its supply";
		},
	},
	{
		name: "watchdog",
		title: "Watchdog",
		detail: "The processor hangs, and the watchdog starts it again.",
		run(station) {
			station.reset("watchdog");
			return "started again by its watchdog";
		},
	},
	{
		name: "sensorFault",
		title: "Sensor fault",
		detail: "The first sensor that can does not do its work for half a minute.",
		run(station, world) {
			const broken = station.breakable();
			if (broken === undefined) return undefined;
			const [name, part] = broken;
			const [fault] = part.faults;
			part.fault = fault;
			world.schedule(sensorMs, () => {
				part.fault = undefined;
			});
			return `${name} has the fault "${fault}" for 30 s`;
		},
	},
];

/** What a person can do to a fleet in real time, one station at a time. */
export class Mishaps implements FaultControl {
	readonly kinds = mishaps.map(({ name, title, detail }) => ({ name, title, detail }));
	readonly things: readonly string[];
	readonly #stations: ReadonlyMap<string, SimulatedStation>;
	readonly #world: World;
	readonly #log: (thing: string, line: string) => void;

	constructor(
		stations: readonly SimulatedStation[],
		world: World,
		log: (thing: string, line: string) => void,
	) {
		this.#stations = new Map(stations.map((station) => [station.thing, station]));
		this.things = [...this.#stations.keys()];
		this.#world = world;
		this.#log = log;
	}

	inject(kind: string, thing: string): string | undefined {
		const mishap = mishaps.find(({ name }) => name === kind);
		const station = this.#stations.get(thing);
		if (mishap === undefined || station === undefined) return undefined;
		const said = mishap.run(station, this.#world);
		if (said !== undefined) this.#log(thing, `fault: ${said}`);
		return said;
	}
}

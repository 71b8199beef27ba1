import { readFileSync } from "node:fs";
import standard from "../../../examples/station.ts";
import type { StationDefinition } from "../../../firmware/station/define.ts";
import { type PathOptions, VirtualNetwork } from "../../../simulator/device/socket.ts";
import { VirtualFlash, VirtualKeyValue } from "../../../simulator/device/storage.ts";
import { Fleet } from "../../../simulator/fleet/fleet.ts";
import type { Parts } from "../../../simulator/fleet/wiring.ts";
import { VirtualWorld } from "../../../simulator/fleet/world.ts";
import { VirtualClock } from "../../../simulator/kernel/clock.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import type { Weather } from "../../../simulator/weather/climate.ts";
import { parseRecord } from "../../../simulator/weather/record.ts";
import { TinyBroker } from "./broker.ts";

const surfrad = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";

export interface BenchOptions {
	readonly stations?: number;
	readonly seed?: number;
	readonly definition?: StationDefinition;
	readonly parts?: Parts;
	readonly path?: PathOptions;
	/** The recorded day unless given. */
	readonly weather?: Weather;
	/** UTC ms; 2026-01-01 unless given. */
	readonly start?: number;
}

/** A fleet in virtual time with a tiny broker. */
export class FleetBench {
	readonly clock: VirtualClock;
	readonly network: VirtualNetwork;
	readonly broker = new TinyBroker();
	readonly world: VirtualWorld;
	readonly fleet: Fleet;
	readonly lines: string[] = [];
	readonly flashes: VirtualFlash[] = [];
	readonly host = "broker.example";
	readonly port = 8883;
	readonly #start: number;

	constructor(options: BenchOptions = {}) {
		const { stations = 1, seed = 1, definition = standard, parts, path } = options;
		const { start = Date.UTC(2026, 0, 1) } = options;
		const { weather = parseRecord(readFileSync(surfrad, "utf8"), surfrad) } = options;
		this.#start = start;
		this.clock = new VirtualClock(start);
		this.network = new VirtualNetwork(this.clock);
		this.network.listen(this.host, this.port, this.broker);
		this.world = new VirtualWorld(this.network, new RandomStream(seed).child("paths"), path);
		this.fleet = new Fleet(this.world, {
			things: Array.from({ length: stations }, (_, index) => `station-${index + 1}`),
			endpoint: this.host,
			port: this.port,
			definition,
			...(parts === undefined ? {} : { parts }),
			weather,
			seed,
			storage: () => {
				const flash = new VirtualFlash();
				this.flashes.push(flash);
				return { flash, keyValue: new VirtualKeyValue() };
			},
			log: (thing, line) => this.lines.push(`${this.seconds} ${thing} ${line}`),
		});
	}

	/** Seconds since the start. */
	get seconds(): number {
		return (this.clock.now - this.#start) / 1000;
	}

	/** Lets so many seconds pass. */
	pass(seconds: number): void {
		this.clock.runUntil(this.clock.now + seconds * 1000);
	}

	/** Drains the fleet; `pass` time for it to come to its end. */
	drain(): void {
		for (const station of this.fleet.stations) station.drain(30_000);
	}
}

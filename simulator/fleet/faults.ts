import type { PathOptions } from "../device/socket.ts";
import type { RandomStream } from "../kernel/random.ts";
import { type Fault, Faulty } from "../parts/part.ts";
import type { CutPoint } from "./board.ts";
import type { VirtualFleet } from "./virtual.ts";

/** What can happen to one station. */
export const stationFaults = Object.freeze([
	/** The power is gone for a while, at any moment or in the middle of a write. */
	"powerCut",
	/** The supply dips: the processor starts again at once, also in the middle of a write. */
	"brownOut",
	/** One brown-out after another, seconds apart. */
	"brownOutLoop",
	/** The processor hangs and the watchdog starts it again. */
	"watchdog",
	/** The access point is gone, and the station knows. */
	"linkLoss",
	/** Nothing gets through in either direction, and nobody says so. */
	"deadLink",
	/** Nothing gets through in one direction, and nobody says so. */
	"halfOpen",
	/** Long delays and many lost segments. */
	"slowLink",
	/** Everything arrives byte by byte, through a window of a few. */
	"narrowLink",
	/** The broker ends the connection. */
	"kick",
	/** The real-time clock comes out of a reset with a wrong time. */
	"clockStep",
	/** A sensor does not answer, hangs, sticks, or answers with a wrong checksum. */
	"sensorFault",
	/** A part was cut off in the middle of a byte and holds the data line of its bus. */
	"heldBus",
	/** A block of the flash is worn out for good. */
	"wornBlock",
	/** An app wants another cadence. */
	"shadowChange",
] as const);

/** What can happen to all stations at once. */
export const fleetFaults = Object.freeze([
	/** The broker crashes, and is back later with its sessions or without. */
	"brokerOutage",
	/** No name can be resolved. */
	"dnsOutage",
	/** The time server does not answer. */
	"timeOutage",
	/** The time server is wrong. */
	"timeStep",
] as const);

export type StationFault = (typeof stationFaults)[number];
export type FleetFault = (typeof fleetFaults)[number];
export type FaultKind = StationFault | FleetFault;

/** What a fault may be told; what is left out is drawn. */
export interface FaultDetails {
	/** ms; faults that are over at once have none. */
	readonly duration?: number | undefined;
	/** Of a power cut and a brown-out: in the middle of what. */
	readonly point?: CutPoint | "moment" | undefined;
	/** Of a broker outage: whether the sessions are there afterwards. */
	readonly sessions?: "kept" | "lost" | undefined;
	/** Of a half-open link: what does not get through. */
	readonly direction?: "up" | "down" | undefined;
	/** Of a sensor fault: name of the sensor in the definition, and what it has. */
	readonly sensor?: string | undefined;
	readonly part?: Fault | undefined;
	/** Of a slow or narrow link: what it is like. */
	readonly path?: PathOptions | undefined;
	/** Of a wrong clock: how wrong, in ms. */
	readonly step?: number | undefined;
	/** Of a shadow change: what is desired. */
	readonly desired?: object | undefined;
}

/** Ends a fault; calling it twice does no harm. */
export type EndFault = () => void;

/** Of a fault that is over as soon as it has happened. */
const over: EndFault = () => {};

const slowPath: PathOptions = Object.freeze({ delay: 400, jitter: 1_600, loss: 0.12 });
const narrowPath: PathOptions = Object.freeze({ segment: 1, window: 64 });
/** Milliseconds after which the power goes anyway when nothing was written. */
const cutWaitMs = 20_000;
/** Milliseconds between two brown-outs of a loop. */
const loopGapMs = [300, 15_000] as const;
/** Blocks that may wear out in one flash, as a share of them. */
const wornShare = 0.05;
/** Cadences that an app wants: sample, observe, report. */
const cadences = Object.freeze([
	[10, 30, 300],
	[20, 60, 60],
	[30, 60, 600],
	[60, 60, 300],
	[60, 60, 600],
	[60, 300, 900],
] as const);

/** What several faults have done to one station at a time. */
interface Strain {
	up: number;
	down: number;
	away: number;
	readonly paths: PathOptions[];
	worn: number;
}

/**
 * Does things to the parts of a fleet, and undoes them. Several faults of one kind may overlap: what
 * they have in common ends with the last.
 */
export class FaultBench {
	readonly #fleet: VirtualFleet;
	readonly #strains: readonly Strain[];
	readonly #places: ReadonlyMap<string, number>;
	readonly #active = new Set<EndFault>();
	#brokerOutages = 0;
	#nameOutages = 0;
	#timeOutages = 0;
	readonly #timeSteps: number[] = [];

	constructor(fleet: VirtualFleet) {
		this.#fleet = fleet;
		this.#strains = fleet.things.map(() => ({ up: 0, down: 0, away: 0, paths: [], worn: 0 }));
		this.#places = new Map(fleet.things.map((thing, index) => [thing, index]));
	}

	/** Place of a station in the fleet. */
	indexOf(thing: string): number | undefined {
		return this.#places.get(thing);
	}

	/**
	 * Makes a fault happen now. One with a duration ends by itself; all of them end with `endAll`.
	 *
	 * @param index   the station; of no meaning for a fault of the fleet
	 * @param random  draws what `details` leaves open
	 */
	begin(kind: FaultKind, index: number, details: FaultDetails, random: RandomStream): EndFault {
		const end = this.#start(kind, index, details, random);
		if (end === undefined) return over;
		this.#fleet.noteFault(kind, index);
		if (end === over) return over;
		let isOver = false;
		const endOnce = (): void => {
			if (isOver) return;
			isOver = true;
			this.#active.delete(endOnce);
			end();
		};
		this.#active.add(endOnce);
		const { clock } = this.#fleet;
		if (details.duration !== undefined) clock.schedule(clock.now + details.duration, endOnce);
		return endOnce;
	}

	/** Ends whatever is still wrong. Worn blocks stay worn, and what was desired stays so. */
	endAll(): void {
		for (const end of [...this.#active]) end();
		for (const board of this.#fleet.boards) board.disarm();
	}

	/** Returns what ends it; `undefined` when it could not happen to this station now. */
	#start(
		kind: FaultKind,
		index: number,
		details: FaultDetails,
		random: RandomStream,
	): EndFault | undefined {
		const strain = this.#strains[index]!;
		switch (kind) {
			case "powerCut":
				return this.#cutPower(index, details, random);
			case "brownOut":
				return this.#brownOut(index, details, random);
			case "brownOutLoop":
				return this.#loop(index, random);
			case "watchdog":
				return this.#reset(index, "watchdog");
			case "linkLoss":
				return this.#loseLink(index, strain);
			case "deadLink":
				return this.#block(index, strain, true, true);
			case "halfOpen": {
				const isUp = (details.direction ?? (random.chance(0.5) ? "up" : "down")) === "up";
				return this.#block(index, strain, isUp, !isUp);
			}
			case "slowLink":
				return this.#bend(index, strain, { ...slowPath, ...details.path });
			case "narrowLink":
				return this.#bend(index, strain, { ...narrowPath, ...details.path });
			case "kick":
				this.#fleet.cloud.disconnect(this.#fleet.things[index]!);
				return over;
			case "clockStep":
				return this.#stepClock(index, details, random);
			case "sensorFault":
				return this.#breakSensor(index, details, random);
			case "heldBus":
				this.#fleet.stations[index]!.holdBus(1 + random.below(9));
				return over;
			case "wornBlock":
				return this.#wearBlock(index, strain, random);
			case "shadowChange":
				return this.#change(index, details, random);
			case "brokerOutage":
				return this.#stopBroker(details, random);
			case "dnsOutage":
				return this.#loseNames();
			case "timeOutage":
				return this.#loseTime();
			case "timeStep":
				return this.#stepTime(details, random);
		}
	}

	#cutPower(index: number, details: FaultDetails, random: RandomStream): EndFault | undefined {
		const station = this.#fleet.stations[index]!;
		if (!station.isPowered) return undefined;
		const cut = this.#cutAt(index, details, random, () => {
			this.#fleet.boards[index]!.crystal.losePower();
			station.powerCut();
		});
		return () => {
			cut();
			station.powerOn();
		};
	}

	#brownOut(index: number, details: FaultDetails, random: RandomStream): EndFault | undefined {
		const station = this.#fleet.stations[index]!;
		if (!station.isPowered) return undefined;
		this.#cutAt(index, details, random, () => station.reset("brownout"));
		return over;
	}

	/**
	 * Has the power go at once, or in the middle of what the firmware does next.
	 *
	 * @returns has it go if it has not yet
	 */
	#cutAt(index: number, details: FaultDetails, random: RandomStream, cut: () => void): () => void {
		const { clock } = this.#fleet;
		const board = this.#fleet.boards[index]!;
		const point = details.point ?? drawPoint(random);
		let isDone = false;
		const cutOnce = (): void => {
			if (isDone) return;
			isDone = true;
			cut();
		};
		if (point === "moment" || board.isArmed) {
			cutOnce();
		} else {
			board.cutIn(point, cutOnce);
			clock.schedule(clock.now + cutWaitMs, () => {
				if (isDone || !board.isArmed) return;
				board.disarm();
				cutOnce();
			});
		}
		return () => {
			if (!isDone) board.disarm();
			cutOnce();
		};
	}

	#loop(index: number, random: RandomStream): EndFault {
		const { clock } = this.#fleet;
		let isOver = false;
		const next = (): void => {
			if (isOver) return;
			this.#brownOut(index, {}, random);
			const [least, most] = loopGapMs;
			clock.schedule(clock.now + least + (most - least) * random.unit(), next);
		};
		next();
		return () => {
			isOver = true;
		};
	}

	#reset(index: number, reason: "watchdog"): EndFault | undefined {
		const station = this.#fleet.stations[index]!;
		if (!station.isPowered) return undefined;
		station.reset(reason);
		return over;
	}

	#loseLink(index: number, strain: Strain): EndFault {
		const station = this.#fleet.stations[index]!;
		strain.away += 1;
		if (strain.away === 1) {
			this.#apply(index, strain);
			station.tellNetwork("down");
		}
		return () => {
			strain.away -= 1;
			if (strain.away > 0) return;
			this.#apply(index, strain);
			station.tellNetwork("up");
		};
	}

	#block(index: number, strain: Strain, up: boolean, down: boolean): EndFault {
		const add = (count: number): void => {
			if (up) strain.up += count;
			if (down) strain.down += count;
			this.#apply(index, strain);
		};
		add(1);
		return () => add(-1);
	}

	#bend(index: number, strain: Strain, path: PathOptions): EndFault {
		strain.paths.push(path);
		this.#apply(index, strain);
		return () => {
			strain.paths.splice(strain.paths.indexOf(path), 1);
			this.#apply(index, strain);
		};
	}

	#apply(index: number, { up, down, away, paths }: Strain): void {
		const thing = this.#fleet.things[index]!;
		const { world } = this.#fleet;
		world.change(thing, Object.assign({}, ...paths));
		world.block(thing, up + away > 0, down + away > 0);
	}

	/** The station comes out of a reset with a clock that is wrong by up to a day. */
	#stepClock(index: number, details: FaultDetails, random: RandomStream): EndFault | undefined {
		const { clock, boards } = this.#fleet;
		const step = details.step ?? Math.round((2 * random.unit() - 1) * 86_400_000);
		boards[index]!.crystal.set(clock.now + step, clock.now);
		return this.#reset(index, "watchdog");
	}

	#breakSensor(index: number, details: FaultDetails, random: RandomStream): EndFault | undefined {
		const { sensors } = this.#fleet.definition;
		const sensor = details.sensor ?? sensors[random.below(sensors.length)]!.name;
		const part = this.#fleet.stations[index]!.part(sensor);
		if (part === undefined) throw new RangeError(`sensor: no ${sensor} in the definition`);
		if (!(part instanceof Faulty) || part.faults.length === 0) {
			if (details.sensor === undefined) return undefined;
			throw new RangeError(`sensor ${sensor}: its simulated part can't have faults`);
		}
		part.fault = details.part ?? part.faults[random.below(part.faults.length)];
		return () => {
			part.fault = undefined;
		};
	}

	#wearBlock(index: number, strain: Strain, random: RandomStream): EndFault | undefined {
		const { flash } = this.#fleet.boards[index]!;
		const { blocks } = flash.status();
		if (strain.worn + 1 > blocks * wornShare) return undefined;
		strain.worn += 1;
		flash.breakBlock(random.below(blocks));
		return over;
	}

	#change(index: number, { desired }: FaultDetails, random: RandomStream): EndFault {
		const [sampleSeconds, observeSeconds, reportSeconds] = cadences[random.below(cadences.length)]!;
		const drawn = { sampleSeconds, observeSeconds, reportSeconds };
		this.#fleet.cloud.desire(this.#fleet.things[index]!, desired ?? drawn);
		return over;
	}

	#stopBroker({ sessions }: FaultDetails, random: RandomStream): EndFault {
		const isKept = (sessions ?? (random.chance(0.5) ? "kept" : "lost")) === "kept";
		this.#brokerOutages += 1;
		this.#fleet.stopBroker(isKept);
		return () => {
			this.#brokerOutages -= 1;
			if (this.#brokerOutages === 0) this.#fleet.startBroker();
		};
	}

	#loseNames(): EndFault {
		this.#nameOutages += 1;
		this.#fleet.setNames(false);
		return () => {
			this.#nameOutages -= 1;
			if (this.#nameOutages === 0) this.#fleet.setNames(true);
		};
	}

	#loseTime(): EndFault {
		this.#timeOutages += 1;
		this.#fleet.timeServer.isUp = false;
		return () => {
			this.#timeOutages -= 1;
			if (this.#timeOutages === 0) this.#fleet.timeServer.isUp = true;
		};
	}

	#stepTime(details: FaultDetails, random: RandomStream): EndFault {
		const step = details.step ?? Math.round((2 * random.unit() - 1) * 3_600_000);
		const server = this.#fleet.timeServer;
		this.#timeSteps.push(step);
		server.offset = step;
		return () => {
			this.#timeSteps.splice(this.#timeSteps.indexOf(step), 1);
			server.offset = this.#timeSteps.at(-1) ?? 0;
		};
	}
}

/** Half of the cuts come between two events, as most do; the rest where it hurts. */
function drawPoint(random: RandomStream): CutPoint | "moment" {
	const draw = random.unit();
	if (draw < 0.4) return "moment";
	if (draw < 0.75) return "flash";
	return draw < 0.85 ? "keyValue" : "turn";
}

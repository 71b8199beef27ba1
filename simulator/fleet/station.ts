import { messageOf } from "../../cloud/fault.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import type { Claim, ResetReason } from "../../firmware/ports/device.ts";
import type { FlashPartition, KeyValue } from "../../firmware/ports/storage.ts";
import { boot, type Firmware, identify } from "../../firmware/station/boot.ts";
import type { Commons } from "../../firmware/station/commons.ts";
import type { StationDefinition } from "../../firmware/station/define.ts";
import { Station, type StationState } from "../../firmware/station/station.ts";
import { VirtualBus } from "../device/bus.ts";
import type { Crystal, Turn } from "../device/clock.ts";
import { VirtualDevice } from "../device/device.ts";
import { Radio } from "../device/radio.ts";
import { VirtualRetainedMemory } from "../device/storage.ts";
import type { RandomStream } from "../kernel/random.ts";
import { Faulty, type SimulatedPart } from "../parts/part.ts";
import type { WeatherSource } from "../weather/conditions.ts";
import { type Parts, wire } from "./wiring.ts";
import type { World } from "./world.ts";

/** Milliseconds from a restart to the first instruction of the firmware. */
const bootMs = 300;
/** Milliseconds that a crashed station stays off, so that one which always crashes does not spin. */
const crashMs = 1_000;
/** Bytes of retained memory: those of the ESP32 without the crash record of its platform. */
const retainedBytes = 5_632;

export interface SimulatedStationOptions {
	readonly thing: string;
	readonly endpoint: string;
	readonly port: number;
	readonly definition: StationDefinition;
	/** What it shares with the stations of its definition. */
	readonly commons: Commons;
	/** The simulated parts of the user's own sensors. */
	readonly parts?: Parts;
	readonly weather: WeatherSource;
	/** Everything random about this station. */
	readonly random: RandomStream;
	/** What survives a power cut. */
	readonly flash: FlashPartition;
	readonly keyValue: KeyValue;
	/** The station is flashed with the claim certificate of its batch, and gets itself an identity. */
	readonly claim?: Claim | undefined;
	/** Host of the time server; without it, and without a crystal, the clock of the device is right. */
	readonly timeServer?: string | undefined;
	readonly crystal?: Crystal | undefined;
	log(line: string): void;
	/**
	 * The firmware is about to start: whatever has lost its power has it again.
	 *
	 * @param hasMemory  whether retained memory is as the firmware has left it
	 */
	onBoot?(reason: ResetReason, hasMemory: boolean): void;
	/** The firmware has run, and may have come to its end by that; `state` is reused. */
	onTurn?(state: StationState): void;
}

/** Sequence numbers of observations, both ends included. */
export interface Range {
	readonly first: number;
	readonly last: number;
}

/** What a station has done since it was made, over all its starts. */
export interface Totals {
	samples: number;
	acknowledged: number;
	reportsSent: number;
	reportsResent: number;
	connects: number;
	payloadBytes: number;
	payloadObservations: number;
	/** Observations given up because the flash was full. */
	shed: number;
	/** Starts that were a wake-up from deep sleep. */
	wakes: number;
	/** Milliseconds with the firmware running, and with its radio on. */
	awakeMs: number;
	radioMs: number;
	/** The observations made, start by start. */
	made: readonly Range[];
	/** Those among which a loss of power may have taken some, within the loss window. */
	exposed: readonly Range[];
}

/**
 * One station of a fleet: the real firmware on a simulated device, with a power switch.
 *
 * Whatever the firmware holds in RAM is gone after `powerCut`; flash, key-value store and the
 * instruments stay.
 */
export class SimulatedStation {
	readonly thing: string;
	/** How often the firmware has ended by a failed assertion. */
	crashes = 0;
	readonly #world: World;
	readonly #options: SimulatedStationOptions;
	readonly #bus: VirtualBus;
	readonly #past: Totals = {
		samples: 0,
		acknowledged: 0,
		reportsSent: 0,
		reportsResent: 0,
		connects: 0,
		payloadBytes: 0,
		payloadObservations: 0,
		shed: 0,
		wakes: 0,
		awakeMs: 0,
		radioMs: 0,
		made: [],
		exposed: [],
	};
	readonly #retained = new VirtualRetainedMemory(retainedBytes);
	/** What is in there after its supply has failed. */
	readonly #rubbish: RandomStream;
	#hasMemory = true;
	#isPowered = false;
	#device: VirtualDevice | undefined;
	#firmware: Firmware | undefined;
	/** The firmware, once it is a station. */
	#station: Station | undefined;
	/** The firmware that ran last, also when it is over. */
	#latest: Station | undefined;
	readonly #parts: ReadonlyMap<string, SimulatedPart>;
	readonly #radio: Radio;
	#boots = 0;
	#wakes = 0;
	/** The moment from which ticks count: of the last start that was no wake-up from deep sleep. */
	#tickOrigin = 0;
	/** The moment of the last start. */
	#startedAt = 0;
	/** Tells the sleep that it is in from one that was cut short; 0 while it is awake. */
	#sleep = 0;
	#sleeps = 0;
	/** The moment of the turn that is under way. */
	#turnTime: number | undefined;
	/**
	 * Time stands still while the firmware runs. The processor of the host is shared, and a pause of it
	 * between two instructions of one driver would look like a sensor that is late.
	 */
	readonly #now = (): number => this.#turnTime ?? this.#world.now;
	/** Of the flash when it was first read; the counter there is older than this object. */
	#shedBefore: number | undefined;

	/** @throws {Error} with one line when a sensor of the definition has no simulated part */
	constructor(world: World, options: SimulatedStationOptions) {
		this.#world = world;
		this.#options = options;
		this.thing = options.thing;
		this.#bus = new VirtualBus({ now: this.#now });
		this.#rubbish = options.random.child("retained memory");
		this.#radio = new Radio(options.random.child("radio"));
		const random = options.random.child("parts");
		const surroundings = { weather: options.weather, random };
		this.#parts = wire(options.definition, this.#bus, surroundings, options.parts);
	}

	/** What the firmware says of itself; `undefined` while it is off. */
	get state(): StationState | undefined {
		return this.#station?.state();
	}

	/** Whether it is in deep sleep. */
	get isAsleep(): boolean {
		return this.#sleep > 0;
	}

	/** Whether everything is reported and said goodbye to. A station that is off has nothing to say. */
	get isDrained(): boolean {
		return this.#station?.drained ?? true;
	}

	powerOn(): void {
		if (this.#isPowered) return;
		this.#isPowered = true;
		this.#boot("power-on");
	}

	/** The power is gone, at once: in the middle of a write, of a packet, of anything. */
	powerCut(): void {
		if (!this.#isPowered) return;
		this.#isPowered = false;
		this.#end();
		this.#sleep = 0;
		this.#loseMemory();
		this.#bus.powerCycle();
	}

	/** The processor starts again with the supply on: by a dip of it, a watchdog, or a person. */
	reset(reason: ResetReason): void {
		if (this.#device === undefined && !this.isAsleep) return;
		this.#reboot(reason, bootMs);
		if (reason === "brownout") this.#loseMemory();
	}

	/** Who the station is: its thing name, also the one that it has got itself by a claim. */
	get thingName(): string {
		return this.#identify().identity.thingName;
	}

	/** Observations that a loss of power may take. */
	get lossWindow(): number {
		return this.#options.definition.lossWindow;
	}

	/** Whether the supply is on; the firmware may be between two starts. */
	get isPowered(): boolean {
		return this.#isPowered;
	}

	/** How often the firmware was started. */
	get boots(): number {
		return this.#boots;
	}

	/** The simulated part of a sensor, by the name of the sensor in the definition. */
	part(sensor: string): SimulatedPart | undefined {
		return this.#parts.get(sensor);
	}

	/** A part on a bus is cut off in the middle of a byte, and holds the data line. */
	holdBus(clocks: number): void {
		this.#bus.hold(clocks);
	}

	/** The first of its parts that can have a fault, with the name of its sensor. */
	breakable(): readonly [sensor: string, part: Faulty] | undefined {
		for (const [name, part] of this.#parts) {
			if (part instanceof Faulty && part.faults.length > 0) return [name, part];
		}
		return undefined;
	}

	/** The platform tells the firmware about its network; a station that is off hears nothing. */
	tellNetwork(change: "up" | "down" | "changed"): void {
		const device = this.#device;
		if (device === undefined) return;
		const { ticks } = device.clock;
		this.#turn(device, () => {
			if (change === "up") this.#firmware?.networkUp(ticks);
			else if (change === "down") this.#firmware?.networkDown(ticks);
			else this.#firmware?.networkChanged(ticks);
		});
	}

	/** Asks the firmware to report everything and leave, within `limit` milliseconds. Wakes it for that. */
	drain(limit: number): void {
		if (this.isAsleep) this.#boot("deep-sleep");
		const device = this.#device;
		if (device === undefined) return;
		const { ticks } = device.clock;
		this.#turn(device, () => this.#station?.drain((ticks + limit) as Ticks, ticks));
	}

	/** What it has done over all its starts. */
	totals(): Totals {
		const { state } = this;
		return state === undefined ? this.#past : this.#sum(state);
	}

	#identify(): ReturnType<typeof identify> {
		const { thing, endpoint, port, timeServer, claim, keyValue } = this.#options;
		return identify({ thingName: thing, endpoint, port, timeServer, claim }, keyValue);
	}

	#boot(resetReason: ResetReason): void {
		const { thing, definition, commons, flash, keyValue, random, crystal, log } = this.#options;
		const { identity, credentials } = this.#identify();
		this.#boots += 1;
		this.#sleep = 0;
		this.#startedAt = this.#world.now;
		if (resetReason === "deep-sleep") this.#wakes += 1;
		else this.#tickOrigin = this.#startedAt;
		if (!this.#hasMemory) this.#retained.losePower(this.#rubbish);
		this.#options.onBoot?.(resetReason, this.#hasMemory);
		this.#hasMemory = true;
		const turn: Turn = (work) => this.#turn(device, work);
		const device: VirtualDevice = new VirtualDevice({
			identity,
			clock: this.#world.createClock(turn, this.#now, crystal, this.#tickOrigin),
			network: this.#world.createNetwork(thing, turn, credentials, this.#radio),
			random: random.child(`boot ${this.#boots}`),
			bus: this.#bus,
			flash,
			keyValue,
			retained: this.#retained,
			resetReason,
			onRestart: () => this.#reboot("restart", bootMs),
			onSleep: (milliseconds) => this.#fallAsleep(milliseconds),
			log,
		});
		this.#device = device;
		turn(() => {
			const firmware = boot(device, definition, commons);
			this.#firmware = firmware;
			if (firmware instanceof Station) this.#station = this.#latest = firmware;
			firmware.start(device.clock.ticks);
			if (this.#station !== undefined) this.#shedBefore ??= this.#station.state().shed;
		});
	}

	/** Where every piece of work of the firmware is started, and where a failed assertion ends it. */
	#turn(device: VirtualDevice, work: () => void): void {
		const isOutermost = this.#turnTime === undefined;
		if (isOutermost) this.#turnTime = this.#world.now;
		try {
			work();
		} catch (error) {
			// What falls over after the power has gone is no news.
			if (this.#device !== device) return;
			this.crashes += 1;
			this.#options.log(`crashed: ${messageOf(error)}`);
			this.#reboot("crash", crashMs);
		} finally {
			if (isOutermost) {
				this.#turnTime = undefined;
				if (this.#latest !== undefined) this.#options.onTurn?.(this.#latest.state());
			}
		}
	}

	#fallAsleep(milliseconds: number): void {
		this.#end();
		this.#sleeps += 1;
		const sleep = this.#sleeps;
		this.#sleep = sleep;
		this.#world.schedule(milliseconds + bootMs, () => {
			if (this.#sleep === sleep) this.#boot("deep-sleep");
		});
	}

	#reboot(reason: ResetReason, delay: number): void {
		this.#end();
		this.#sleep = 0;
		this.#world.schedule(delay, () => {
			if (this.#isPowered && this.#device === undefined) this.#boot(reason);
		});
	}

	/** The supply is too low for retained memory. What it held is the newest of what was made. */
	#loseMemory(): void {
		const past = this.#past;
		const { lossWindow } = this;
		const last = past.made.at(-1)?.last;
		if (lossWindow > 0 && last !== undefined) {
			past.exposed = [...past.exposed, { first: last - lossWindow + 1, last }];
		}
		this.#hasMemory = false;
	}

	#end(): void {
		const { state } = this;
		if (state !== undefined) Object.assign(this.#past, this.#sum(state));
		this.#device?.off();
		this.#device = undefined;
		this.#firmware = undefined;
		this.#station = undefined;
	}

	/** A wake-up goes on with the range of the start before it: a station that sleeps makes one observation each time. */
	#madeWith(first: number, last: number): readonly Range[] {
		const { made } = this.#past;
		const latest = made.at(-1);
		const isWake = this.#startedAt > this.#tickOrigin;
		if (first === 0) return made;
		if (!isWake || latest?.last !== first - 1) return [...made, { first, last }];
		return [...made.slice(0, -1), { first: latest.first, last }];
	}

	#radioMs(): number {
		const { radioSince, clock } = this.#device ?? {};
		return radioSince === undefined ? 0 : clock!.ticks - radioSince;
	}

	#sum(state: StationState): Totals {
		const past = this.#past;
		const { firstSequence: first, lastSequence: last } = state;
		return {
			samples: past.samples + state.samples,
			acknowledged: past.acknowledged + state.acknowledged,
			reportsSent: past.reportsSent + state.reportsSent,
			reportsResent: past.reportsResent + state.reportsResent,
			connects: past.connects + state.connects,
			payloadBytes: past.payloadBytes + state.payloadBytes,
			payloadObservations: past.payloadObservations + state.payloadObservations,
			shed: state.shed - (this.#shedBefore ?? 0),
			wakes: this.#wakes,
			awakeMs: past.awakeMs + this.#world.now - this.#startedAt,
			radioMs: past.radioMs + this.#radioMs(),
			made: this.#madeWith(first, last),
			exposed: past.exposed,
		};
	}
}

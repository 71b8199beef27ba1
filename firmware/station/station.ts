import { Observation, TimeQuality } from "../base/observation.ts";
import { Status, statusName } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import { Timekeeper } from "../clock/timekeeper.ts";
import { Limits } from "../limits.ts";
import { LinkState, MqttLink } from "../mqtt/link.ts";
import { MqttSession } from "../mqtt/session.ts";
import { Outbox } from "../outbox/outbox.ts";
import { encodeDenseReport } from "../payload/dense.ts";
import { encodeReport } from "../payload/encode.ts";
import { misfits } from "../payload/schema.ts";
import type { Epoch, Ticks } from "../ports/clock.ts";
import type { Device } from "../ports/device.ts";
import type { ChannelTable } from "../sensing/channel.ts";
import { Derivation } from "../sensing/derivation.ts";
import { QualityControl } from "../sensing/quality.ts";
import { QualityLimits } from "../sensing/qualitylimits.ts";
import { SensingScheduler } from "../sensing/scheduler.ts";
import { Window } from "../sensing/window.ts";
import { ShadowClient, ShadowState } from "../shadow/client.ts";
import { StationConfig } from "../shadow/config.ts";
import { Agenda } from "./agenda.ts";
import { Commons } from "./commons.ts";
import type { StationDefinition } from "./define.ts";
import { Departure, DepartureState } from "./departure.ts";
import { DutyCycle } from "./dutycycle.ts";
import { Health, type HealthFacts, rssiOf } from "./health.ts";
import { LastResort } from "./lastresort.ts";
import { metadataOf } from "./metadata.ts";
import { mountsOf } from "./mount.ts";
import { Observer } from "./observer.ts";
import { birthOf, Presence } from "./presence.ts";
import { ResetCounts } from "./resets.ts";
import { noteBytes, RetainedNote, RetainedRange } from "./retainednote.ts";
import { Supply } from "./supply.ts";
import { Trial } from "./trial.ts";
import { Uplink } from "./uplink.ts";
import { builtAt, firmwareVersion } from "./version.ts";

/** 2020-01-01T00:00:00Z in seconds: the sequence numbers of a blank outbox count from here. */
const sequenceOrigin = 1_577_836_800;

/** Names of the states of the link, as people read them. */
const linkNames: Readonly<Record<LinkState, string>> = Object.freeze({
	[LinkState.Stopped]: "stopped",
	[LinkState.Waiting]: "waiting",
	[LinkState.AwaitingClock]: "no clock",
	[LinkState.Resolving]: "resolving",
	[LinkState.Connecting]: "connecting",
	[LinkState.Handshaking]: "handshake",
	[LinkState.Opening]: "opening",
	[LinkState.Up]: "up",
	[LinkState.Closing]: "closing",
});

/** What a station says of itself to those who watch it. One object, filled anew at each call. */
export interface StationState {
	link: string;
	/** Rounds in which the sensors were sampled, since boot. */
	samples: number;
	/** Observations put in the outbox, since boot. */
	made: number;
	/** Observations acknowledged by the broker, since boot. */
	acknowledged: number;
	/** Observations in the outbox that nobody has acknowledged. */
	waiting: number;
	/** Sequence number of the first of them; that of the next observation when there is none. */
	oldest: number;
	/** Observations given up because the outbox was full, ever. */
	shed: number;
	/** Records of the outbox that failed their checksum, since boot. */
	corrupt: number;
	reportsSent: number;
	reportsResent: number;
	/** Messages of QoS 1 and 2 that are under way. */
	inflight: number;
	connects: number;
	/** Milliseconds from a report to its acknowledgement; NaN before the first. */
	roundTripMs: number;
	/** Payload bytes of reports and the observations in them, each counted once. */
	payloadBytes: number;
	payloadObservations: number;
	/** The first and the last sequence number of this boot; 0 before the first observation. */
	firstSequence: number;
	lastSequence: number;
	config: StationConfig;
	lastObservation: Observation;
}

/**
 * One weather station: builds the rooms and wires them. What a room does stands in that room.
 *
 * Everything that happens comes in as the alarm or as a callback of the network, runs to its end
 * in one turn, and leaves the alarm at the earliest deadline.
 */
export class Station {
	readonly #device: Device;
	readonly #definition: StationDefinition;
	readonly #channels: ChannelTable;
	readonly #config: StationConfig;
	readonly #timekeeper: Timekeeper;
	readonly #observation = new Observation();
	readonly #derivation: Derivation;
	readonly #quality: QualityControl;
	readonly #window: Window;
	readonly #scheduler: SensingScheduler;
	readonly #outbox: Outbox;
	readonly #observer: Observer;
	readonly #uplink: Uplink;
	readonly #presence: Presence;
	readonly #health: Health;
	readonly #shadow: ShadowClient;
	readonly #session: MqttSession;
	readonly #link: MqttLink;
	readonly #departure: Departure;
	readonly #lastResort: LastResort;
	readonly #trial: Trial;
	readonly #resets: ResetCounts;
	readonly #supply: Supply;
	/** Of a station that sleeps, on a device that can. */
	readonly #duty: DutyCycle | undefined;
	readonly #agenda: Agenda;
	readonly #state: StationState;
	#firstSequence = 0;
	/** Values since boot that did not fit their column in a report. */
	#misfits = 0;
	#isLeavingForSleep = false;

	/** @param commons  of this definition, where it has more than one station in the process */
	constructor(device: Device, definition: StationDefinition, commons = new Commons(definition)) {
		const { clock, identity, random } = device;
		const log = (line: string) => this.#log(line);
		const topic = (name: string) => name.replace("{thing}", identity.thingName);
		this.#device = device;
		this.#definition = definition;
		this.#channels = commons.channels;
		this.#config = new StationConfig(definition.cadence, device.keyValue);
		this.#derivation = new Derivation({
			channels: this.#channels,
			heightM: definition.site.heightM,
			utcOffsetHours: definition.site.utcOffsetHours ?? 0,
			keyValue: device.keyValue,
		});
		const qualityLimits = new QualityLimits(this.#channels, device.keyValue);
		this.#quality = new QualityControl({
			channels: this.#channels,
			limits: qualityLimits,
			latitude: definition.site.latitude,
			longitude: definition.site.longitude,
		});
		this.#window = new Window(this.#channels, this.#derivation.onWind);
		this.#scheduler = new SensingScheduler({
			mounts: mountsOf(definition, device, commons, log),
			channels: this.#channels,
			window: this.#window,
			log,
		});
		this.#timekeeper = new Timekeeper({
			clock,
			keyValue: device.keyValue,
			network: device.network,
			random,
			timeServer: identity.timeServer,
			builtAt,
			onSet: (epoch, now) => this.#onTime(epoch, now),
			onEvent: (now) => this.#settle(now),
			log,
		});
		this.#outbox = new Outbox(device.flash, {
			firstSequence: firstSequenceOfBlank(this.#timekeeper.epochAt(clock.ticks)),
			channelIds: this.#channels.ids,
			pages: commons.pages,
			observation: commons.observation,
			retained: device.retained && new RetainedRange(device.retained, noteBytes),
			lossWindow: device.retained === undefined ? 0 : definition.lossWindow,
			resumed: device.resetReason === "deep-sleep",
		});
		this.#observer = new Observer(
			{
				epochAt: (now) => this.#timekeeper.epochAt(now),
				ticksAt: (epoch) => this.#timekeeper.ticksAt(epoch),
				timeQuality: (now) => this.#timekeeper.quality(now),
				closeWindow: (into) => this.#window.close(into),
				complete: (observation, now) => this.#complete(observation, now),
				nextSequence: () => this.#outbox.nextSequence,
				append: (observation) => this.#outbox.append(observation),
				onObservation: (now) => this.#onObservation(now),
				log,
			},
			this.#observation,
		);
		const reportTopic = topic(definition.topics.report);
		const encode = definition.payload === "dense" ? encodeDenseReport : encodeReport;
		this.#uplink = new Uplink({
			run: commons.run,
			payload: commons.report,
			peek: (from, limit, into) => this.#outbox.peek(from, limit, into),
			newest: () => this.#outbox.nextSequence - 1,
			acknowledge: (first, last) => this.#outbox.acknowledge(first, last),
			encode: (run, into, start) => encode(run, this.#channels, into, start),
			canPublish: () => this.#session.canPublishRun,
			publish: (payload, length, first, last, now) =>
				this.#session.publishRun(reportTopic, payload, length, definition.qos, first, last, now),
			log,
		});
		const statusTopic = topic(definition.topics.status);
		this.#presence = new Presence(birthOf(device), {
			payload: commons.message,
			publish: (payload, length, now) =>
				this.#session.publish(statusTopic, payload, length, 1, true, now),
		});
		const healthTopic = topic(definition.topics.health);
		this.#health = new Health(definition.healthSeconds * 1000, {
			payload: commons.message,
			facts: (now) => this.#facts(now),
			publish: (payload, length, now) =>
				this.#session.publish(healthTopic, payload, length, 1, false, now),
		});
		this.#shadow = new ShadowClient({
			thingName: identity.thingName,
			config: this.#config,
			random,
			settings: [qualityLimits],
			payload: commons.message,
			facts: { firmware: firmwareVersion, ...metadataOf(definition) },
			publish: (name, payload, length, level, now) =>
				this.#session.publish(name, payload, length, level, false, now),
			subscribe: (filters, now) => this.#session.subscribe(filters, 1, now),
			onConfig: (now) => this.#applyConfig(now),
			log,
		});
		this.#session = new MqttSession(
			{
				clientId: identity.thingName,
				keepAlive: definition.keepAliveSeconds,
				cleanSession: false,
				will: { topicName: statusTopic, payload: this.#presence.will, qos: 1, retain: true },
				profile: definition.cloud,
				keyValue: device.keyValue,
				buffers: commons.session,
			},
			{
				onOpen: (_subscribed, now) => this.#onOpen(now),
				onMessage: (name, payload, _qos, _retain, now) => this.#onMessage(name, payload, now),
				onAcknowledged: (_packetId, first, last, now) => this.#onAcknowledged(first, last, now),
				onRedeliver: (first, last, into, start) => this.#uplink.redeliver(first, last, into, start),
				onSubscribed: (packetId, granted, now) => this.#shadow.onSubscribed(packetId, granted, now),
				onClosed: (_status, now) => this.#onClosed(now),
				onDowngrade: (what, asked, granted) =>
					log(`mqtt: the broker grants ${granted} where QoS ${asked} was asked to ${what}`),
				onOversized: (name) => log(`mqtt: a message on ${name} is too large and was dropped`),
			},
		);
		this.#link = new MqttLink({
			network: device.network,
			endpoint: identity.endpoint,
			port: identity.port,
			session: this.#session,
			random,
			clockIsSet: (now) => this.#timekeeper.isPlausible(now),
			ticks: () => clock.ticks,
			log,
			onEvent: (now) => this.#settle(now),
		});
		this.#departure = new Departure({
			isEmpty: () => this.#outbox.waiting === 0,
			isLinkClosed: () => this.#link.state === LinkState.Stopped,
			sayGoodbye: (deadline, now) => {
				this.#presence.leave(this.#isLeavingForSleep ? "asleep" : "left", now);
				this.#link.drain(deadline, now);
			},
			closeLink: (now) => this.#link.stop(now),
		});
		this.#resets = new ResetCounts(device.keyValue, device.resetReason);
		this.#supply = new Supply({
			keyValue: device.keyValue,
			reset: device.resetReason,
			onRadio: (now) => this.#startRadio(now),
			onSteady: (now) => this.#applyConfig(now),
			log,
		});
		this.#lastResort = new LastResort({
			save: () => this.#outbox.flush(),
			restart: () => device.restart(),
			log,
		});
		this.#trial = new Trial({
			image: device.trial,
			save: () => void this.#outbox.flush(),
			log,
		});
		this.#duty = this.#createDuty();
		const duty = this.#duty === undefined ? [] : [this.#duty];
		this.#agenda = new Agenda([
			this.#timekeeper,
			this.#scheduler,
			this.#observer,
			this.#link,
			this.#shadow,
			this.#health,
			this.#departure,
			this.#supply,
			this.#trial,
			this.#lastResort,
			...duty,
		]);
		this.#state = this.#emptyState();
	}

	/** Whether the station has left after `drain`. */
	get drained(): boolean {
		return this.#departure.state === DepartureState.Gone;
	}

	/** Starts to sample, to report and to connect. Called once, after the device has started. */
	start(now: Ticks): void {
		const status = this.#outbox.open();
		if (status !== Status.Ok) this.#log(`outbox: not opened, ${statusName(status)}`);
		if (this.#outbox.mayBeLost > 0) {
			this.#log(`outbox: the power has taken up to ${this.#outbox.mayBeLost} observations`);
		}
		this.#noteLastLines();
		this.#uplink.resumeAfter(Math.max(this.#outbox.oldest - 1, this.#session.lastSequence));
		this.#device.clock.onAlarm = (due) => this.#turn(due);
		const isWoken = this.#duty !== undefined && this.#device.resetReason === "deep-sleep";
		if (isWoken) this.#startRound(now);
		else this.#startAwake(now);
		this.#trial.open(now);
		if (!isWoken) this.#lastResort.disconnected(now);
		this.#duty?.begin(!isWoken, now);
		this.#turn(now);
	}

	#startAwake(now: Ticks): void {
		this.#scheduler.open(now);
		this.#observer.open(this.#config.observeSeconds * 1000, now);
		this.#applyConfig(now);
		this.#supply.open(now);
	}

	/** Woken for one round of samples, which begins at once; the radio stays off until it is wanted. */
	#startRound(now: Ticks): void {
		this.#applyConfig(now);
		// The tick in which it woke may be almost over: a wait counted from it would be shorter than a part needs.
		this.#scheduler.open(after(now, 1));
		this.#observer.open(this.#config.observeSeconds * 1000, now);
	}

	/** The network is there, or there again. */
	networkUp(now: Ticks): void {
		if (this.#supply.isHolding) return;
		this.#timekeeper.networkUp(now);
		this.#link.networkUp(now);
		this.#settle(now);
	}

	networkDown(now: Ticks): void {
		this.#link.networkDown(now);
		this.#settle(now);
	}

	/** A new address or access point: whatever was connected is not any more. */
	networkChanged(now: Ticks): void {
		if (this.#supply.isHolding) return;
		this.#timekeeper.networkUp(now);
		this.#link.networkChanged(now);
		this.#settle(now);
	}

	/**
	 * Stops sampling, reports everything that waits and says goodbye; `drained` tells when that is
	 * done, at `deadline` in any case. What then remains is in the outbox.
	 */
	drain(deadline: Ticks, now: Ticks): void {
		// A station that has woken for a sample may have no connection yet.
		if (this.#duty !== undefined && this.#departure.state === DepartureState.Staying) {
			this.#startRadio(now);
		}
		this.#duty?.close();
		this.#closeRooms();
		void this.#outbox.flush(); // What cannot be written stays in retained memory.
		this.#leave(deadline, now);
		this.#settle(now);
	}

	#closeRooms(): void {
		this.#scheduler.close();
		this.#observer.close();
		this.#health.close();
		this.#timekeeper.close();
		this.#lastResort.close();
		this.#supply.close();
	}

	#leave(deadline: Ticks, now: Ticks): void {
		this.#uplink.draining = true;
		this.#uplink.pump(now);
		this.#departure.begin(deadline, now);
	}

	/** What the station is doing; the same object at each call. */
	state(): StationState {
		const state = this.#state;
		const uplink = this.#uplink;
		state.link = linkNames[this.#link.state];
		state.samples = this.#scheduler.samples;
		state.made = this.#observer.made;
		state.acknowledged = uplink.acknowledged;
		state.waiting = this.#outbox.waiting;
		state.oldest = this.#outbox.oldest;
		state.shed = this.#outbox.shed;
		state.corrupt = this.#outbox.corrupt;
		state.reportsSent = uplink.sent;
		state.reportsResent = uplink.resent;
		state.inflight = this.#session.inflightCount;
		state.connects = this.#link.connects;
		state.roundTripMs = uplink.roundTripMs;
		state.payloadBytes = uplink.payloadBytes;
		state.payloadObservations = uplink.payloadObservations;
		state.firstSequence = this.#firstSequence;
		state.lastSequence = this.#firstSequence === 0 ? 0 : this.#outbox.nextSequence - 1;
		return state;
	}

	/** One turn: everything that is due, then the alarm for what comes next. */
	#turn(now: Ticks): void {
		this.#agenda.run(now);
		this.#settle(now);
	}

	#settle(now: Ticks): void {
		this.#departure.step(now);
		this.#duty?.step(now);
		this.#device.clock.setAlarm(this.#agenda.earliest);
	}

	/** From here on the station uses the network: for the time, and for the broker. */
	#startRadio(now: Ticks): void {
		this.#timekeeper.open(now);
		this.#device.power?.startRadio();
		this.#link.start(now);
	}

	#onOpen(now: Ticks): void {
		this.#lastResort.close();
		this.#trial.prove("connected");
		this.#presence.announce(now);
		this.#shadow.onOpen(now);
		if (!this.#uplink.draining) this.#health.open(now);
		this.#uplink.pump(now);
	}

	#onClosed(now: Ticks): void {
		this.#shadow.onClosed(now);
		this.#health.close();
		if (!this.#uplink.draining) this.#lastResort.disconnected(now);
	}

	/** A message of nobody is taken and dropped: it would only come again. */
	#onMessage(topicName: string, payload: Uint8Array, now: Ticks): Status {
		if (this.#shadow.onMessage(topicName, payload, now) === Status.NotFound) {
			this.#log(`mqtt: nobody here takes ${topicName}`);
		}
		return Status.Ok;
	}

	#onAcknowledged(first: number, last: number, now: Ticks): void {
		if (first === 0) {
			// A message of another room is through; what it had held back may go now.
			this.#uplink.pump(now);
			return;
		}
		const status = this.#uplink.onAcknowledged(first, last, now);
		if (status !== Status.Ok) this.#log(`outbox: not acknowledged, ${statusName(status)}`);
		else this.#trial.prove("acknowledged");
	}

	/** Derives what follows from the samples, and flags what is odd. */
	#complete(observation: Observation, now: Ticks): void {
		this.#derivation.fill(observation, now);
		this.#quality.check(observation);
		this.#misfits += misfits(observation, this.#channels);
	}

	#onObservation(now: Ticks): void {
		if (this.#firstSequence === 0) this.#firstSequence = this.#observation.sequence;
		this.#uplink.pump(now);
		this.#trial.prove("observed");
	}

	/** The cadence holds from the next round and the next window on; a window never changes. */
	#applyConfig(now: Ticks): void {
		const { sampleSeconds, observeSeconds, reportSeconds } = this.#config;
		// Whatever the shadow wants, a station that sleeps between observations has one sample for each.
		const sampling = this.#duty === undefined ? sampleSeconds : observeSeconds;
		this.#scheduler.setPeriod(sampling * 1000, now);
		this.#observer.setPeriod(observeSeconds * 1000);
		this.#uplink.perReport = Math.min(
			Math.ceil(reportSeconds / observeSeconds) * this.#supply.reportStretch,
			Limits.observationsPerReport,
		);
	}

	/** The duty cycle of a station that sleeps; `undefined` where it or its device does not. */
	#createDuty(): DutyCycle | undefined {
		const { power, retained } = this.#device;
		if (this.#definition.power === "mains" || power === undefined || retained === undefined) {
			return undefined;
		}
		return new DutyCycle({
			note: new RetainedNote(new RetainedRange(retained, 0, noteBytes)),
			isSampled: () => this.#scheduler.samples > 0 && this.#scheduler.isIdle,
			observe: (now) => this.#observer.closeEarly(now),
			// A supply that does not bear the radio is left alone; each wake makes it a little better.
			perReport: () => (this.#supply.holdMs > 0 ? never : this.#uplink.perReport),
			nextSequence: () => this.#outbox.nextSequence,
			oldest: () => this.#outbox.oldest,
			connect: (now) => {
				this.#supply.open(now);
				this.#lastResort.disconnected(now);
			},
			isUp: () => this.#link.state === LinkState.Up,
			isSaid: () => this.#session.inflightCount === 0,
			isHeard: (now) =>
				this.#shadow.state === ShadowState.Synced &&
				this.#timekeeper.quality(now) === TimeQuality.Synchronised,
			isHeld: () => this.#trial.isOpen,
			leave: (deadline, now) => {
				this.#isLeavingForSleep = true;
				this.#closeRooms();
				this.#leave(deadline, now);
			},
			isGone: () => this.drained,
			nextObservation: () => this.#observer.deadline,
			sleep: (milliseconds) => {
				this.#closeRooms();
				power.sleep(milliseconds);
			},
		});
	}

	/** Dates what was observed before the time was known. */
	#onTime(epoch: Epoch, now: Ticks): void {
		const status = this.#outbox.backStamp(Math.round((epoch - now) / 1000));
		if (status !== Status.Ok) this.#log(`outbox: not dated, ${statusName(status)}`);
	}

	#facts(now: Ticks): HealthFacts {
		const device = this.#device;
		const epoch = this.#timekeeper.epochAt(now);
		const outbox = this.#outbox;
		return {
			firmware: firmwareVersion,
			boot: outbox.boot,
			reset: device.resetReason,
			resets: this.#resets.counts,
			supply: this.#supply.facts,
			uptimeSeconds: Math.floor(now / 1000),
			epochSeconds: epoch === undefined ? undefined : Math.floor(epoch / 1000),
			freeHeapBytes: device.freeHeap,
			batteryMv: this.#wholeOf("batteryVoltage", 1000),
			stateOfCharge: this.#wholeOf("stateOfCharge", 1),
			rssiDbm: rssiOf(device.network.rssiDbm),
			observations: {
				made: this.#observer.made,
				acknowledged: this.#uplink.acknowledged,
				waiting: outbox.waiting,
				shed: outbox.shed,
				corrupt: outbox.corrupt,
				misfits: this.#misfits,
			},
			connects: this.#link.connects,
			reasons: countsByName(Object.values(Status), statusName, (status) =>
				this.#link.reasonCount(status),
			),
			faults: countsByName(
				this.#definition.sensors.map((_, index) => index),
				(index) => this.#definition.sensors[index]!.name,
				(index) => this.#scheduler.faults(index),
			),
		};
	}

	/** The value of a channel in the last observation, times a factor, as a whole number. */
	#wholeOf(channel: string, factor: number): number | undefined {
		const value = this.#observation.values[this.#channels.indexOf(channel)] ?? Number.NaN;
		return Number.isNaN(value) ? undefined : Math.round(value * factor);
	}

	/** How a run that nobody wanted to end has ended is said in the first health message of this one. */
	#noteLastLines(): void {
		const { resetReason, lastLines = [] } = this.#device;
		if (resetReason === "restart" || resetReason === "deep-sleep") return;
		for (const line of lastLines) this.#health.note(`${resetReason}, before it: ${line}`);
	}

	#log(line: string): void {
		this.#health.note(line);
		this.#device.log(line);
	}

	#emptyState(): StationState {
		return {
			link: "",
			samples: 0,
			made: 0,
			acknowledged: 0,
			waiting: 0,
			oldest: 0,
			shed: 0,
			corrupt: 0,
			reportsSent: 0,
			reportsResent: 0,
			inflight: 0,
			connects: 0,
			roundTripMs: Number.NaN,
			payloadBytes: 0,
			payloadObservations: 0,
			firstSequence: 0,
			lastSequence: 0,
			config: this.#config,
			lastObservation: this.#observation,
		};
	}
}

/** Where the sequence numbers of a blank outbox begin; see docs/adr/0002. */
function firstSequenceOfBlank(epoch: Epoch | undefined): number {
	return epoch === undefined ? 1 : Math.floor(epoch / 1000) - sequenceOrigin;
}

/** The counts that are not zero, by the name of what they count. */
function countsByName<T>(
	all: readonly T[],
	name: (one: T) => string,
	count: (one: T) => number,
): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const one of all) {
		if (count(one) > 0) counts[name(one)] = count(one);
	}
	return counts;
}

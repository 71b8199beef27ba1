import { Status } from "../../firmware/base/status.ts";
import { after } from "../../firmware/base/ticks.ts";
import { SessionBuffers } from "../../firmware/mqtt/buffers.ts";
import type { SessionHost } from "../../firmware/mqtt/host.ts";
import { LinkState, MqttLink } from "../../firmware/mqtt/link.ts";
import { MqttSession } from "../../firmware/mqtt/session.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import type { Turn } from "../../simulator/device/clock.ts";
import type { DeviceNetwork } from "../../simulator/device/network.ts";
import { VirtualKeyValue } from "../../simulator/device/storage.ts";
import { makeReport } from "./cloud.ts";

export interface ReporterOptions {
	readonly thing: string;
	readonly host: string;
	readonly port: number;
	readonly qos: 1 | 2;
	/** Reports to deliver, of two observations each. */
	readonly reports: number;
	createNetwork(turn: Turn): DeviceNetwork;
}

/** Milliseconds of real time without a word from the socket after which time may jump. */
const patienceMs = 20;
/** Milliseconds of station time that one turn of the event loop is worth at most. */
const stepMaximumMs = 50;

/**
 * A station with something to report and nothing else: session and link of the firmware over a real
 * socket, and a count of observations in place of an outbox.
 *
 * The socket lives in real time. The station's own time jumps to the next deadline once nothing but
 * a timeout can help it on, so that a stalled connection costs milliseconds. It stands still while
 * this process is too busy to look at its sockets: a slow machine is not a slow network.
 */
export class Reporter implements SessionHost {
	/** The connection has met its fault: what does not come soon will not come. */
	isHurt = false;
	/** Redeliveries asked for by the session. */
	redelivered = 0;
	readonly #options: ReporterOptions;
	readonly #keyValue = new VirtualKeyValue();
	readonly #acknowledged = new Set<number>();
	#session: MqttSession;
	#network: DeviceNetwork;
	#link: MqttLink;
	#now = performance.now() as Ticks;
	#lastLook = performance.now();
	#lastTurn = performance.now();
	#handedOver = 0;
	#isStarted = false;

	constructor(options: ReporterOptions) {
		this.#options = options;
		this.#session = this.#createSession();
		this.#network = options.createNetwork(this.#turn);
		this.#link = this.#createLink();
	}

	/** Whether every observation is acknowledged and DISCONNECT is said. */
	get isDone(): boolean {
		return this.#isStarted && this.#link.state === LinkState.Stopped;
	}

	get observations(): number {
		return 2 * this.#options.reports;
	}

	/** Called every few milliseconds of real time, until it is done. */
	tick(): void {
		if (this.isDone) return;
		this.#look();
		if (!this.#isStarted) {
			this.#isStarted = true;
			this.#turn(() => this.#link.start(this.#now));
		}
		const isPatient = performance.now() - this.#lastTurn < patienceMs;
		const isWaiting = this.#link.state === LinkState.Waiting;
		if (isWaiting) this.isHurt = false;
		const jumps = isWaiting || (this.isHurt && !isPatient);
		if (jumps) this.#now = Math.max(this.#now, this.#link.deadline) as Ticks;
		if (this.#now >= this.#link.deadline) this.#turn(() => this.#link.onDeadline(this.#now));
	}

	/** The power fails and comes back: what is stored and what is acknowledged is all that is left. */
	reboot(): void {
		this.#network.cut();
		this.#session = this.#createSession();
		this.#network = this.#options.createNetwork(this.#turn);
		this.#link = this.#createLink();
		this.#handedOver = Math.max(this.#acknowledgedBefore, this.#session.lastSequence);
		this.#link.start(this.#now);
	}

	/** Gives up what it has open. */
	end(): void {
		if (!this.isDone) this.#network.cut();
	}

	onOpen(subscribed: boolean): void {
		// A broker may keep no session without a subscription, and a station always has one.
		if (subscribed) return;
		void this.#session.subscribe([`isobar/${this.#options.thing}/command`], 1, this.#now);
	}

	onMessage(): Status {
		return Status.Ok;
	}

	onAcknowledged(_packetId: number, first: number, last: number): void {
		for (let sequence = first; sequence <= last; sequence++) this.#acknowledged.add(sequence);
	}

	onRedeliver(first: number, last: number, into: Uint8Array, start: number): number {
		this.redelivered += 1;
		return encode(first, last, into, start);
	}

	onSubscribed(): void {}

	onClosed(): void {}

	/** Lets the station's time follow the real one, by a bounded step. */
	#look(): void {
		const real = performance.now();
		this.#now = after(this.#now, Math.min(real - this.#lastLook, stepMaximumMs));
		this.#lastLook = real;
	}

	/** The last sequence before which everything is acknowledged. */
	get #acknowledgedBefore(): number {
		let last = 0;
		while (this.#acknowledged.has(last + 1)) last += 1;
		return last;
	}

	readonly #turn: Turn = (work) => {
		this.#lastTurn = performance.now();
		work();
		while (this.#handedOver < this.observations && this.#session.canPublishRun) {
			const payload = new Uint8Array(200);
			const first = this.#handedOver + 1;
			const length = encode(first, first + 1, payload, 0);
			const { thing, qos } = this.#options;
			const topicName = `isobar/${thing}/report`;
			const result = this.#session.publishRun(
				topicName,
				payload,
				length,
				qos,
				first,
				first + 1,
				this.#now,
			);
			if (result < 0) break;
			this.#handedOver += 2;
		}
		if (this.#acknowledged.size === this.observations) this.#link.stop(this.#now);
	};

	#createSession(): MqttSession {
		return new MqttSession(
			{
				clientId: this.#options.thing,
				keepAlive: 60,
				cleanSession: false,
				profile: "mqtt",
				keyValue: this.#keyValue,
				buffers: new SessionBuffers({ receiveBytes: 512, transmitBytes: 512, controlBytes: 16 }),
			},
			this,
		);
	}

	#createLink(): MqttLink {
		const { host, port } = this.#options;
		return new MqttLink({
			network: this.#network,
			endpoint: host,
			port,
			session: this.#session,
			random: { next: () => 0 },
			clockIsSet: () => true,
			ticks: () => this.#now,
			log: () => {},
		});
	}
}

const encoder = new TextEncoder();

function encode(first: number, last: number, into: Uint8Array, start: number): number {
	return encoder.encodeInto(makeReport(first, last), into.subarray(start)).written;
}

import { Status } from "../base/status.ts";
import { Timekeeper } from "../clock/timekeeper.ts";
import { MqttLink } from "../mqtt/link.ts";
import { MqttSession } from "../mqtt/session.ts";
import type { Ticks } from "../ports/clock.ts";
import type { Claim, Device } from "../ports/device.ts";
import { ClaimExchange } from "../provisioning/claim.ts";
import { Agenda } from "./agenda.ts";
import type { StationDefinition } from "./define.ts";
import { builtAt } from "./version.ts";

/** The messages are few, and the broker should know soon that the device has gone. */
const keepAliveSeconds = 60;

/**
 * What a device runs before it is a station: it connects with its claim certificate, gets itself an
 * identity, and starts again. It samples nothing, since nothing could say whose observations they are.
 */
export class Provisioner {
	readonly #device: Device;
	readonly #timekeeper: Timekeeper;
	readonly #exchange: ClaimExchange;
	readonly #session: MqttSession;
	readonly #link: MqttLink;
	readonly #agenda: Agenda;

	constructor(device: Device, definition: StationDefinition, claim: Claim) {
		const { clock, identity, random, keyValue, network } = device;
		const log = (line: string) => device.log(line);
		this.#device = device;
		this.#timekeeper = new Timekeeper({
			clock,
			keyValue,
			network,
			random,
			timeServer: identity.timeServer,
			builtAt,
			onSet: () => {},
			onEvent: () => this.#settle(),
			log,
		});
		this.#exchange = new ClaimExchange({
			...claim,
			thingName: identity.thingName,
			keyValue,
			random,
			publish: (name, payload, length, now) =>
				this.#session.publish(name, payload, length, 0, false, now),
			subscribe: (filters, now) => this.#session.subscribe(filters, 1, now),
			reconnect: (now) => {
				this.#link.stop(now);
				this.#link.start(now);
			},
			onProvisioned: () => device.restart(),
			log,
		});
		this.#session = new MqttSession(
			{
				clientId: identity.thingName,
				keepAlive: keepAliveSeconds,
				cleanSession: true,
				profile: definition.cloud,
			},
			{
				onOpen: (_subscribed, now) => this.#exchange.onOpen(now),
				onMessage: (name, payload, _qos, _retain, now) => {
					this.#exchange.onMessage(name, payload, now);
					return Status.Ok;
				},
				onAcknowledged: () => {},
				onRedeliver: () => -Status.NotFound,
				onSubscribed: (packetId, granted, now) =>
					this.#exchange.onSubscribed(packetId, granted, now),
				onClosed: (_status, now) => this.#exchange.onClosed(now),
			},
		);
		this.#link = new MqttLink({
			network,
			endpoint: identity.endpoint,
			port: identity.port,
			session: this.#session,
			random,
			clockIsSet: (now) => this.#timekeeper.isPlausible(now),
			ticks: () => clock.ticks,
			log,
			onEvent: () => this.#settle(),
		});
		this.#agenda = new Agenda([this.#timekeeper, this.#link, this.#exchange]);
	}

	/** Called once, after the device has started. */
	start(now: Ticks): void {
		this.#device.clock.onAlarm = (due) => {
			this.#agenda.run(due);
			this.#settle();
		};
		this.#timekeeper.open(now);
		this.#device.power?.startRadio();
		this.#link.start(now);
		this.#agenda.run(now);
		this.#settle();
	}

	networkUp(now: Ticks): void {
		this.#timekeeper.networkUp(now);
		this.#link.networkUp(now);
		this.#settle();
	}

	networkDown(now: Ticks): void {
		this.#link.networkDown(now);
		this.#settle();
	}

	networkChanged(now: Ticks): void {
		this.#timekeeper.networkUp(now);
		this.#link.networkChanged(now);
		this.#settle();
	}

	#settle(): void {
		this.#device.clock.setAlarm(this.#agenda.earliest);
	}
}

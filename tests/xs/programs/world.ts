import { readUtf8 } from "../../../firmware/base/bytes.ts";
import { crc32 } from "../../../firmware/base/crc.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { Analog, I2C, PulseCount, SMBus } from "../../../firmware/ports/io.ts";
import type { Socket } from "../../../firmware/ports/socket.ts";
import { VirtualCloud } from "../../../simulator/broker/cloud.ts";
import { BrokerListener } from "../../../simulator/broker/listener.ts";
import { VirtualBus } from "../../../simulator/device/bus.ts";
import { KernelClock } from "../../../simulator/device/clock.ts";
import { VirtualNetwork, VirtualPath } from "../../../simulator/device/socket.ts";
import { VirtualFlash, VirtualKeyValue } from "../../../simulator/device/storage.ts";
import { wire } from "../../../simulator/fleet/wiring.ts";
import { VirtualClock } from "../../../simulator/kernel/clock.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import type { WeatherSource } from "../../../simulator/weather/conditions.ts";
import type { Host, Serve } from "../host.ts";
import { definition } from "./definition.ts";
import {
	brokerAddress,
	brokerHost,
	brokerPort,
	Event,
	Operation,
	start,
	thingName,
} from "./protocol.ts";

/** Bytes that one question may carry. */
const lentBytes = 8_192;

/** A day of no place, in steps and slopes: whoever adds and multiplies gets the same one. */
const weather: WeatherSource = {
	at(time, into) {
		const hour = (time / 3_600_000) % 24;
		const slope = hour < 12 ? hour / 12 : (24 - hour) / 12;
		into.airTemperature = -5 + 30 * slope;
		into.relativeHumidity = 95 - 60 * slope;
		into.stationPressure = 77_000 + 1_000 * slope;
		into.windSpeed = 12 * slope;
		into.windDirection = 15 * hour;
		into.precipitationTotal = hour < 12 ? 0 : (hour - 12) * 2;
		into.batteryVoltage = 3.6 + 0.5 * slope;
		return into;
	},
};

/** Everything around one station: the simulator's parts, network and broker, without the firmware. */
class World {
	readonly lent = new Uint8Array(lentBytes);
	readonly #host: Host;
	readonly #kernel = new VirtualClock(start);
	readonly #clock: KernelClock;
	readonly #bus = new VirtualBus({ now: () => this.#kernel.now });
	readonly #flash = new VirtualFlash();
	readonly #keyValue = new VirtualKeyValue();
	readonly #network = new VirtualNetwork(this.#kernel);
	readonly #path: VirtualPath;
	readonly #events: (readonly [event: number, id: number, value: number])[] = [];
	readonly #handles: (I2C | SMBus | PulseCount | Analog)[] = [];
	readonly #sockets: Socket[] = [];
	reports = 0;
	bytes = 0;
	checksum = 0;

	constructor(host: Host) {
		const random = new RandomStream(1);
		const now = (work: () => void): void => work();
		this.#host = host;
		this.#clock = new KernelClock(this.#kernel, now);
		this.#clock.onAlarm = () => this.#note(Event.Alarm);
		wire(definition, this.#bus, { weather, random: random.child("parts") });
		this.#path = new VirtualPath(this.#network, thingName, random.child("path"), now);
		const cloud = new VirtualCloud({
			clock: this.#kernel,
			archive: {
				wants: () => false,
				store: () => true,
				reject: () => host.print("FAILED: no report"),
			},
			reportTopic: definition.topics.report,
			onPublish: (_, { topicName, payload }) => this.#onPublish(topicName, payload),
		});
		this.#network.listen(brokerHost, brokerPort, new BrokerListener(cloud.broker, this.#kernel));
	}

	/** As `Serve`. */
	serve(operation: number, a: number, b: number, length: number): number {
		const bytes = this.lent.subarray(0, length);
		switch (operation) {
			case Operation.Wait:
				return this.#wait(a, bytes);
			case Operation.Ticks:
				return this.#clock.ticks;
			case Operation.Epoch:
				return this.#clock.epoch ?? Number.NaN;
			case Operation.ReadFlash:
				this.#flash.read(bytes, a);
				return 0;
			case Operation.WriteFlash:
				this.#flash.write(bytes, a);
				return 0;
			case Operation.EraseFlash:
				this.#flash.eraseBlock(a);
				return 0;
			default:
				return operation < Operation.ReadFlash
					? this.#serveBus(operation, a, b, bytes)
					: operation < Operation.Connect
						? this.#serveKeys(operation, bytes)
						: this.#serveNetwork(operation, a, bytes);
		}
	}

	#serveBus(operation: number, a: number, b: number, bytes: Uint8Array): number {
		const { io } = this.#bus;
		switch (operation) {
			case Operation.OpenI2C:
				return this.#keep(new io.I2C({ address: a, data: b >> 6, clock: b & 63 }));
			case Operation.OpenSMBus:
				return this.#keep(new io.SMBus({ address: a, data: b >> 6, clock: b & 63 }));
			case Operation.OpenPulse:
				return this.#keep(new io.PulseCount({ signal: a, debounce: b }));
			case Operation.OpenAnalog:
				return this.#keep(new io.Analog({ pin: a }));
			case Operation.Close:
				this.#handles[a]!.close();
				return 0;
			case Operation.ReadPin:
				return (this.#handles[a] as Analog).read();
			default:
				return this.#transfer(operation === Operation.ReadBus, this.#handles[a]!, b, bytes);
		}
	}

	#keep(instance: I2C | SMBus | PulseCount | Analog): number {
		return this.#handles.push(instance) - 1;
	}

	#transfer(isRead: boolean, handle: unknown, register: number, bytes: Uint8Array): number {
		try {
			if (register < 0) {
				if (isRead) (handle as I2C).read(bytes);
				else (handle as I2C).write(bytes);
			} else if (isRead) (handle as SMBus).readBuffer(register, bytes);
			else (handle as SMBus).writeBuffer(register, bytes);
			return 0;
		} catch {
			return -1;
		}
	}

	#serveKeys(operation: number, bytes: Uint8Array): number {
		const from = 1 + bytes[0]!;
		const key = readUtf8(bytes, 1, from) ?? "";
		if (operation === Operation.WriteKey) {
			this.#keyValue.write(key, bytes.slice(from));
			return 0;
		}
		if (operation === Operation.DeleteKey) {
			this.#keyValue.delete(key);
			return 0;
		}
		const value = this.#keyValue.read(key);
		if (value === undefined) return -1;
		bytes.set(value.subarray(0, bytes.length));
		return value.length;
	}

	#serveNetwork(operation: number, id: number, bytes: Uint8Array): number {
		switch (operation) {
			case Operation.Connect:
				return this.#connect();
			case Operation.Receive:
				return this.#sockets[id]!.read(bytes);
			case Operation.Send:
				return this.#sockets[id]!.write(bytes);
			case Operation.Hang:
				this.#sockets[id]!.close();
				return 0;
			default:
				this.#path.resolver.resolve(brokerHost, () => this.#note(Event.Resolved));
				return 0;
		}
	}

	#connect(): number {
		const id = this.#sockets.length;
		const socket = new this.#path.Socket({
			address: brokerAddress,
			host: brokerHost,
			port: brokerPort,
			onConnected: () => this.#note(Event.Connected, id),
			onReadable: (count) => this.#note(Event.Readable, id, count),
			onWritable: (count) => this.#note(Event.Writable, id, count),
			onError: (status) => this.#note(Event.Error, id, status ?? -1),
		});
		return this.#sockets.push(socket) - 1;
	}

	#note(event: number, id = 0, value = 0): void {
		this.#events.push([event, id, value]);
	}

	/** The next event, with its id and value in the bytes as little-endian numbers. */
	#wait(deadline: number, bytes: Uint8Array): number {
		this.#clock.setAlarm(deadline as Ticks);
		while (this.#events.length === 0) {
			if (!this.#kernel.step()) return Event.End;
		}
		this.#clock.setAlarm(Number.POSITIVE_INFINITY as Ticks);
		const [event, id, value] = this.#events.shift()!;
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		view.setInt32(0, id, true);
		view.setInt32(4, value, true);
		return event;
	}

	#onPublish(topicName: string, payload: Uint8Array): void {
		const sum = crc32(payload, 0, payload.length);
		this.bytes += payload.length;
		this.checksum = (this.checksum ^ sum) >>> 0;
		if (
			topicName === definition.topics.health.replace("{thing}", thingName) &&
			this.reports === 0
		) {
			this.#host.print(`health ${readUtf8(payload, 0, payload.length)}`);
		}
		if (topicName !== definition.topics.report.replace("{thing}", thingName)) return;
		this.reports += 1;
		this.#host.print(`report ${this.reports}: ${payload.length} bytes, ${sum.toString(16)}`);
	}
}

/** Makes a world and gives what serves its station. */
export function world(host: Host): Serve {
	const made = new World(host);
	Object.assign(globalThis, { lent: made.lent });
	return (operation, a, b, length) => made.serve(operation, a, b, length);
}

import { type Packet, type Parser, parser } from "mqtt-packet";
import { Status } from "../../firmware/base/status.ts";
import type { PacketType } from "../../firmware/mqtt/packet.ts";
import type { Resolver, Socket, SocketOptions } from "../../firmware/ports/socket.ts";
import type { Turn } from "../../simulator/device/clock.ts";
import type { DeviceNetwork } from "../../simulator/device/network.ts";
import { describePacket } from "../firmware/mqtt/bench.ts";

/** From the station to the broker, and back. */
export type Direction = "up" | "down";

/** Where a connection is to end: before the next packet of a type passes in one direction. */
export interface Cut {
	readonly direction: Direction;
	readonly type: PacketType;
}

/** Follows the packets in a stream of bytes; MQTT 3.1.1 §2.2. */
class PacketHeads {
	#isLength = false;
	#factor = 1;
	#rest = 0;

	/** Takes one byte; says whether it is the first one of a packet. */
	take(byte: number): boolean {
		if (this.#isLength) {
			this.#rest += (byte & 0x7f) * this.#factor;
			this.#factor *= 128;
			this.#isLength = byte >= 0x80;
			return false;
		}
		if (this.#rest > 0) {
			this.#rest -= 1;
			return false;
		}
		this.#isLength = true;
		this.#factor = 1;
		return true;
	}

	/** Index of the first packet of a type in bytes that are only looked at, or their count. */
	find(type: PacketType, bytes: Uint8Array): number {
		const ahead = new PacketHeads();
		ahead.#isLength = this.#isLength;
		ahead.#factor = this.#factor;
		ahead.#rest = this.#rest;
		const index = bytes.findIndex((byte) => ahead.take(byte) && byte >> 4 === type);
		return index < 0 ? bytes.length : index;
	}
}

/** One direction of a connection: what has passed, as a client that is not ours reads it. */
class Tap {
	readonly #heads = new PacketHeads();
	readonly #parser: Parser = parser({ protocolVersion: 4 });

	constructor(note: (packet: Packet | Error) => void) {
		this.#parser.on("packet", note);
		this.#parser.on("error", note);
	}

	/** How many of these bytes may pass. */
	limit(type: PacketType | undefined, bytes: Uint8Array): number {
		return type === undefined ? bytes.length : this.#heads.find(type, bytes);
	}

	pass(bytes: Uint8Array): void {
		for (const byte of bytes) this.#heads.take(byte);
		this.#parser.parse(Buffer.from(bytes));
	}
}

/**
 * A network with a tap on it, that can cut a connection between two packets. The other end sees all
 * that passed before and then the end of the connection, without a DISCONNECT.
 */
export class Wire implements DeviceNetwork {
	readonly Socket: new (
		options: SocketOptions,
	) => Socket;
	readonly resolver: Resolver;
	/** Every packet that has passed, for example "up publish 3 q1 dup topic=text". */
	readonly packets: string[] = [];
	/** What the last CONNACK has said. */
	sessionPresent = false;
	/** Taken back when it has happened. */
	cutBefore: Cut | undefined;
	readonly #network: DeviceNetwork;
	#current: TappedSocket | undefined;

	/**
	 * @param turn   lets the firmware run
	 * @param later  runs an action once, as soon as what is under way has returned
	 */
	constructor(network: DeviceNetwork, turn: Turn, later: (action: () => void) => void) {
		this.#network = network;
		this.resolver = network.resolver;
		const wire = this;
		this.Socket = class extends TappedSocket {
			constructor(options: SocketOptions) {
				super(wire, network, options, (work) => later(() => turn(work)));
				wire.#current = this;
			}
		};
	}

	/** Packets that have passed and begin with these words. */
	passed(words: string): string[] {
		return this.packets.filter((packet) => `${packet} `.startsWith(`${words} `));
	}

	/** Ends the connection at this moment. */
	end(): void {
		this.#current?.end();
	}

	note(direction: Direction, packet: Packet | Error): void {
		this.packets.push(`${direction} ${describePacket(packet)}`);
		if (!(packet instanceof Error) && packet.cmd === "connack") {
			this.sessionPresent = packet.sessionPresent;
		}
	}

	cut(): void {
		this.#network.cut();
	}
}

class TappedSocket implements Socket {
	readonly #wire: Wire;
	readonly #socket: Socket;
	readonly #onEnd: () => void;
	readonly #up: Tap;
	readonly #down: Tap;
	#isEnded = false;

	constructor(
		wire: Wire,
		network: DeviceNetwork,
		options: SocketOptions,
		later: (work: () => void) => void,
	) {
		this.#wire = wire;
		this.#up = new Tap((packet) => wire.note("up", packet));
		this.#down = new Tap((packet) => wire.note("down", packet));
		this.#socket = new network.Socket(options);
		this.#onEnd = () => later(() => options.onError(Status.ConnectionLost));
	}

	read(buffer: Uint8Array): number {
		if (this.#isEnded) return 0;
		const bytes = buffer.subarray(0, this.#socket.read(buffer));
		const limit = this.#down.limit(this.#typeToCut("down"), bytes);
		this.#down.pass(bytes.subarray(0, limit));
		if (limit < bytes.length) this.#cut();
		return limit;
	}

	write(buffer: Uint8Array): number {
		if (this.#isEnded) return 0;
		const limit = this.#up.limit(this.#typeToCut("up"), buffer);
		const count = limit === 0 ? 0 : this.#socket.write(buffer.subarray(0, limit));
		this.#up.pass(buffer.subarray(0, count));
		if (count === limit && limit < buffer.length) this.#cut();
		return count;
	}

	close(): void {
		this.#isEnded = true;
		this.#socket.close();
	}

	end(): void {
		if (this.#isEnded) return;
		this.close();
		this.#onEnd();
	}

	#typeToCut(direction: Direction): PacketType | undefined {
		const cut = this.#wire.cutBefore;
		return cut?.direction === direction ? cut.type : undefined;
	}

	#cut(): void {
		this.#wire.cutBefore = undefined;
		this.end();
	}
}

import { never } from "../../../firmware/base/ticks.ts";
import type { Clock, Epoch, Random, Ticks } from "../../../firmware/ports/clock.ts";
import type { Device } from "../../../firmware/ports/device.ts";
import type {
	Analog,
	AnalogOptions,
	I2C,
	I2COptions,
	IO,
	PulseCount,
	PulseCountOptions,
	SMBus,
} from "../../../firmware/ports/io.ts";
import type { Network, Socket, SocketOptions } from "../../../firmware/ports/socket.ts";
import type { FlashPartition, FlashStatus, KeyValue } from "../../../firmware/ports/storage.ts";
import type { Host } from "../host.ts";
import { brokerAddress, brokerHost, brokerPort, Event, Operation, thingName } from "./protocol.ts";

type Ask = Host["remote"];

/** An IO instance of the other machine. Makes no garbage of its own: what is measured is the firmware. */
class Remote {
	protected readonly ask: Ask;
	protected readonly handle: number;

	constructor(ask: Ask, handle: number) {
		this.ask = ask;
		this.handle = handle;
	}

	close(): void {
		this.ask(Operation.Close, this.handle, 0);
	}

	protected transfer(operation: number, register: number, bytes: Uint8Array): void {
		if (this.ask(operation, this.handle, register, bytes) < 0) throw new Error("nack");
	}
}

class RemoteI2C extends Remote implements I2C {
	read(buffer: Uint8Array): number {
		this.transfer(Operation.ReadBus, -1, buffer);
		return buffer.length;
	}

	write(buffer: Uint8Array): void {
		this.transfer(Operation.WriteBus, -1, buffer);
	}
}

class RemoteSMBus extends Remote implements SMBus {
	readonly #one = new Uint8Array(1);
	readonly #two = new Uint8Array(2);

	readUint8(register: number): number {
		this.transfer(Operation.ReadBus, register, this.#one);
		return this.#one[0]!;
	}

	writeUint8(register: number, value: number): void {
		this.#one[0] = value;
		this.transfer(Operation.WriteBus, register, this.#one);
	}

	readUint16(register: number, bigEndian = false): number {
		this.transfer(Operation.ReadBus, register, this.#two);
		const [first, second] = [this.#two[0]!, this.#two[1]!];
		return bigEndian ? (first << 8) | second : (second << 8) | first;
	}

	writeUint16(register: number, value: number, bigEndian = false): void {
		this.#two[bigEndian ? 1 : 0] = value;
		this.#two[bigEndian ? 0 : 1] = value >> 8;
		this.transfer(Operation.WriteBus, register, this.#two);
	}

	readBuffer(register: number, buffer: Uint8Array): void {
		this.transfer(Operation.ReadBus, register, buffer);
	}

	writeBuffer(register: number, buffer: Uint8Array): void {
		this.transfer(Operation.WriteBus, register, buffer);
	}
}

class RemotePin extends Remote implements Analog, PulseCount {
	readonly resolution = 12;

	read(): number {
		return this.ask(Operation.ReadPin, this.handle, 0);
	}
}

/** A bus that has lost its station is not part of this day. */
class NoDigital {
	static readonly InputPullUp = 0;
	static readonly Output = 1;
	static readonly OutputOpenDrain = 2;

	constructor() {
		throw new Error("no digital pin");
	}

	read(): number {
		return 0;
	}

	write(): void {}

	close(): void {}
}

function makeIo(ask: Ask): IO {
	const lines = ({ data = 0, clock = 0 }: I2COptions) => data * 64 + clock;
	return {
		I2C: class extends RemoteI2C {
			constructor(options: I2COptions) {
				super(ask, ask(Operation.OpenI2C, options.address, lines(options)));
			}
		},
		SMBus: class extends RemoteSMBus {
			constructor(options: I2COptions) {
				super(ask, ask(Operation.OpenSMBus, options.address, lines(options)));
			}
		},
		PulseCount: class extends RemotePin {
			constructor({ signal, debounce = 0 }: PulseCountOptions) {
				super(ask, ask(Operation.OpenPulse, signal, debounce));
			}
		},
		Analog: class extends RemotePin {
			constructor({ pin }: AnalogOptions) {
				super(ask, ask(Operation.OpenAnalog, pin, 0));
			}
		},
		Digital: NoDigital,
	};
}

class RemoteFlash implements FlashPartition {
	readonly #ask: Ask;
	readonly #status: FlashStatus = {
		size: 1 << 20,
		blocks: 256,
		blockLength: 4096,
		writeAlign: 4,
		eraseValue: 0xff,
	};

	constructor(ask: Ask) {
		this.#ask = ask;
	}

	status(): FlashStatus {
		return this.#status;
	}

	read(into: Uint8Array, offset: number): void {
		this.#ask(Operation.ReadFlash, offset, 0, into);
	}

	write(from: Uint8Array, offset: number): void {
		this.#ask(Operation.WriteFlash, offset, 0, from);
	}

	eraseBlock(block: number): void {
		this.#ask(Operation.EraseFlash, block, 0);
	}

	close(): void {}
}

/** Bytes of the longest key with its value. */
const entryBytes = 1_024;

class RemoteKeyValue implements KeyValue {
	readonly #ask: Ask;

	constructor(ask: Ask) {
		this.#ask = ask;
	}

	read(key: string): Uint8Array | undefined {
		const entry = this.#entry(key, new Uint8Array(entryBytes));
		const length = this.#ask(Operation.ReadKey, 0, 0, entry);
		return length < 0 ? undefined : entry.slice(0, length);
	}

	write(key: string, value: Uint8Array): void {
		const entry = this.#entry(key, new Uint8Array(1 + key.length + value.length));
		entry.set(value, 1 + key.length);
		this.#ask(Operation.WriteKey, 0, 0, entry);
	}

	delete(key: string): void {
		this.#ask(Operation.DeleteKey, 0, 0, this.#entry(key, new Uint8Array(1 + key.length)));
	}

	#entry(key: string, entry: Uint8Array): Uint8Array {
		entry[0] = key.length;
		for (let at = 0; at < key.length; at++) entry[1 + at] = key.charCodeAt(at);
		return entry;
	}
}

class RemoteSocket implements Socket {
	readonly id: number;
	readonly options: SocketOptions;
	readonly #board: RemoteBoard;

	constructor(board: RemoteBoard, options: SocketOptions) {
		this.#board = board;
		this.options = options;
		this.id = board.ask(Operation.Connect, 0, 0);
		board.socket = this;
	}

	read(buffer: Uint8Array): number {
		return this.#board.ask(Operation.Receive, this.id, 0, buffer);
	}

	write(buffer: Uint8Array): number {
		return this.#board.ask(Operation.Send, this.id, 0, buffer);
	}

	close(): void {
		this.#board.ask(Operation.Hang, this.id, 0);
		this.#board.socket = undefined;
	}
}

/** A device whose hardware is in another machine, so that this one has nothing but the firmware in it. */
export class RemoteBoard implements Device, Clock, Random {
	readonly identity = { thingName, endpoint: brokerHost, port: brokerPort };
	readonly clock = this;
	readonly random = this;
	readonly io: IO;
	readonly network: Network;
	readonly flash: FlashPartition;
	readonly keyValue: KeyValue;
	readonly resetReason = "crash";
	readonly lastLines = ["4711 link: up", "4712 crash: Error: out of paper"];
	readonly freeHeap = undefined;
	readonly ask: Ask;
	readonly log: (line: string) => void;
	onAlarm: (now: Ticks) => void = () => {};
	/** The connection there is; the link never has two. */
	socket: RemoteSocket | undefined;
	#deadline: number = never;
	#seed = 1;
	#onResolved: (address: string) => void = () => {};
	readonly #event = new Uint8Array(8);
	readonly #view = new DataView(this.#event.buffer);

	constructor({ remote, print }: Host) {
		const board = this;
		this.ask = remote;
		this.log = (line) => print(`log ${this.ticks}: ${line}`);
		this.io = makeIo(remote);
		this.flash = new RemoteFlash(remote);
		this.keyValue = new RemoteKeyValue(remote);
		this.network = {
			Socket: class extends RemoteSocket {
				constructor(options: SocketOptions) {
					super(board, options);
				}
			},
			resolver: {
				resolve: (_, callback) => {
					this.#onResolved = callback;
					remote(Operation.Resolve, 0, 0);
				},
			},
			rssiDbm: -67,
		};
	}

	get ticks(): Ticks {
		return this.ask(Operation.Ticks, 0, 0) as Ticks;
	}

	get epoch(): Epoch {
		return this.ask(Operation.Epoch, 0, 0) as Epoch;
	}

	setAlarm(deadline: Ticks): void {
		this.#deadline = deadline;
	}

	/** 32 bits; a linear congruential generator is random enough for delays. */
	next(): number {
		this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
		return this.#seed;
	}

	restart(): void {
		throw new Error("the firmware wants a restart");
	}

	/** Lets the world go on until it has something for the firmware, and tells that. */
	step(): void {
		const event = this.ask(Operation.Wait, this.#deadline, 0, this.#event);
		if (event === Event.Alarm) {
			this.#deadline = never;
			this.onAlarm(this.ticks);
		} else if (event === Event.Resolved) this.#onResolved(brokerAddress);
		else this.#tell(event);
	}

	#tell(event: number): void {
		const { socket } = this;
		if (socket === undefined || socket.id !== this.#view.getInt32(0, true)) return;
		const { options } = socket;
		const value = this.#view.getInt32(4, true);
		if (event === Event.Connected) options.onConnected?.();
		else if (event === Event.Readable) options.onReadable(value);
		else if (event === Event.Writable) options.onWritable(value);
		else {
			this.socket = undefined;
			options.onError(value < 0 ? undefined : value);
		}
	}
}

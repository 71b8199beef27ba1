import { cpus } from "node:os";
import { BufferPool } from "../firmware/base/pool.ts";
import { defineStation, sensor } from "../firmware/index.ts";
import { PacketDecoder, Sender } from "../firmware/mqtt/decode.ts";
import { encodeAck, encodePublish } from "../firmware/mqtt/encode.ts";
import { Packet, PacketType } from "../firmware/mqtt/packet.ts";
import { Anemometer, Battery, BME280, RainGauge, WindVane } from "../sensors/index.ts";
import { VirtualFleet } from "../simulator/fleet/virtual.ts";
import { VirtualClock } from "../simulator/kernel/clock.ts";
import { RandomStream } from "../simulator/kernel/random.ts";
import { typicalDay } from "../simulator/weather/typical.ts";
import { readOptions, type Spread, spreadOf } from "./report.ts";

const usage = `npm run bench -- sim [--stations 20] [--days 4] [--rounds 5] [--memory 10000] [--json]

A fleet in virtual time on one core, in device-days per second of CPU: the full firmware with its
drivers on simulated parts, flash, network, broker, cloud and checker, at one observation a minute
and a report of ten. Once with one sample of all sensors a minute, once with one every 3 seconds as
a gust needs it, and beside them an empty model: the kernel's alarms, ten random values and our codec
in both directions, no sensors, no flash, no sockets, no checks.

Then as many stations as \`memory\` says, for half an hour, and what the process has grown by for each.
`;

const dayMs = 86_400_000;
const minuteMs = 60_000;
const warmUpMs = 3_600_000;

function stationOf(sampleSeconds: number) {
	return defineStation({
		board: "esp32",
		buses: { i2c: { data: 21, clock: 22 } },
		sensors: [
			sensor(BME280, { bus: "i2c", address: 0x76 }),
			sensor(RainGauge, { pin: 27, debounce: 20 }),
			sensor(Anemometer, { pin: 26, debounce: 2 }),
			sensor(WindVane, { pin: 34 }),
			sensor(Battery, { pin: 35 }),
		],
		cadence: { sampleSeconds, observeSeconds: 60, reportSeconds: 600 },
		// Nothing is silent for longer than a report.
		keepAliveSeconds: 1_200,
		healthSeconds: 3_600,
		site: { name: "Bench", latitude: 47.4, longitude: 8.5, heightM: 400 },
	});
}

function makeFleet(stations: number, sampleSeconds: number): VirtualFleet {
	return new VirtualFleet({
		things: Array.from({ length: stations }, (_, index) => `station-${index + 1}`),
		definition: stationOf(sampleSeconds),
		weather: typicalDay(),
		seed: 1,
		keepsRows: false,
	});
}

/** What is left of a fleet without firmware: see the usage. */
class EmptyModel {
	readonly #clock = new VirtualClock(0);
	readonly #packet = new Packet();
	readonly #decoder = new PacketDecoder(new BufferPool(1_024, 1), Sender.Client);
	readonly #bytes = new Uint8Array(1_024);
	readonly #payload = new Uint8Array(220);

	constructor(stations: number) {
		const seed = new RandomStream(1);
		for (let index = 0; index < stations; index++) {
			const random = seed.child(String(index));
			let minute = 0;
			const alarm = this.#clock.reserve((now) => {
				for (let value = 0; value < 10; value++) this.#payload[value] = random.next() & 0xff;
				minute += 1;
				if (minute % 10 === 0) this.#report((minute / 10) % 65_535);
				this.#clock.set(alarm, now + minuteMs);
			});
			this.#clock.set(alarm, random.below(minuteMs));
		}
	}

	runFor(duration: number): void {
		this.#clock.runUntil(this.#clock.now + duration);
	}

	#report(packetId: number): void {
		const bytes = this.#bytes;
		const payload = this.#payload;
		const size = encodePublish(
			"isobar/station-0001/report",
			payload,
			payload.length,
			1,
			false,
			false,
			packetId + 1,
			bytes,
			0,
			bytes.length,
		);
		this.#decoder.push(bytes, 0, size);
		this.#decoder.next(this.#packet);
		encodeAck(PacketType.Puback, packetId + 1, bytes, 0, bytes.length);
	}
}

/** Seconds of CPU time that a piece of work takes. */
function secondsOf(work: () => void): number {
	const before = process.cpuUsage();
	work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1e6;
}

interface Row {
	readonly name: string;
	readonly speed: Spread;
	readonly target: number | undefined;
}

function measureSpeed(stations: number, days: number, rounds: number): Row[] {
	const full = makeFleet(stations, 60);
	const windy = makeFleet(stations, 3);
	const empty = new EmptyModel(stations);
	const run = (fleet: VirtualFleet, duration: number): void => {
		fleet.runUntil(fleet.now + duration);
	};
	// The wind is read twenty times as often, so a shorter time says as much.
	const works = [
		{ name: "full firmware", target: 50, days, work: (ms: number) => run(full, ms) },
		{
			name: "wind every 3 s",
			target: undefined,
			days: days / 8,
			work: (ms: number) => run(windy, ms),
		},
		{
			name: "empty model",
			target: undefined,
			days: days * 4,
			work: (ms: number) => empty.runFor(ms),
		},
	];
	for (const { work } of works) work(warmUpMs);
	for (const { work, days: some } of works) work((some * dayMs) / 2);
	const speeds: number[][] = works.map(() => []);
	for (let round = 0; round < rounds; round++) {
		// A pause of the machine must not meet the same one in every round.
		for (let place = 0; place < works.length; place++) {
			const index = (place + round) % works.length;
			const { work, days: some } = works[index]!;
			speeds[index]!.push((stations * some) / secondsOf(() => work(some * dayMs)));
		}
	}
	return works.map(({ name, target }, index) => ({
		name,
		target,
		speed: spreadOf(speeds[index]!),
	}));
}

/** KiB that a process grows by for each station: heap and buffers, and resident. */
function measureMemory(stations: number): { heap: number; resident: number } {
	const measure = () => {
		globalThis.gc!();
		globalThis.gc!();
		const { heapUsed, external, rss } = process.memoryUsage();
		return { heap: heapUsed + external, resident: rss };
	};
	const before = measure();
	const fleet = makeFleet(stations, 60);
	fleet.runUntil(fleet.now + warmUpMs / 2);
	const after = measure();
	// The fleet must not be collected before it was measured.
	if (fleet.ledger().made === 0) throw new Error("the fleet has made nothing");
	const share = (bytes: number): number => bytes / 1_024 / stations;
	return {
		heap: share(after.heap - before.heap),
		resident: share(after.resident - before.resident),
	};
}

const options = readOptions(usage, { stations: 20, days: 4, rounds: 5, memory: 10_000 });
if (options !== undefined) {
	const { stations, days, rounds, memory, json } = options;
	// Memory first, while the process is small.
	const { heap, resident } = measureMemory(memory);
	const rows = measureSpeed(stations, days, rounds);
	const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;
	if (json) {
		process.stdout.write(
			`${JSON.stringify({ machine, rows, memory: { stations: memory, heap, resident } })}\n`,
		);
	} else {
		const lines = rows.map(({ name, speed, target }) => {
			const { median, minimum, maximum } = speed;
			const spread = `${median.toFixed(1)} (${minimum.toFixed(1)} … ${maximum.toFixed(1)})`;
			const verdict =
				target === undefined ? "" : `≥ ${target}: ${median >= target ? "met" : "not met"}`;
			return `${name.padEnd(18)}${spread.padEnd(28)}${verdict}`.trimEnd();
		});
		process.stdout.write(
			[
				"Virtual time, one core",
				machine,
				"",
				`${"device-days/s".padEnd(18)}median (min … max)`,
				...lines,
				"",
				`memory            ${heap.toFixed(1)} KiB a station in heap and buffers, ${resident.toFixed(1)} KiB resident, at ${memory} stations; ≤ 60: ${heap <= 60 ? "met" : "not met"}`,
				"",
			].join("\n"),
		);
	}
}

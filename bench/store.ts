import { rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { makeDirectory } from "../cloud/file.ts";
import { SequenceSet } from "../cloud/sequences.ts";
import { Database } from "../cloud/store/database.ts";
import { type Part, readManifest, writeManifest } from "../cloud/store/manifest.ts";
import { PartWriter } from "../cloud/store/partwriter.ts";
import { queryArchive } from "../cloud/store/query.ts";
import { Series } from "../cloud/store/series.ts";
import { Store } from "../cloud/store/store.ts";
import { ChannelTable } from "../firmware/sensing/channel.ts";
import { readOptions, type Spread, spreadOf } from "./report.ts";

const usage = `npm run bench -- store [--stations 1000] [--days 30] [--rounds 9] [--json]

An archive of one observation a minute with eight channels: 43.2 million by default, in Parquet as a
compaction leaves it. It is built in the temporary directory of this machine at the first run, which
takes minutes, and found there by the next one.

  device-day    Series.query: 1,440 steps of one station on one day, seven channels with mean, lowest and highest;
                another station and day in each round
  hourly means  SQL on the view "hourly": mean temperature of every station and hour, each row handed to
                the caller, from the opening of the archive on
`;

/** 2026-01-01T00:00:00Z */
const firstDay = 1_767_225_600;
const daySeconds = 86_400;
const targets = { day: 50, hours: 2_000 };

const table = new ChannelTable();
const names = [
	"airTemperature",
	"relativeHumidity",
	"stationPressure",
	"windSpeed",
	"windGust",
	"windDirection",
	"precipitation",
	"batteryVoltage",
];

/** SQL for a day of all stations: a course of the day, noise, and the resolution with which values travel. */
function rowsOf(stations: number, day: number): string {
	const start = firstDay + day * daySeconds;
	return `SELECT 'station-' || lpad(CAST(s AS VARCHAR), 4, '0') AS thing,
		CAST(${day * 1_440} + m + 1 AS BIGINT) AS sequence, to_timestamp(${start} + m * 60) AS time,
		CAST(60 AS BIGINT) AS "periodSeconds", CAST(0 AS TINYINT) AS "timeQuality",
		CAST(NULL AS VARCHAR) AS reasons, CAST(NULL AS VARCHAR) AS flags,
		round(15 + 10 * sin(m / 229.0) + s % 7 + random(), 1)::DOUBLE AS "airTemperature",
		round(60 + 20 * cos(m / 229.0) + 3 * random(), 1)::DOUBLE AS "relativeHumidity",
		10 * round(9000 + s % 100 + 10 * random())::DOUBLE AS "stationPressure",
		round(5 * random(), 1)::DOUBLE AS "windSpeed", round(5 + 5 * random(), 1)::DOUBLE AS "windGust",
		floor(360 * random())::DOUBLE AS "windDirection",
		CASE WHEN random() < 0.02 THEN 0.2794 ELSE 0 END::DOUBLE AS precipitation,
		round(4 + 0.2 * random(), 2)::DOUBLE AS "batteryVoltage"
		FROM range(${stations}) station(s), range(1440) minute(m)`;
}

async function build(directory: string, stations: number, days: number): Promise<void> {
	const archive = join(directory, "archive");
	await makeDirectory(archive);
	if (readManifest(archive).parts.length === days) return;
	const writer = new PartWriter(archive, (name) => name === "windDirection");
	const database = await Database.open(join(directory, "spill"));
	const parts: Part[] = [];
	for (let day = 0; day < days; day++) {
		process.stderr.write(`\rbuilding the archive in ${directory}: day ${day + 1} of ${days}`);
		const date = new Date((firstDay + day * daySeconds) * 1_000).toISOString().slice(0, 10);
		// Random numbers are drawn once: both files of a part are made of the same rows.
		await database.run(`CREATE OR REPLACE TABLE day AS ${rowsOf(stations, day)}`);
		const source = { day: date, number: day + 1, rows: "SELECT * FROM day", channels: names };
		parts.push(await writer.write(database, source));
	}
	process.stderr.write("\n");
	const known = new Map(
		Array.from({ length: stations }, (_, index) => [
			`station-${String(index).padStart(4, "0")}`,
			SequenceSet.of([[1, days * 1_440]]),
		]),
	);
	await writeManifest(archive, { ...readManifest(archive), nextPart: days + 1, parts, known });
	database.close();
}

/** What a piece of work has taken, ms. */
interface Effort {
	/** Of the clock on the wall. */
	readonly wall: number;
	/** Of the processor, all threads: what the clock would say at most if nobody else were there. */
	readonly cpu: number;
}

async function effortOf(work: () => Promise<void>): Promise<Effort> {
	const start = performance.now();
	const before = process.cpuUsage();
	await work();
	const { user, system } = process.cpuUsage(before);
	return { wall: performance.now() - start, cpu: (user + system) / 1_000 };
}

interface Figures {
	readonly wall: Spread;
	readonly cpu: Spread;
}

function figuresOf(efforts: readonly Effort[]): Figures {
	return {
		wall: spreadOf(efforts.map(({ wall }) => wall)),
		cpu: spreadOf(efforts.map(({ cpu }) => cpu)),
	};
}

async function main(stations: number, days: number, rounds: number): Promise<[Figures, Figures]> {
	const directory = join(tmpdir(), `isobar-bench-store-${stations}x${days}`);
	try {
		await build(directory, stations, days);
	} catch (error) {
		rmSync(directory, { recursive: true, force: true });
		throw error;
	}
	const store = new Store({ directory: join(directory, "archive") });
	const series = new Series(store, table);
	const deviceDay: Effort[] = [];
	const hourly: Effort[] = [];
	for (let round = 0; round <= rounds; round++) {
		const thing = `station-${String((round * 379) % stations).padStart(4, "0")}`;
		const from = firstDay + ((round * 7) % days) * daySeconds;
		const request = {
			thing,
			channels: names.slice(0, 7),
			from,
			to: from + daySeconds,
			points: 1_440,
		};
		const dayEffort = await effortOf(async () => {
			const { time } = await series.query(request);
			if (time.length !== 1_440) throw new Error(`${thing}: ${time.length} steps`);
		});
		let rows = 0;
		const hoursEffort = await effortOf(() =>
			queryArchive(directory, "SELECT thing, hour, airTemperature FROM hourly", {
				begin: () => {},
				rows: (some) => {
					rows += some.length;
					return true;
				},
			}),
		);
		if (rows !== stations * days * 24) throw new Error(`${rows} hours`);
		// The first round loads DuckDB and fills the page cache.
		if (round === 0) continue;
		deviceDay.push(dayEffort);
		hourly.push(hoursEffort);
	}
	await store.close();
	return [figuresOf(deviceDay), figuresOf(hourly)];
}

const options = readOptions(usage, { stations: 1_000, days: 30, rounds: 9 });
if (options !== undefined) {
	const { stations, days, rounds, json } = options;
	const [day, hours] = await main(stations, days, rounds);
	const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;
	const title = `${(stations * days * 1_440).toLocaleString("en")} observations of ${stations} stations over ${days} days`;
	if (json) {
		process.stdout.write(`${JSON.stringify({ title, machine, day, hours, targets })}\n`);
	} else {
		const line = (name: string, { wall, cpu }: Figures, target: number): string =>
			`${name.padEnd(14)}${text(wall).padEnd(24)}CPU ${text(cpu).padEnd(24)}wanted ≤ ${target}: ${wall.median <= target ? "met" : "not met"}`;
		const text = ({ median, minimum, maximum }: Spread): string =>
			`${median.toFixed(0)} (${minimum.toFixed(0)} … ${maximum.toFixed(0)})`;
		process.stdout.write(
			`${title}\n${machine}\n\nms, median (min … max)\n${line("device-day", day, targets.day)}\n${line("hourly means", hours, targets.hours)}\n`,
		);
	}
}

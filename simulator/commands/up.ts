import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { HttpOptions, Vault } from "../../cloud/index.ts";
import { takeLock } from "../../cloud/lock.ts";
import { auditFiles } from "../../cloud/store/audit.ts";
import { readManifest } from "../../cloud/store/manifest.ts";
import { landingPaths } from "../../cloud/store/segments.ts";
import { LineView } from "../dashboard/lines.ts";
import { ScreenView } from "../dashboard/screen.ts";
import type { View } from "../dashboard/view.ts";
import { Fleet, type FleetTotals } from "../fleet/fleet.ts";
import { balance, readArchive, type Witness } from "../fleet/ledger.ts";
import { Mishaps } from "../fleet/mishaps.ts";
import { openStorage } from "../fleet/storage.ts";
import { RealWorld } from "../fleet/world.ts";
import type { Weather } from "../weather/climate.ts";
import { type Destination, openForeignBroker, openLocalCloud } from "./destination.ts";
import { ExitCode, type Host, type StationModule, type Stream } from "./host.ts";
import { type HttpCommandOptions, httpOptions } from "./http.ts";
import { readStation, readWeather } from "./inputs.ts";
import { Interrupt, Interrupted } from "./interrupt.ts";
import { type BrokerAddress, thingNames, UsageError } from "./options.ts";
import { authorityPassphrase, dataKey } from "./secret.ts";
import { isClean, type Summary, summarise, summaryText } from "./summary.ts";

/** What the user asked for, by the names of the options. */
export interface UpOptions extends HttpCommandOptions {
	readonly stations: number;
	/** ms; until Ctrl-C when it is left out. */
	readonly for?: number;
	readonly sample?: number;
	readonly observe?: number;
	readonly report?: number;
	readonly seed: number;
	readonly weather?: string;
	readonly port: number;
	readonly data: string;
	readonly rules?: string;
	readonly json?: boolean;
	readonly station?: string;
	readonly broker?: BrokerAddress;
	readonly ca?: string;
	readonly certDir?: string;
	readonly thingsPrefix: string;
	readonly encrypt?: boolean;
}

/** Milliseconds that the stations have to report what waits and to say goodbye. */
export const drainMs = 15_000;
const viewMs = 250;

/**
 * `isobar up`: a cloud, a fleet that reports to it, and what became of every observation.
 *
 * @returns Failed when an observation was lost or stands twice
 * @throws {UsageError} when a value can't be used; any error with one line for the user
 */
export async function up(options: UpOptions, host: Host): Promise<ExitCode> {
	checkTogether(options);
	const weather = readWeather(options.weather ?? host.weatherFile, options.seed);
	const module = await readStation(options, host);
	const interrupt = new Interrupt(host);
	const unlock = lockStations(options.data);
	try {
		return await new Run(options, host, module, weather, interrupt).run();
	} catch (error) {
		if (error instanceof Interrupted) return ExitCode.Interrupted;
		throw error;
	} finally {
		unlock();
		interrupt.release();
	}
}

/** One run of a fleet, from its certificates to its balance. */
class Run {
	readonly #options: UpOptions;
	readonly #host: Host;
	readonly #module: StationModule;
	readonly #weather: Weather;
	readonly #interrupt: Interrupt;
	/** What people read; stdout belongs to the summary with --json. */
	readonly #output: Stream;
	/** Lines of before there was a view. */
	readonly #early: (readonly [source: string, line: string])[] = [];
	#view: View | undefined;
	#mishaps: Mishaps | undefined;

	constructor(
		options: UpOptions,
		host: Host,
		module: StationModule,
		weather: Weather,
		interrupt: Interrupt,
	) {
		this.#options = options;
		this.#host = host;
		this.#module = module;
		this.#weather = weather;
		this.#interrupt = interrupt;
		this.#output = options.json ? host.stderr : host.stdout;
	}

	async run(): Promise<ExitCode> {
		const things = thingNames(this.#options.thingsPrefix, this.#options.stations);
		const destination = await this.#interrupt.orFirst(this.#open(things));
		try {
			const world = new RealWorld(destination.credentials);
			const fleet = this.#makeFleet(world, things, destination);
			this.#mishaps = new Mishaps(fleet.stations, world, (thing, line) => this.#log(thing, line));
			this.#greet(destination);
			const cpuMs = await this.#watch(fleet);
			const totals = fleet.totals();
			fleet.stop();
			world.stop();
			await destination.cloud?.close();
			const archive = destination.cloud && (await this.#readArchive(destination.vault));
			const ledger = balance(fleet.stations, archive);
			return this.#conclude(summarise(totals, ledger, cpuMs, world.tlsVersion), totals);
		} finally {
			destination.cloud?.kill();
		}
	}

	/** What the files of the archive say. */
	async #readArchive(vault: Vault): Promise<Witness> {
		const directory = join(this.#options.data, "archive");
		const paths = landingPaths(directory, readManifest(directory, vault));
		return readArchive(paths, await auditFiles(directory, vault), (path) => {
			const codec = vault.lines(path);
			return (line) => codec.open(line);
		});
	}

	async #open(things: readonly string[]): Promise<Destination> {
		const { broker, ca, certDir, data, port } = this.#options;
		if (broker !== undefined) return openForeignBroker(things, broker, ca!, certDir!);
		return openLocalCloud(things, {
			data,
			port,
			http: this.#http(),
			caPassphrase: authorityPassphrase(this.#host),
			dataKey: dataKey(this.#host),
			encrypt: this.#options.encrypt,
			rulesDir: this.#options.rules,
			definition: this.#module.definition,
			output: this.#output,
			log: (line) => this.#log("cloud", line),
		});
	}

	#http(): HttpOptions | undefined {
		const http = httpOptions(this.#options, this.#host);
		return http && { ...http, faults: () => this.#mishaps };
	}

	#makeFleet(world: RealWorld, things: readonly string[], destination: Destination): Fleet {
		return new Fleet(world, {
			...this.#module,
			things,
			endpoint: destination.endpoint,
			port: destination.port,
			weather: this.#weather,
			seed: this.#options.seed,
			hasOwnPlaces: this.#options.stations > 1,
			storage: (thing) => openStorage(join(this.#options.data, "stations"), thing),
			log: (thing, line) => this.#log(thing, line),
		});
	}

	/** Runs the fleet for its time and drains it; returns the CPU time that the process took, in ms. */
	async #watch(fleet: Fleet): Promise<number> {
		const view = this.#openView();
		this.#view = view;
		for (const [source, line] of this.#early) view.log(source, line);
		const before = process.cpuUsage();
		const ticker = setInterval(() => view.show(fleet.stations), viewMs);
		try {
			fleet.start();
			await this.#interrupt.wait(this.#options.for);
			view.log("isobar", "the stations report what waits; Ctrl-C ends at once");
			await this.#interrupt.orSecond(fleet.drain(drainMs));
			const { user, system } = process.cpuUsage(before);
			return (user + system) / 1000;
		} catch (error) {
			fleet.stop();
			throw error;
		} finally {
			clearInterval(ticker);
			view.close(fleet.stations);
		}
	}

	#openView(): View {
		const output = this.#output;
		const now = (): number => performance.now();
		const { environment } = this.#host;
		const { isTTY, columns, rows } = output;
		if (!isTTY || !columns || !rows || environment.TERM === "dumb")
			return new LineView(output, now);
		return new ScreenView(output as Required<Stream>, {
			definition: this.#module.definition,
			colour: (environment.NO_COLOR ?? "") === "",
			duration: this.#options.for,
			now,
		});
	}

	#greet({ cloud, endpoint, port }: Destination): void {
		const { stations, seed, weather, data } = this.#options;
		const { cadence, board, site } = this.#module.definition;
		const where = cloud ? "Isobar cloud at" : "Broker at";
		this.#output.write(
			[
				`${where} mqtts://${endpoint}:${port}, data in ${data}`,
				...(cloud?.httpUrl === undefined ? [] : [`Page and API at ${cloud.httpUrl}`]),
				`${stations} stations (${board}, site ${site.name}): sample every ${cadence.sampleSeconds} s, observe every ${cadence.observeSeconds} s, report every ${cadence.reportSeconds} s`,
				`Weather ${basename(weather ?? this.#host.weatherFile)}, seed ${seed}; rain and gusts are modelled`,
				"",
				"",
			].join("\n"),
		);
	}

	#conclude(summary: Summary, totals: FleetTotals): ExitCode {
		const { stdout, stderr } = this.#host;
		stdout.write(
			this.#options.json ? `${JSON.stringify(summary)}\n` : `\n${summaryText(summary)}\n`,
		);
		if (totals.waiting > 0) {
			stderr.write(
				`isobar: ${totals.waiting} observations wait in the flash of their stations; the next start reports them\n`,
			);
		}
		if (totals.crashes > 0) stderr.write(`isobar: the firmware crashed ${totals.crashes} times\n`);
		if (totals.connects === 0) stderr.write("isobar: no station got through\n");
		const isWell = isClean(summary) && totals.crashes === 0 && totals.connects > 0;
		return isWell ? ExitCode.Ok : ExitCode.Failed;
	}

	#log(source: string, line: string): void {
		if (this.#view === undefined) this.#early.push([source, line]);
		else this.#view.log(source, line);
	}
}

/** @throws {UsageError} for options that say nothing together */
function checkTogether({ broker, ca, certDir }: UpOptions): void {
	if (broker !== undefined && (ca === undefined || certDir === undefined)) {
		throw new UsageError("--broker: expected --ca FILE and --cert-dir DIR beside it");
	}
	if (broker === undefined && (ca !== undefined || certDir !== undefined)) {
		throw new UsageError(
			`${ca === undefined ? "--cert-dir" : "--ca"}: expected --broker mqtts://HOST beside it`,
		);
	}
}

/** Two fleets on one set of flash images would write over each other. */
function lockStations(data: string): () => void {
	const directory = join(data, "stations");
	mkdirSync(directory, { recursive: true, mode: 0o700 });
	return takeLock(join(directory, "fleet.lock"));
}

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { provision } from "../../cloud/index.ts";
import { auditFiles } from "../../cloud/store/audit.ts";
import { landingPaths } from "../../cloud/store/segments.ts";
import { clockText, statusText } from "../dashboard/view.ts";
import { Fleet } from "../fleet/fleet.ts";
import { balance, type Ledger, readArchive } from "../fleet/ledger.ts";
import { openStorage } from "../fleet/storage.ts";
import { RealWorld } from "../fleet/world.ts";
import { RandomStream } from "../kernel/random.ts";
import { CloudProcess } from "./cloudprocess.ts";
import { certificateProgress } from "./destination.ts";
import { ExitCode, type Host, type Stream } from "./host.ts";
import { readStation, readWeather } from "./inputs.ts";
import { Interrupt, Interrupted } from "./interrupt.ts";
import { thingNames, wholeNumber } from "./options.ts";

/** What the user asked for, by the names of the options. */
export interface SoakOptions {
	readonly stations: number;
	readonly minutes: number;
	readonly restarts?: number;
	readonly kills?: number;
	readonly seed: number;
	readonly sample?: number;
	readonly observe?: number;
	readonly report?: number;
	readonly station?: string;
	readonly data?: string;
	readonly json?: boolean;
}

/** What becomes of the cloud at a moment of the run. */
export interface Strike {
	/** ms from the start. */
	readonly at: number;
	readonly kind: "restart" | "SIGKILL";
	/** ms that the cloud stays away. */
	readonly away: number;
}

/** What a run comes to; the last line of `--json`. */
export interface SoakSummary {
	readonly stations: number;
	readonly seed: number;
	readonly seconds: number;
	readonly restarts: number;
	readonly kills: number;
	/** Starts of the cloud, from the process to the port, ms. */
	readonly startMs: { readonly median: number; readonly maximum: number };
	readonly observations: Ledger & { readonly waiting: number };
	readonly reports: { readonly sent: number; readonly resent: number };
	readonly connects: number;
	readonly crashes: number;
	readonly verdict: "nothing lost" | "FAILED";
}

/** Shares of the run between which the cloud is struck; the rest is for the fleet to come and to come back. */
const struckFrom = 0.1;
const struckUntil = 0.8;
/** Longest time that the cloud stays away, beside what its start takes, in ms. */
const awayMaximumMs = 3_000;
/** Milliseconds for everybody to be connected again, more than the longest pause of a link; then to report what waits. */
const comebackMs = 400_000;
const drainMs = 120_000;
const lookMs = 250;
/** Milliseconds between two lines that say how things stand. */
const statusMs = 10_000;

/** When what happens: the moments and their order are drawn, the numbers are given. */
export function planStrikes(
	random: RandomStream,
	runMs: number,
	{ restarts, kills }: { restarts: number; kills: number },
): Strike[] {
	const moment = (): number => runMs * (struckFrom + random.unit() * (struckUntil - struckFrom));
	const one = (kind: Strike["kind"]): Strike => ({
		at: Math.round(moment()),
		kind,
		away: random.below(awayMaximumMs),
	});
	return [
		...Array.from({ length: restarts }, () => one("restart")),
		...Array.from({ length: kills }, () => one("SIGKILL")),
	].sort((left, right) => left.at - right.at);
}

/**
 * `isobar soak`: a fleet in real time, over TLS, against a cloud in a process of its own that is restarted
 * and killed; then the files of the archive against what the stations have made.
 *
 * @returns Failed when an observation is lost, stands twice or still waits, or a firmware crashed
 */
async function soak(options: SoakOptions, host: Host): Promise<ExitCode> {
	const data = options.data ?? mkdtempSync(join(tmpdir(), "isobar-soak-"));
	const interrupt = new Interrupt(host);
	const output = options.json ? host.stderr : host.stdout;
	try {
		const summary = await new Soak(options, host, data, interrupt, output).run();
		host.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : verdictText(summary));
		const isGood = summary.verdict === "nothing lost";
		if (!isGood) output.write(`what there is to look at is in ${data}\n`);
		else if (options.data === undefined) rmSync(data, { recursive: true, force: true });
		return isGood ? ExitCode.Ok : ExitCode.Failed;
	} catch (error) {
		if (error instanceof Interrupted) return ExitCode.Interrupted;
		throw error;
	} finally {
		interrupt.release();
	}
}

class Soak {
	readonly #options: SoakOptions;
	readonly #host: Host;
	readonly #data: string;
	readonly #interrupt: Interrupt;
	readonly #output: Stream;
	readonly #cloud: CloudProcess;
	readonly #death: Promise<never>;
	#begin = 0;

	constructor(
		options: SoakOptions,
		host: Host,
		data: string,
		interrupt: Interrupt,
		output: Stream,
	) {
		this.#options = options;
		this.#host = host;
		this.#data = data;
		this.#interrupt = interrupt;
		this.#output = output;
		if (host.program === undefined) throw new Error("soak: it can't start itself again");
		const { program, environment } = host;
		this.#cloud = new CloudProcess({ program, data, environment });
		this.#death = new Promise((_, reject) => {
			this.#cloud.onDeath = reject;
		});
		this.#death.catch(() => {});
	}

	async run(): Promise<SoakSummary> {
		const { stations, minutes, seed, restarts, kills } = this.#options;
		const strikes = planStrikes(new RandomStream(seed).child("strikes"), minutes * 60_000, {
			restarts: restarts ?? Math.max(1, Math.round(minutes / 2)),
			kills: kills ?? Math.max(1, Math.round(minutes / 2)),
		});
		const things = thingNames("station-", stations);
		await this.#heed(provision(this.#data, things, certificateProgress(stations, this.#output)));
		const world = new RealWorld((thing) => this.#credentials(thing));
		await this.#cloud.start();
		try {
			const fleet = await this.#makeFleet(world, things);
			this.#greet(strikes);
			this.#begin = performance.now();
			const ticker = setInterval(
				() => this.#say(this.#left(), statusText(fleet.stations)),
				statusMs,
			);
			try {
				fleet.start();
				await this.#heed(this.#strike(strikes));
				await this.#heed(this.#pass(minutes * 60_000));
				await this.#heed(this.#comeBack(fleet));
				await this.#heed(fleet.drain(drainMs));
			} finally {
				clearInterval(ticker);
				fleet.stop();
				world.stop();
			}
			await this.#cloud.stop();
			return this.#conclude(fleet, strikes);
		} finally {
			await this.#cloud.kill();
		}
	}

	/** @throws {Interrupted} at Ctrl-C; what the cloud died of, when it died by itself */
	#heed<T>(work: Promise<T>): Promise<T> {
		return this.#interrupt.orFirst(Promise.race([work, this.#death]));
	}

	#credentials(thing: string): { authority: string; certificate: string; key: string } {
		const read = (name: string): string => readFileSync(join(this.#data, name), "utf8");
		return {
			authority: read("ca.crt"),
			certificate: read(`things/${thing}.crt`),
			key: read(`things/${thing}.key`),
		};
	}

	async #makeFleet(world: RealWorld, things: readonly string[]): Promise<Fleet> {
		const { seed } = this.#options;
		const module = await readStation({ ...this.#options, data: this.#data }, this.#host);
		return new Fleet(world, {
			...module,
			things,
			endpoint: "localhost",
			port: this.#cloud.port,
			weather: readWeather(this.#host.weatherFile, seed),
			seed,
			hasOwnPlaces: true,
			storage: (thing) => openStorage(join(this.#data, "stations"), thing),
			log: () => {},
		});
	}

	async #strike(strikes: readonly Strike[]): Promise<void> {
		for (const { at, kind, away } of strikes) {
			await this.#pass(at);
			const from = performance.now();
			await (kind === "restart" ? this.#cloud.stop() : this.#cloud.kill());
			await sleep(away);
			await this.#cloud.start();
			const gone = ((performance.now() - from) / 1000).toFixed(1);
			this.#say(this.#left(), `${kind}: the cloud was away for ${gone} s`);
		}
	}

	/** Waits for a moment of the run, in ms. */
	async #pass(at: number): Promise<void> {
		await sleep(Math.max(0, this.#begin + at - performance.now()));
	}

	async #comeBack(fleet: Fleet): Promise<void> {
		const end = performance.now() + comebackMs;
		const isAway = (): boolean => fleet.stations.some(({ state }) => state?.link !== "up");
		while (isAway() && performance.now() < end) await sleep(lookMs);
	}

	#left(): string {
		const left = this.#begin + this.#options.minutes * 60_000 - performance.now();
		return left > 0 ? `${clockText(left)} left` : "coming home  ";
	}

	#say(head: string, line: string): void {
		this.#output.write(`${head}  ${line}\n`);
	}

	#greet(strikes: readonly Strike[]): void {
		const { stations, minutes, seed } = this.#options;
		const count = (kind: Strike["kind"]): number =>
			strikes.filter((strike) => strike.kind === kind).length;
		this.#output.write(
			`${stations} stations for ${minutes} minutes, seed ${seed}: ${count("restart")} restarts and ${count("SIGKILL")} SIGKILLs of the cloud at mqtts://localhost:${this.#cloud.port}\n`,
		);
	}

	async #conclude(fleet: Fleet, strikes: readonly Strike[]): Promise<SoakSummary> {
		const directory = join(this.#data, "archive");
		const archive = await readArchive(landingPaths(directory), await auditFiles(directory));
		const ledger = balance(fleet.stations, archive);
		const { waiting, crashes, connects, reportsSent, reportsResent } = fleet.totals();
		const starts = [...this.#cloud.startsMs].sort((left, right) => left - right);
		const isGood = ledger.lost === 0 && ledger.duplicates === 0 && waiting + crashes === 0;
		return {
			stations: fleet.stations.length,
			seed: this.#options.seed,
			seconds: Math.round((performance.now() - this.#begin) / 1000),
			restarts: strikes.filter(({ kind }) => kind === "restart").length,
			kills: strikes.filter(({ kind }) => kind === "SIGKILL").length,
			startMs: {
				median: Math.round(starts[starts.length >> 1]!),
				maximum: Math.round(starts.at(-1)!),
			},
			observations: { ...ledger, waiting },
			reports: { sent: reportsSent, resent: reportsResent },
			connects,
			crashes,
			verdict: isGood && ledger.made > 0 ? "nothing lost" : "FAILED",
		};
	}
}

function sleep(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The verdict in one line. */
function verdictText(summary: SoakSummary): string {
	const { observations, reports, startMs } = summary;
	const { made, acknowledged, archived, shed, waiting, lost, duplicates } = observations;
	return [
		`${summary.verdict}: made ${made}  acknowledged ${acknowledged}  archived ${archived}`,
		`  shed ${shed}  waiting ${waiting}  lost ${lost}  duplicates ${duplicates}`,
		`; ${summary.stations} stations, ${summary.seconds} s, seed ${summary.seed}, ${summary.restarts} restarts,`,
		` ${summary.kills} SIGKILLs, ${summary.connects} connects, ${reports.sent} reports, ${reports.resent} resent,`,
		` crashes ${summary.crashes}, start of the cloud ${startMs.median} ms (at most ${startMs.maximum})\n`,
	].join("");
}

/** Adds `isobar soak`. */
export function addSoakCommand(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
	const cadence = wholeNumber(1, 3_600);
	const strikes = wholeNumber(0, 1_000);
	program
		.command("soak")
		.description(
			"Flies a fleet in real time against a local cloud that is restarted and killed (SIGKILL) at random moments, and looks for each observation in the archive.",
		)
		.option("--stations <N>", "stations of the fleet, 1 to 10000", wholeNumber(1, 10_000), 100)
		.option("--minutes <M>", "how long; then everybody reports what waits", minutes, 10)
		.option("--restarts <N>", "orderly restarts (default: one in two minutes)", strikes)
		.option("--kills <N>", "SIGKILLs (default: one in two minutes)", strikes)
		.option("--seed <N>", "decides everything random", wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
		.option("--sample <SECONDS>", "as of `isobar up`", cadence)
		.option("--observe <SECONDS>", "as of `isobar up`", cadence)
		.option("--report <SECONDS>", "as of `isobar up`", wholeNumber(1, 86_400))
		.option("--station <FILE.ts>", "station file (default: examples/station.ts)")
		.option("--data <DIR>", "kept after the run (default: a folder that goes with a good end)")
		.option("--json", "the verdict as JSON on the last line of stdout; all else on stderr")
		.addHelpText("after", soakNotes)
		.action(async (options: SoakOptions) => onEnd(await soak(options, host)));
}

/** Minutes of a run; a test is content with half of one. */
function minutes(text: string): number {
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
	if (value >= 0.1 && value <= 100_000) return value;
	throw new InvalidArgumentError("Expected a number from 0.1 to 100000.");
}

const soakNotes = `
The firmware is the real one, over TLS with a certificate for each station. Moments and order of what
happens to the cloud come from the seed; the last fifth of the time it is left in peace.

Exit code: 0; 1 when an observation is lost, stands twice or still waits, or something failed; 2 for a
value that can't be used; 130 after Ctrl-C.`;

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { messageOf } from "../../cloud/fault.ts";
import { ProgressView } from "../dashboard/progress.ts";
import { InvariantError } from "../fleet/checker.ts";
import { Curves } from "../fleet/curves.ts";
import { comebackPicture, reportPage } from "../fleet/report.ts";
import { ExpectationError, ScenarioRun } from "../scenario/run.ts";
import { parseScenario, type Scenario, usualScenario } from "../scenario/scenario.ts";
import { ExitCode, type Host, type Stream } from "./host.ts";
import { readStation, readWeather } from "./inputs.ts";
import { Interrupt, Interrupted } from "./interrupt.ts";
import { thingNames, UsageError } from "./options.ts";
import { type Summary, summarise, summaryText } from "./summary.ts";

/** What the user asked for, by the names of the options. Durations are ms. */
export interface SimOptions {
	readonly stations?: number;
	readonly days?: number;
	readonly for?: number;
	/** Times as fast as real time; `Infinity` is as fast as it goes. */
	readonly speed: number;
	readonly seed: number;
	/** A file, or the name of one that comes with Isobar. */
	readonly scenario: string;
	/** Takes the report. */
	readonly report?: string;
	readonly json?: boolean;
	readonly weather?: string;
	readonly station?: string;
	readonly data: string;
	/** Ends there: to look at a moment again. */
	readonly until?: number;
	/** The thing whose log lines are shown. */
	readonly log?: string;
}

/** What a run in virtual time comes to; the last line of `--json`. */
export interface SimSummary extends Summary {
	readonly seed: number;
	readonly traceHash: string;
	readonly virtualDays: number;
	/** Stations times virtual days, over seconds of real time. */
	readonly deviceDaysPerSecond: number;
	readonly faults: Readonly<Record<string, number>>;
	/** Only where something did not hold. */
	readonly failure?: Failure | undefined;
}

/** What did not hold, and how to see it again. */
interface Failure {
	readonly message: string;
	/** Virtual time, ISO 8601. */
	readonly time: string;
	readonly replay: string;
}

const dayMs = 86_400_000;
/** Milliseconds of real time after which others have their turn: the view, and Ctrl-C. */
const sliceMs = 50;
const prefix = "station-";

/**
 * `isobar sim`: a fleet in virtual time, and what became of every observation.
 *
 * @returns Failed when an invariant does not hold or the scenario expects something else
 * @throws {UsageError} when a value can't be used
 */
export async function sim(options: SimOptions, host: Host): Promise<ExitCode> {
	if (options.days !== undefined && options.for !== undefined) {
		throw new UsageError("--days: expected --days or --for, not both");
	}
	const simulation = await Simulation.prepare(options, host);
	const interrupt = new Interrupt(host);
	try {
		return await simulation.run(interrupt);
	} finally {
		interrupt.release();
	}
}

/** Finds a scenario by its name or its path. */
function readScenario(choice: string, host: Host): Scenario {
	const named = join(host.scenarioDir, `${choice}.json`);
	const file = /^[a-z0-9-]+$/.test(choice) && existsSync(named) ? named : choice;
	if (!existsSync(file)) {
		const names = readdirSync(host.scenarioDir)
			.filter((name) => name.endsWith(".json"))
			.map((name) => basename(name, ".json"));
		throw new UsageError(`--scenario: no file ${choice}; expected one, or ${names.join(", ")}`);
	}
	try {
		return parseScenario(readFileSync(file, "utf8"), basename(file));
	} catch (error) {
		throw new UsageError(`--scenario: ${messageOf(error)}`);
	}
}

/** Lets others have their turn for so many ms; returns whether Ctrl-C has been pressed. */
async function isInterrupted(interrupt: Interrupt, pause: number): Promise<boolean> {
	try {
		await interrupt.orFirst(new Promise<void>((resolve) => setTimeout(resolve, pause)));
		return false;
	} catch (error) {
		if (error instanceof Interrupted) return true;
		throw error;
	}
}

class Simulation {
	readonly #options: SimOptions;
	readonly #host: Host;
	readonly #scenario: Scenario;
	readonly #run: ScenarioRun;
	readonly #curves: Curves | undefined;
	readonly #output: Stream;

	private constructor(
		options: SimOptions,
		host: Host,
		scenario: Scenario,
		run: ScenarioRun,
		curves: Curves | undefined,
	) {
		this.#options = options;
		this.#host = host;
		this.#scenario = scenario;
		this.#run = run;
		this.#curves = curves;
		this.#output = options.json ? host.stderr : host.stdout;
	}

	static async prepare(options: SimOptions, host: Host): Promise<Simulation> {
		const scenario = readScenario(options.scenario, host);
		const weather = readWeather(options.weather ?? host.weatherFile, options.seed);
		const { station, data } = options;
		const choice = station === undefined ? { data } : { data, station };
		const { definition, parts } = await readStation(choice, host);
		const stations = options.stations ?? scenario.stations ?? usualScenario.stations;
		const asked = options.days === undefined ? options.for : options.days * dayMs;
		const duration = asked ?? scenario.for ?? usualScenario.duration;
		const curves = options.report === undefined ? undefined : new Curves(duration);
		const output = options.json ? host.stderr : host.stdout;
		try {
			const run: ScenarioRun = new ScenarioRun({
				scenario,
				definition,
				parts,
				weather,
				duration,
				seed: options.seed,
				things: thingNames(prefix, stations),
				observers: curves === undefined ? [] : [curves],
				log: (thing, line) => {
					if (thing !== options.log) return;
					output.write(`${new Date(run.fleet.now).toISOString()}  ${thing}  ${line}\n`);
				},
			});
			curves?.watch(run.fleet);
			return new Simulation(options, host, scenario, run, curves);
		} catch (error) {
			throw new UsageError(`--scenario ${options.scenario}: ${messageOf(error)}`);
		}
	}

	async run(interrupt: Interrupt): Promise<ExitCode> {
		const { stations } = this.#run.fleet;
		this.#output.write(
			`${stations.length} stations, scenario ${this.#scenario.name} (${this.#scenario.title}), seed ${this.#options.seed}\n`,
		);
		const view = new ProgressView(this.#output, {
			start: this.#run.fleet.now,
			duration: Math.min(this.#run.duration, this.#options.until ?? Number.POSITIVE_INFINITY),
			stations: stations.length,
			now: () => performance.now(),
		});
		const cpu = process.cpuUsage();
		const begin = performance.now();
		let error: unknown;
		try {
			await this.#advance(view, interrupt);
			if (this.#isWhole) this.#run.finish();
		} catch (caught) {
			error = caught;
		}
		view.close();
		const { user, system } = process.cpuUsage(cpu);
		const failure = error === undefined ? undefined : this.#failureOf(error);
		const summary = this.#summarise((user + system) / 1000, performance.now() - begin, failure);
		return this.#conclude(summary, failure);
	}

	/** Whether the run goes to its end, and not only to the moment that the user wants to see. */
	get #isWhole(): boolean {
		const { until } = this.#options;
		return until === undefined || until > this.#run.duration;
	}

	/** Goes through the time with faults, in slices. Ctrl-C ends that time early. */
	async #advance(view: ProgressView, interrupt: Interrupt): Promise<void> {
		const { fleet, duration } = this.#run;
		const { speed, until = Number.POSITIVE_INFINITY } = this.#options;
		const end = Math.min(duration, until);
		const begin = performance.now();
		let step = 1_000;
		while (fleet.elapsed < end) {
			const sliceBegin = performance.now();
			const allowed = (sliceBegin - begin) * speed;
			this.#run.advance(Math.min(fleet.elapsed + step, end, Math.max(allowed, fleet.elapsed)));
			const took = performance.now() - sliceBegin;
			step = Math.min(dayMs, Math.max(1, (step * sliceMs) / Math.max(took, sliceMs / 2)));
			view.show(fleet.elapsed);
			if (await isInterrupted(interrupt, speed === Number.POSITIVE_INFINITY ? 0 : sliceMs)) return;
		}
	}

	#failureOf(error: unknown): Failure {
		if (!(error instanceof InvariantError || error instanceof ExpectationError)) throw error;
		const { now, elapsed } = this.#run.fleet;
		const thing = error instanceof InvariantError ? error.thing : undefined;
		return {
			message: error.message,
			time: new Date(now).toISOString(),
			replay: this.#replay(Math.ceil(elapsed), thing),
		};
	}

	/** The command that leads to a moment again. */
	#replay(elapsed: number, thing: string | undefined): string {
		const { scenario, seed, weather, station } = this.#options;
		const { fleet, duration } = this.#run;
		const words = [
			"isobar sim",
			`--scenario ${scenario}`,
			`--seed ${seed}`,
			`--stations ${fleet.things.length}`,
			`--for ${duration}ms`,
			`--until ${elapsed}ms`,
		];
		if (weather !== undefined) words.push(`--weather ${weather}`);
		if (station !== undefined) words.push(`--station ${station}`);
		if (thing !== undefined && fleet.things.includes(thing)) words.push(`--log ${thing}`);
		return words.join(" ");
	}

	#summarise(cpuMs: number, realMs: number, failure: Failure | undefined): SimSummary {
		const { fleet } = this.#run;
		const { made, acknowledged, archived, shed, taken, lost, duplicates } = fleet.ledger();
		const window = fleet.definition.lossWindow > 0 ? { taken } : {};
		const ledger = { made, acknowledged, archived, shed, ...window, lost, duplicates };
		const virtualDays = fleet.elapsed / dayMs;
		return {
			...summarise(fleet.totals(), ledger, cpuMs, undefined),
			seed: this.#options.seed,
			traceHash: fleet.trace.digest,
			virtualDays: Math.round(virtualDays * 1000) / 1000,
			deviceDaysPerSecond: Math.round((fleet.things.length * virtualDays * 1e5) / realMs) / 100,
			faults: fleet.faults,
			...(failure === undefined ? {} : { failure }),
		};
	}

	#conclude(summary: SimSummary, failure: Failure | undefined): ExitCode {
		const { json, report } = this.#options;
		const { stdout, stderr } = this.#host;
		if (report !== undefined) this.#writeReport(report, summary);
		if (!json) stdout.write(`\n${summaryText(summary)}\n${this.#tail(summary)}\n`);
		if (failure !== undefined) {
			stderr.write(
				`isobar: ${failure.message}\nisobar: seed ${summary.seed}, virtual time ${failure.time}; to see it again:\n  ${failure.replay}\n`,
			);
		}
		if (json) stdout.write(`${JSON.stringify(summary)}\n`);
		return failure === undefined ? ExitCode.Ok : ExitCode.Failed;
	}

	/** What a run in virtual time has to say beside the summary of any run. */
	#tail(summary: SimSummary): string {
		const { seed, traceHash, virtualDays, deviceDaysPerSecond, faults } = summary;
		const counts = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
		const { settledAfter, comeback } = this.#run;
		const lines = [
			`virtual time    ${virtualDays} days  ${deviceDaysPerSecond} device-days a second  seed ${seed}  trace ${traceHash}`,
			`faults          ${counts.join("  ") || "none"}`,
		];
		if (settledAfter !== undefined) {
			lines.push(`settled         ${settledAfter / 1000} s after the last fault`);
		}
		if (comeback.allBackAfter !== undefined) {
			const share = (100 * comeback.peak) / this.#run.fleet.things.length;
			lines.push(
				`came back       all within ${Math.ceil(comeback.allBackAfter / 1000)} s, at most ${comeback.peak} (${share.toFixed(2)} %) in any one second`,
			);
		}
		return lines.join("\n");
	}

	#writeReport(directory: string, summary: SimSummary): void {
		mkdirSync(directory, { recursive: true });
		const { fleet, duration, comeback, settledAfter } = this.#run;
		const page = reportPage({
			title: this.#scenario.title,
			about: this.#scenario.about ?? "",
			start: fleet.now - fleet.elapsed,
			duration,
			elapsed: fleet.elapsed,
			summary,
			settledAfter,
			comeback,
			curves: this.#curves!,
		});
		writeFileSync(join(directory, "index.html"), page);
		if (comeback.returnedAt !== undefined) {
			const picture = comebackPicture(comeback, fleet.things.length);
			writeFileSync(join(directory, "comeback.svg"), picture);
		}
		writeFileSync(join(directory, "summary.json"), `${JSON.stringify(summary, undefined, "\t")}\n`);
		this.#output.write(`report in ${join(directory, "index.html")}\n`);
	}
}

import { join, resolve } from "node:path";
import { type Budget, computeBudget, featuresOf, storedOf } from "../../firmware/index.ts";
import {
	type Board,
	type Bundle,
	boardFaults,
	boardNamed,
	bundleDevice,
	defaultOutDir,
	imageDevice,
	outboxPartition,
	type Profile,
	type Workplace,
} from "../../manifests/flash.ts";
import { bundleText } from "./buildtext.ts";
import { ExitCode, type Host, type StationModule } from "./host.ts";
import { UsageError } from "./options.ts";

/** What the user asked for, by the names of the options. */
export interface BuildOptions {
	readonly station: string;
	/** Only the bundle is made when it is left out. */
	readonly board?: string;
	/** Takes what comes out. */
	readonly data: string;
	/** Takes main.js instead of a folder of `data`. */
	readonly bundle?: string;
	readonly profile: Profile;
	readonly dryRun?: boolean;
	readonly json?: boolean;
}

/** How the outbox of a station lasts in its partition. */
export interface Retention {
	/** In the record of an observation. */
	readonly channels: number;
	readonly partitionBytes: number;
	/** At the cadence of the station. */
	readonly own: Budget;
	/** With an observation a minute and a report in ten. */
	readonly minutely: Budget;
	/** Observations that a power cut takes at most, and the seconds that they are of at the station's cadence. */
	readonly lossWindow: number;
	readonly lossSeconds: number;
}

/** Smallest erase of the flash of every board, and bytes that its driver writes at a time. */
const blockLength = 4_096;
const writeAlign = 4;

/**
 * `isobar build`: the bundle of a station, and the image of a board.
 *
 * @throws {UsageError} for a station file that cannot be used, or that does not fit the board
 * @throws {FlashFault} that says what is missing, or what failed
 */
export async function build(options: BuildOptions, host: Host): Promise<ExitCode> {
	const board = options.board === undefined ? undefined : boardNamed(options.board);
	const module = await loadForBoard(options.station, options.data, board, host);
	const place = workplaceOf(options, host);
	if (options.dryRun !== true) {
		const bundle = await makeBundle(options, module, host);
		const retention = retentionOf(module, host.packageRoot);
		host.stdout.write(
			options.json
				? `${JSON.stringify({ ...bundle, outbox: retention })}\n`
				: bundleText(options.station, bundle, retention),
		);
	}
	if (board !== undefined) imageDevice(board, bundlePath(options), options.profile, place);
	return ExitCode.Ok;
}

/** Loads a station file, and holds its pins against the board. @throws {UsageError} */
export async function loadForBoard(
	station: string,
	data: string,
	board: Board | undefined,
	host: Host,
): Promise<StationModule> {
	const module = await host.loadStation(station, join(data, "build"));
	const faults = board === undefined ? [] : boardFaults(board, module.definition);
	if (faults.length > 0) throw new UsageError(faults.map((one) => `${station}: ${one}`).join("\n"));
	return module;
}

/** Makes the bundle of a station: what it does not use is not in it. */
export function makeBundle(
	{ station, data, bundle }: Pick<BuildOptions, "station" | "data" | "bundle">,
	{ definition }: StationModule,
	{ packageRoot }: Host,
): Promise<Bundle> {
	const asked = Object.entries(featuresOf(definition)).filter(([, isAsked]) => isAsked);
	return bundleDevice({
		packageRoot,
		station,
		// A bundler gives a second class of one name a number.
		drivers: definition.sensors.map(({ Driver }) => driverName(Driver).replace(/\$\d+$/, "")),
		features: asked.map(([key]) => key),
		outDir: bundle ?? bundleDir(data),
	});
}

function driverName(Driver: unknown): string {
	return (Driver as { readonly name: string }).name;
}

function bundleDir(data: string): string {
	return join(defaultOutDir(resolve(data)), "bundle");
}

/** Where main.js of a build is. */
export function bundlePath({ data, bundle }: Pick<BuildOptions, "data" | "bundle">): string {
	return resolve(bundle ?? bundleDir(data), "main.js");
}

/** Where everything is, and how it speaks. */
export function workplaceOf(
	{ data, dryRun, json }: Pick<BuildOptions, "data" | "dryRun" | "json">,
	host: Host,
): Workplace {
	const output = json ? host.stderr : host.stdout;
	return {
		packageRoot: host.packageRoot,
		outDir: defaultOutDir(resolve(data)),
		isDryRun: dryRun === true,
		say: (line) => void output.write(`${line}\n`),
		...(host.surroundings && { here: host.surroundings }),
	};
}

function retentionOf({ definition }: StationModule, packageRoot: string): Retention {
	const { size } = outboxPartition(packageRoot);
	const flash = { size, blocks: size / blockLength, blockLength, writeAlign, eraseValue: 0xff };
	const { channels, groups } = storedOf(definition);
	const { lossWindow } = definition;
	const { observeSeconds, reportSeconds } = definition.cadence;
	const budget = (observationSeconds: number, report: number): Budget =>
		computeBudget(flash, {
			observationSeconds,
			reportSeconds: report,
			channels,
			groups,
			bootsPerDay: 1,
			lossWindow,
		});
	return {
		channels,
		partitionBytes: size,
		own: budget(observeSeconds, reportSeconds),
		minutely: budget(60, 600),
		lossWindow,
		lossSeconds: lossWindow * observeSeconds,
	};
}

import { Command, CommanderError, Option } from "commander";
import { messageOf } from "../../cloud/fault.ts";
import { KeyFault } from "../../cloud/index.ts";
import { firmwareVersion } from "../../firmware/index.ts";
import { FlashFault } from "../../manifests/flash.ts";
import { addArchiveCommands } from "./archive.ts";
import { type CloudCommandOptions, cloud } from "./cloud.ts";
import { type DecodeOptions, decode, decodeForms } from "./decode.ts";
import { addDeviceCommands, type DeviceActions, deviceActions } from "./deviceprogram.ts";
import { addEncryptionCommands } from "./encryption.ts";
import { ExitCode, type Host } from "./host.ts";
import { logFormats, logLevels } from "./logger.ts";
import {
	brokerAddress,
	duration,
	s3Address,
	speed,
	thingsPrefix,
	UsageError,
	virtualDuration,
	wholeNumber,
} from "./options.ts";
import { type ProvisionOptions, provisionThings } from "./provision.ts";
import { addProvisioningCommands } from "./provisioning.ts";
import { addRegistryCommands } from "./registry/index.ts";
import { addRuleCommands } from "./rule.ts";
import { type SimOptions, sim } from "./sim.ts";
import { addSoakCommand } from "./soak.ts";
import { drainMs, type UpOptions, up } from "./up.ts";

/** What the command line does. */
export interface Actions extends Partial<DeviceActions> {
	up(options: UpOptions, host: Host): Promise<ExitCode>;
	cloud(options: CloudCommandOptions, host: Host): Promise<ExitCode>;
	decode(options: DecodeOptions, host: Host): Promise<ExitCode>;
	sim(options: SimOptions, host: Host): Promise<ExitCode>;
}

const port = wholeNumber(0, 65_535);
const cadence = wholeNumber(1, 3_600);

/**
 * Runs the command line.
 *
 * @param words  the arguments behind the name of the program
 * @returns the exit code; what went wrong has been said in one line on stderr
 */
export async function run(
	words: readonly string[],
	host: Host,
	actions: Actions = { up, cloud, decode, sim },
): Promise<ExitCode> {
	let code: ExitCode = ExitCode.Ok;
	const program = makeProgram(host, actions, (result) => {
		code = result;
	});
	try {
		await program.parseAsync([...words], { from: "user" });
		return code;
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
		const lines = messageOf(error).split("\n");
		if (!(error instanceof UsageError || error instanceof FlashFault)) {
			host.stderr.write(`isobar: ${lines[0]}\n`);
			return error instanceof KeyFault ? ExitCode.Usage : ExitCode.Failed;
		}
		for (const line of lines) host.stderr.write(`isobar: ${line}\n`);
		return error instanceof UsageError ? ExitCode.Usage : ExitCode.Failed;
	}
}

function makeProgram(outer: Host, actions: Actions, onEnd: (code: ExitCode) => void): Command {
	const environment = { ...outer.environment };
	const host: Host = {
		...outer,
		environment,
		loadStation: (file, buildDir) => outer.loadStation(file, buildDir),
		onInterrupt: (onStop) => outer.onInterrupt(onStop),
	};
	const program = new Command("isobar")
		.description(
			"Weather stations in TypeScript: a simulated fleet, a local cloud, and the firmware for a board.",
		)
		.version(firmwareVersion)
		.option(
			"--key-file <FILE>",
			"file with the key of an encrypted data directory (env: ISOBAR_DATA_KEY_FILE, or the key itself in ISOBAR_DATA_KEY)",
		)
		.hook("preAction", (_, command) => {
			const { keyFile } = command.optsWithGlobals<{ keyFile?: string }>();
			if (keyFile === undefined) return;
			delete environment.ISOBAR_DATA_KEY;
			environment.ISOBAR_DATA_KEY_FILE = keyFile;
		})
		.configureHelp({
			helpWidth: Math.min(host.stdout.columns ?? 100, 100),
			showGlobalOptions: true,
		})
		.configureOutput({
			writeOut: (text) => host.stdout.write(text),
			writeErr: (text) => host.stderr.write(text),
			// One line, also where a suggestion follows.
			outputError: (text, write) =>
				write(
					`${text
						.trim()
						.replace(/^error: /, "isobar: ")
						.replaceAll("\n", " ")}\n`,
				),
		})
		.exitOverride();
	program
		.command("up")
		.description(
			"Starts a fleet of simulated stations, with a local cloud unless a broker is given, and reports what became of every observation.",
		)
		.option("--stations <N>", "stations of the fleet, 1 to 10000", wholeNumber(1, 10_000), 12)
		.option("--for <DURATION>", "how long: 30s, 10m, 2h or 1d (default: until Ctrl-C)", duration)
		.option(
			"--sample <SECONDS>",
			"seconds between samples of the sensors (default: 2, from the station file)",
			cadence,
		)
		.option(
			"--observe <SECONDS>",
			"seconds of one observation (default: 5, from the station file)",
			cadence,
		)
		.option(
			"--report <SECONDS>",
			"seconds between reports, up to 86400 (default: 30, from the station file)",
			wholeNumber(1, 86_400),
		)
		.option("--seed <N>", "decides everything random", wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
		.option("--weather <FILE>", weatherHelp)
		.option(
			"--station <FILE.ts>",
			"station file with `export default defineStation({…})` (default: examples/station.ts)",
		)
		.option("--port <N>", "port of the local cloud; 0 takes a free one", port, 8883)
		.addOption(httpPort())
		.addOption(httpHost())
		.option("--no-http", "no page and no HTTP API")
		.option("--data <DIR>", "certificates, archive, shadows and flash images", ".isobar")
		.option("--encrypt", encryptHelp)
		.option("--rules <DIR>", "one more folder of rules for the local cloud")
		.option(
			"--broker <URL>",
			"report to mqtts://HOST[:PORT] instead of a local cloud",
			brokerAddress,
		)
		.option("--ca <FILE>", "certificate of that broker's authority, PEM")
		.option("--cert-dir <DIR>", "<thing>.crt and <thing>.key of each station, PEM")
		.option(
			"--things-prefix <TEXT>",
			"thing names are this and 0001, 0002, …",
			thingsPrefix,
			"station-",
		)
		.option("--json", "summary as JSON on the last line of stdout; all else on stderr")
		.addHelpText("after", upNotes)
		.action(async (options: UpOptions) => onEnd(await actions.up(options, host)));
	program
		.command("sim")
		.description(
			"Flies a fleet in virtual time, as fast as it goes, through a scenario of faults, and checks all the while that nothing is lost.",
		)
		.option(
			"--stations <N>",
			"stations of the fleet (default: from the scenario)",
			wholeNumber(1, 100_000),
		)
		.option(
			"--days <N>",
			"how long faults happen (default: from the scenario)",
			wholeNumber(1, 3_650),
		)
		.option("--for <DURATION>", "the same as 90s, 10m, 2h or 1.5d", virtualDuration)
		.addOption(
			new Option("--speed <N>", "max, or times as fast as real time")
				.argParser(speed)
				.default(Number.POSITIVE_INFINITY, "max"),
		)
		.option("--seed <N>", "decides everything random", wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
		.option("--scenario <FILE>", "a scenario file, or the name of one of ours", "calm")
		.option("--report <DIR>", "writes index.html, a report of the run, and summary.json there")
		.option("--json", "summary as JSON on the last line of stdout; all else on stderr")
		.option("--weather <FILE>", weatherHelp)
		.option(
			"--station <FILE.ts>",
			"station file with `export default defineStation({…})` (default: examples/station.ts)",
		)
		.option("--data <DIR>", "takes what the station file is compiled to", ".isobar")
		.option("--until <DURATION>", "ends at this moment of virtual time", virtualDuration)
		.option("--log <THING>", "shows what this station logs, such as station-0001")
		.addHelpText("after", simNotes)
		.action(async (options: SimOptions) => onEnd(await actions.sim(options, host)));
	program
		.command("cloud")
		.description("Runs the local cloud alone, until Ctrl-C.")
		.option("--port <N>", "port; 0 takes a free one", port, 8883)
		.option("--host <ADDRESS>", "address to listen on; 0.0.0.0 for all", "127.0.0.1")
		.option(
			"--authorizer <FILE>",
			"configuration of the custom authorizer: clients with a token and no certificate",
		)
		.addOption(httpPort())
		.addOption(httpHost())
		.option("--no-http", "no page and no HTTP API")
		.option("--data <DIR>", "certificates, archive and shadows", ".isobar")
		.option("--encrypt", encryptHelp)
		.option("--rules <DIR>", "one more folder of rules, beside rules/ of the data directory")
		.option(
			"--retain-days <N>",
			"days of archive that are kept (default: all)",
			wholeNumber(1, 36_500),
		)
		.option(
			"--s3 <URL>",
			"copies days that are over to s3://BUCKET/PREFIX; credentials as the AWS SDK finds them",
			s3Address,
		)
		.option("--s3-endpoint <URL>", "of an S3-compatible service that is not AWS")
		.option("--retain-mb <N>", "MB of Parquet that are kept (default: all)", wholeNumber(1, 1e9))
		.option("--json", "log lines as JSON: time and message")
		.addOption(
			new Option("--log-level <LEVEL>", "the least that is logged")
				.choices(logLevels)
				.default("info")
				.env("ISOBAR_LOG_LEVEL"),
		)
		.addOption(
			new Option(
				"--log-format <FORMAT>",
				"text, or JSON with the level and the fields of AWS's logs",
			)
				.choices(logFormats)
				.default("text")
				.env("ISOBAR_LOG_FORMAT"),
		)
		.action(async (options: CloudCommandOptions) => onEnd(await actions.cloud(options, host)));
	program
		.command("decode")
		.description(
			"Reads reports from stdin, one a line, alone or as `mosquitto_sub -v` prints them, and writes them to stdout in another form.",
		)
		.addOption(
			new Option(
				"--to <FORM>",
				"rows as in the archive, a table, or SenML (RFC 8428), a pack a report",
			)
				.choices(decodeForms)
				.default("json"),
		)
		.option("--station <FILE.ts>", "station file with the channels of your own sensors")
		.option("--data <DIR>", "takes what the station file is compiled to", ".isobar")
		.action(async (options: DecodeOptions) => onEnd(await actions.decode(options, host)));
	addProvisioningCommands(program, host, onEnd);
	addDeviceCommands(program, host, { ...deviceActions, ...actions }, onEnd);
	addArchiveCommands(program, host, onEnd);
	addEncryptionCommands(program, host, onEnd);
	program
		.command("provision")
		.description(
			"Makes a key, a certificate, a thing and the policy of stations for each of many; what is there stays as it is.",
		)
		.option("--count <N>", "how many, 1 to 100000", wholeNumber(1, 100_000), 1)
		.option("--prefix <TEXT>", "thing names are this and 0001, 0002, …", thingsPrefix, "station-")
		.option("--data <DIR>", "the data directory of the cloud", ".isobar")
		.option("--json", "the result as JSON on stdout; progress on stderr")
		.action(async (options: ProvisionOptions) => onEnd(await provisionThings(options, host)));
	addRegistryCommands(program, host, onEnd);
	addRuleCommands(program, host, onEnd);
	addSoakCommand(program, host, onEnd);
	return program;
}

function httpPort(): Option {
	return new Option(
		"--http-port <N>",
		"port of the page and the HTTP API; 0 takes a free one (default: 8080, with --port 0 a free one)",
	).argParser(port);
}

function httpHost(): Option {
	return new Option(
		"--http-host <ADDRESS>",
		"address of the page and the HTTP API; on any that others reach they ask for a token",
	).default("127.0.0.1");
}

const weatherHelp =
	"recorded weather, FILE.csv or FILE.metar, or `synthetic` (default: Alamosa, 2016-01-01)";

const encryptHelp = "encrypts a new data directory; needs the key (--key-file)";

const upNotes = `
Cadences can also be changed in the shadow of a station, which keeps them over a restart.

Ctrl-C has the stations report what waits (${drainMs / 1000} s at most) and say goodbye, and prints the summary;
a second Ctrl-C ends at once. What is in the flash images is reported by the next start.

The summary counts observations: made (put in flash), acknowledged by the broker (those that an
earlier run left waiting included), archived, shed (given up because a flash was full), lost (made,
neither archived nor shed) and duplicates (rows that stand twice in the archive). The last two and
archived are null against another broker.
bytesPerObservation is payload bytes over observations. cpuMsPerReport is the CPU time of the whole
process, cloud and simulation included, over the reports sent.

Exit code: 0; 1 when observations were lost or stand twice, no station got through, or something
failed; 2 for a value that can't be used; 130 after a second Ctrl-C.`;

const simNotes = `
The stations run the real firmware over simulated parts, flash and network; broker, cloud and archive are
in memory. The same seed gives the same run: the trace hash in the summary says so.

Scenarios of ours: calm, flaky-wifi, broker-restart, outage, power-cuts, brownouts, clocks, half-open,
full-flash, sensors, shadows, storm, everything. docs/simulator.md says what is in them and how to
write one.

Ctrl-C ends the time with faults; what waits is then reported, and the summary printed.

Exit code: 0; 1 when an invariant does not hold or something else was expected, with the command
that leads to that moment again; 2 for a value that can't be used.`;

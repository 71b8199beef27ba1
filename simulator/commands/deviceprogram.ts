import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { type Area, areas } from "../../manifests/flash.ts";
import { type BuildOptions, build } from "./build.ts";
import { type DeviceCommandOptions, device } from "./device.ts";
import { type DoctorOptions, doctor } from "./doctor.ts";
import { type FlashCommandOptions, flash } from "./flash.ts";
import type { ExitCode, Host } from "./host.ts";
import { type IdentityCommandOptions, identity } from "./identity.ts";
import { type InitOptions, init } from "./init.ts";
import { duration, wholeNumber } from "./options.ts";
import { type PowerOptions, power } from "./power.ts";

/** What the command line does for projects and boards. */
export interface DeviceActions {
	init(options: InitOptions, host: Host): Promise<ExitCode>;
	doctor(options: DoctorOptions, host: Host): Promise<ExitCode>;
	power(options: PowerOptions, host: Host): Promise<ExitCode>;
	build(options: BuildOptions, host: Host): Promise<ExitCode>;
	identity(options: IdentityCommandOptions, host: Host): Promise<ExitCode>;
	flash(options: FlashCommandOptions, host: Host): Promise<ExitCode>;
	device(options: DeviceCommandOptions, host: Host): Promise<ExitCode>;
}

export const deviceActions: DeviceActions = Object.freeze({
	init,
	doctor,
	power,
	build,
	identity,
	flash,
	device,
});

const boardHelp = "esp32, esp32s3, esp32c3, esp32c6 or wt32-eth01";

/** Adds the commands that begin a project and bring its station onto a board. */
export function addDeviceCommands(
	program: Command,
	host: Host,
	actions: DeviceActions,
	onEnd: (code: ExitCode) => void,
): void {
	program
		.command("init")
		.argument("<DIR>", "a new or empty folder")
		.description(
			"Makes a project of your own: a station, a sensor with its simulated part and its test, and scripts to simulate, test, build and flash.",
		)
		.option("--isobar <SPEC>", "where Isobar comes from, as in package.json (default: this one)")
		.option("--json", "what was made, as JSON")
		.action(async (dir: string, options: Omit<InitOptions, "dir">) =>
			onEnd(await actions.init({ ...options, dir }, host)),
		);
	program
		.command("doctor")
		.addArgument(new Argument("[AREA...]", "for what (default: all)").choices(areas))
		.description(
			"Looks at what this machine has for a run, the tests, a build and a flash, with the step that mends what is missing.",
		)
		.option("--json", "findings as JSON")
		.addHelpText(
			"after",
			"\nExit code: 0 when everything asked for is there, 1 when something is not.",
		)
		.action(async (asked: Area[], { json }: { json?: boolean }) =>
			onEnd(await actions.doctor({ areas: asked, ...(json && { json }) }, host)),
		);
	program
		.command("power")
		.description(
			"Runs a day of a station in virtual time, and computes from data-sheet currents what it takes from a battery, in three profiles.",
		)
		.option(
			"--station <FILE.ts>",
			"station file with `export default defineStation({…})` (default: examples/station.ts)",
		)
		.option("--battery <MAH>", "charge of the battery", wholeNumber(1, 1_000_000), 3_000)
		.option("--data <DIR>", "takes what the station file is compiled to", ".isobar")
		.option("--json", "ledgers as JSON")
		.action(async (options: PowerOptions) => onEnd(await actions.power(options, host)));
	shared(program.command("build"))
		.description(
			"Bundles the firmware with a station, says what each part of it costs, and builds the image of a board, for which it needs the Moddable SDK and ESP-IDF.",
		)
		.addOption(stationOption())
		.option("--board <NAME>", `${boardHelp}; only the bundle is made without it`)
		.addOption(profileOption())
		.option("--bundle <DIR>", "takes main.js instead of a folder of --data")
		.option("--json", "sizes as JSON on the first line of stdout; the log of a build on stderr")
		.action(async (options: BuildOptions) => onEnd(await actions.build(options, host)));
	shared(program.command("identity"))
		.description("Makes the identity partition of one station; needs ESP-IDF's NVS generator.")
		.requiredOption("--thing <NAME>", "thing name, as in its certificate")
		.requiredOption("--endpoint <HOST>", "broker, by the name that its certificate has")
		.option("--port <N>", "port of the broker", wholeNumber(1, 65_535), 8883)
		.option("--ssid <NAME>", "Wi-Fi network; left out for Ethernet")
		.option("--time-server <HOST>", "time server other than pool.ntp.org")
		.addOption(profileOption())
		.option(
			"--claim <TEMPLATE>",
			"claim certificate of a provisioning template, not one of its own",
		)
		.option("--parameter <NAME=VALUE...>", "what the device says to the template", parameter)
		.option("--json", "path of the image as JSON")
		.addHelpText("after", "\nThe password of the Wi-Fi network is read from ISOBAR_WIFI_PASSWORD.")
		.action(async (options: IdentityCommandOptions) =>
			onEnd(await actions.identity(options, host)),
		);
	shared(program.command("flash"))
		.description("Builds, writes image and identity to a board, verifies them and opens its log.")
		.requiredOption("--board <NAME>", boardHelp)
		.requiredOption("--port <PORT>", "serial port, for example /dev/ttyUSB0")
		.requiredOption("--thing <NAME>", "whose identity it gets, see isobar identity")
		.addOption(stationOption())
		.addOption(profileOption())
		.option("--no-build", "writes what was built before")
		.action(async (options: FlashCommandOptions) => onEnd(await actions.flash(options, host)));
	shared(program.command("device"))
		.description(
			"Builds the firmware's own main for another platform of the Moddable SDK, which has to be installed, and runs it as a station of the local cloud; starts a cloud unless one has the directory.",
		)
		.addOption(
			new Option("--platform <NAME>", "lin: this machine, with the C engine for TLS on the real XS")
				.choices(["lin"])
				.makeOptionMandatory(),
		)
		.option(
			"--thing <NAME>",
			"thing name; its certificate is made where there is none",
			"linux-0001",
		)
		.option("--port <N>", "port of the cloud", wholeNumber(1, 65_535), 8883)
		.addOption(stationOption())
		.option("--for <DURATION>", "how long: 30s, 10m, 2h or 1d (default: until Ctrl-C)", duration)
		.option("--observations <N>", "ends when so many have come", wholeNumber(1, 1_000_000))
		.option("--json", "what came of it as JSON on the last line of stdout")
		.addHelpText(
			"after",
			"\nExit code: 0 when observations came, none of them twice; 1 otherwise, and when something is missing.",
		)
		.action(async (options: DeviceCommandOptions) => onEnd(await actions.device(options, host)));
}

/** Gathers NAME=VALUE. */
function parameter(
	text: string,
	so: Readonly<Record<string, string>> = {},
): Record<string, string> {
	const at = text.indexOf("=");
	if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
	return { ...so, [text.slice(0, at)]: text.slice(at + 1) };
}

/** What all of them have. */
function shared(command: Command): Command {
	return command
		.option("--data <DIR>", "certificates and what is built", ".isobar")
		.option("--dry-run", "print the commands and run none");
}

function stationOption(): Option {
	return new Option(
		"--station <FILE.ts>",
		"station file with `export default defineStation({…})`",
	).default("station.ts");
}

function profileOption(): Option {
	return new Option(
		"--profile <NAME>",
		"production turns on what burns fuses, see docs/production.md",
	)
		.choices(["development", "production"])
		.default("development");
}

/**
 * What brings the firmware onto a board: `npm run build:device`, `npm run identity`, `npm run flash`.
 * They print what is missing, and with --dry-run only the commands that they would run.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";

const packageRoot = fileURLToPath(new URL("..", import.meta.url));
const toolsFile = join(packageRoot, "dist/tools.js");

if (!existsSync(toolsFile)) {
	console.error('device: nothing is built yet; "npm run build" does that');
	process.exit(1);
}
const tools = await import(toolsFile);

/** Where everything is, and how it speaks. */
const workplace = ({ data, dryRun }) => ({
	packageRoot,
	outDir: tools.defaultOutDir(data),
	isDryRun: dryRun === true,
	say: (line) => console.log(line),
});

function port(text) {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1 || value > 65_535) {
		throw new InvalidArgumentError(`expected 1..65535, got ${text}`);
	}
	return value;
}

const program = new Command("device").description("Builds, identifies and flashes a board.");

/** A command with the options that all of them have. */
const command = (name, description) =>
	program
		.command(name)
		.description(description)
		.option("--data <DIR>", "certificates and what is built", ".isobar")
		.option("--dry-run", "print the commands and run none");

command("build", "Builds the firmware image of a board; needs the Moddable SDK and ESP-IDF.")
	.requiredOption("--board <NAME>", "board, as in docs/hardware-checklist.md")
	.action((options) => {
		const bundle = join(packageRoot, "dist/device/main.js");
		tools.buildDevice(tools.boardNamed(options.board), bundle, workplace(options));
	});
command("identity", "Makes the identity partition of one station; needs ESP-IDF's NVS generator.")
	.requiredOption("--thing <NAME>", "thing name, as in its certificate")
	.requiredOption("--endpoint <HOST>", "broker, by the name that its certificate has")
	.option("--port <N>", "port of the broker", port, 8883)
	.option("--ssid <NAME>", "Wi-Fi network; left out for Ethernet")
	.option("--time-server <HOST>", "time server other than pool.ntp.org")
	.addHelpText("after", "\nThe password of the Wi-Fi network is read from ISOBAR_WIFI_PASSWORD.")
	.action((options) => {
		const { thing, endpoint, port: brokerPort, data, ssid, timeServer } = options;
		const password = process.env.ISOBAR_WIFI_PASSWORD;
		const wifi = ssid && { ssid, ...(password && { password }) };
		const image = tools.makeIdentity(
			{
				...{ thing, endpoint, port: brokerPort, data },
				...(wifi && { wifi }),
				...(timeServer && { timeServer }),
			},
			workplace(options),
		);
		console.log(image);
	});
command("flash", "Writes image and identity to a board, verifies them and opens its log.")
	.requiredOption("--board <NAME>", "board, as in docs/hardware-checklist.md")
	.requiredOption("--port <PORT>", "serial port, for example /dev/ttyUSB0")
	.requiredOption("--thing <NAME>", "whose identity it gets")
	.action((options) => {
		const board = tools.boardNamed(options.board);
		tools.flashDevice(board, options.port, options.thing, workplace(options));
	});

try {
	program.parse();
} catch (error) {
	console.error(`device: ${error.message}`);
	process.exit(1);
}

#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import station from "../examples/station.ts";
import type { Host } from "./commands/host.ts";
import { run } from "./commands/program.ts";
import { loadStationFile } from "./commands/stationfile.ts";

// This file is dist/cli.js when it runs.
const packageRoot = new URL("../", import.meta.url);

const host: Host = {
	stdin: process.stdin,
	stdout: process.stdout,
	stderr: process.stderr,
	environment: process.env,
	station: { definition: station, parts: {} },
	weatherFile: fileURLToPath(new URL("weather/surfrad-alamosa-2016-01-01.csv", import.meta.url)),
	packageRoot: fileURLToPath(packageRoot),
	program: [process.execPath, fileURLToPath(import.meta.url)],
	scenarioDir: fileURLToPath(new URL("scenarios", import.meta.url)),
	pageDir: fileURLToPath(new URL("page", import.meta.url)),
	loadStation: (file, buildDir) => loadStationFile(file, buildDir, packageRoot),
	onInterrupt(onStop) {
		process.on("SIGINT", onStop).on("SIGTERM", onStop);
		return () => process.off("SIGINT", onStop).off("SIGTERM", onStop);
	},
};

// A reader that has seen enough, as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code !== "EPIPE") throw error;
});

const code = await run(process.argv.slice(2), host);
// Sockets that linger over their last bytes must not hold the prompt; what was printed must get out.
process.stdout.write("", () => process.exit(code));

/** `npm run bench -- NAME [options]`: builds a benchmark and runs it in a process of its own. */
import { spawn } from "node:child_process";
import { bundle } from "./bundle.js";

/** By name: what it compares, the programs to be bundled, and what Node has to be told. */
const benchmarks = {
	codec: {
		summary: "our MQTT codec beside mqtt-packet: packets per second and garbage per packet",
		programs: ["codec"],
		// The young generation holds a whole round, so that nothing is collected while garbage is counted.
		flags: ["--expose-gc", "--max-semi-space-size=256"],
	},
	fleet: {
		summary: "a fleet of our sessions beside the same fleet on MQTT.js: CPU per message, memory",
		programs: ["fleet", "fleet-isobar", "fleet-mqttjs", "fleet-bare"],
		flags: [],
	},
	sim: {
		summary: "a fleet in virtual time: device-days per second on one core, memory of a station",
		programs: ["sim"],
		flags: ["--expose-gc"],
	},
	store: {
		summary: "queries over an archive of 43 million observations: a device-day, means of all hours",
		programs: ["store"],
		flags: [],
	},
	ingest: {
		summary: "the local cloud beside a bare aedes and mosquitto: reports a second at QoS 1",
		programs: ["ingest", "ingest-client", "ingest-isobar", "ingest-aedes"],
		flags: [],
	},
	start: {
		summary: "the start of the local cloud, on data that is there and on none, beside node -e 0",
		programs: ["start"],
		flags: [],
	},
	payload: {
		summary: "reports beside plain JSON, SenML and CBOR: bytes an observation on the recorded day",
		programs: ["payload"],
		flags: [],
	},
	page: {
		summary: "the page in a browser: a year of minutes opened and moved, 1,000 stations scrolled",
		programs: ["page"],
		flags: [],
	},
};

const names = Object.keys(benchmarks);
const help = `npm run bench -- NAME [options]

${names.map((name) => `  ${name.padEnd(8)}${benchmarks[name].summary}`).join("\n")}

npm run bench -- NAME --help lists the options of a benchmark.
`;

const [name = "--help", ...options] = process.argv.slice(2);
if (name === "--help") {
	process.stdout.write(help);
} else if (!names.includes(name)) {
	process.stderr.write(`bench: "${name}" is none of ${names.join(", ")}\n`);
	process.exitCode = 2;
} else {
	const { programs, flags } = benchmarks[name];
	const [main] = await bundle(programs);
	// Room for the sockets of two fleets and of a broker; where it cannot be had, `fleet` says so.
	const command = 'ulimit -n 8192 2>/dev/null; exec "$@"';
	const words = [process.execPath, ...flags, main, ...options];
	const child = spawn("sh", ["-c", command, "sh", ...words], { stdio: "inherit" });
	child.once("exit", (code) => {
		process.exitCode = code ?? 1;
	});
}

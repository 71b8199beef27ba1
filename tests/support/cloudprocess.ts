import { startCloud } from "../../cloud/index.ts";

/** A cloud in a process of its own, for tests that end it with SIGKILL: DIR PORT. */
const [dataDir, port] = process.argv.slice(2);
const cloud = await startCloud({
	dataDir: dataDir!,
	port: Number(port),
	log: (line) => console.error(line),
});
console.log(cloud.port);

import { startCloud } from "../cloud/main.ts";

/** The local cloud in a process of its own; encrypted when there is a key. */
const cloud = await startCloud({
	dataDir: process.argv[2]!,
	dataKey: process.argv[3],
	port: 0,
	log: (line) => process.stderr.write(`${line}\n`),
});
process.send!(cloud.port);
process.once("disconnect", () => process.exit());

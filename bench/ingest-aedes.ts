import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { Aedes } from "aedes";

/** Aedes behind mutual TLS, as it comes: it asks nobody and keeps nothing. */
const dataDir = process.argv[2]!;
const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
const aedes = await Aedes.createBroker();
const server = createServer(
	{
		ca: read("ca.crt"),
		cert: read("server.crt"),
		key: read("server.key"),
		requestCert: true,
		rejectUnauthorized: true,
	},
	(socket) => {
		socket.setNoDelay(true);
		aedes.handle(socket);
	},
);
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());

import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { certificateIdOf } from "../../cloud/access.ts";
import { provision } from "../../cloud/index.ts";
import { attachPolicy, createPolicy } from "../../cloud/registry/policies.ts";
import { TlsNetwork } from "../../simulator/device/tls.ts";
import { CloudBench } from "../support/cloud.ts";
import { openPolicy } from "../support/plaincloud.ts";
import { measure, stepsOf, thingNamed, type WalkOptions, walk } from "../support/walk.ts";

/** Bytes between two mishaps, handshake included; a prime, so that they fall everywhere in records. */
const stride = 61;
/** Signatures and tickets differ by some bytes from handshake to handshake. */
const slack = 32;

let files: CloudBench;
beforeEach(() => {
	files = new CloudBench();
});
afterEach(() => files.end());

test("mishaps all through mutual TLS to the local cloud: every observation exactly once in the archive", async () => {
	await provision(files.dataDir, ["anybody"]);
	const certificate = files.read("things/anybody.crt");
	const certificateId = certificateIdOf(new X509Certificate(certificate));
	const cloud = await files.start();
	await cloud.registry.run((registry) => createPolicy(registry, "open", openPolicy));
	await cloud.registry.run((registry) => attachPolicy(registry, "open", { certificateId }));
	const credentials = {
		authority: files.read("ca.crt"),
		certificate,
		key: files.read("things/anybody.key"),
	};
	const options: WalkOptions = {
		port: cloud.port,
		host: "localhost",
		qos: 2,
		prefix: "s",
		// A handshake in single bytes is thousands of turns; the deadlines of the others go on.
		atOnce: 12,
		createNetwork: (turn) => new TlsNetwork(credentials, turn),
	};
	const { up, down } = await measure(options);
	const mishaps = ["cut", "half-close", "stall", "bytes", "power"] as const;
	const steps = stepsOf(mishaps, { up: up - slack, down: down - slack }, stride);
	await walk(options, steps);
	for (let index = 0; index <= steps.length; index++) {
		const found = cloud.archive.countBetween(thingNamed("s", index), 1, 4);
		if (found !== 4) throw new Error(`${found} of 4 after ${JSON.stringify(steps[index - 1])}`);
	}
	expect(await cloud.archive.audit()).toEqual({ rows: (steps.length + 1) * 4, repeated: 0 });
});

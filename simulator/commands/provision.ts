import { openApi, provision, Vault } from "../../cloud/index.ts";
import { certificateProgress } from "./destination.ts";
import { ExitCode, type Host } from "./host.ts";
import { thingNames } from "./options.ts";
import { authorityPassphrase, dataKey } from "./secret.ts";

/** What the user asked for, by the names of the options. */
export interface ProvisionOptions {
	readonly count: number;
	readonly prefix: string;
	readonly data: string;
	readonly json?: boolean;
}

/**
 * `isobar provision`: a key, a certificate, a thing and the policy of stations for each of many. What is
 * there already stays as it is.
 *
 * @returns Ok; what went wrong is thrown, with one line
 */
export async function provisionThings(options: ProvisionOptions, host: Host): Promise<ExitCode> {
	const { count, prefix, data, json } = options;
	const keys = { caPassphrase: authorityPassphrase(host), dataKey: dataKey(host) };
	const began = performance.now();
	const names = thingNames(prefix, count);
	await provision(data, names, certificateProgress(count, json ? host.stderr : host.stdout), {
		...keys,
		vault: await Vault.open(data, keys),
	});
	// Opening a directory registers what is in it; a cloud that runs does that at the first connection.
	const api = await openApi(data, keys);
	await api.close();
	const seconds = Math.round((performance.now() - began) / 10) / 100;
	const when = api.running ? ", registered when they first connect" : "";
	host.stdout.write(
		json
			? `${JSON.stringify({ things: count, first: names[0], last: names.at(-1), seconds })}\n`
			: `${count} things, ${names[0]} to ${names.at(-1)}, in ${data}/things${when}: ${seconds.toFixed(2)} s\n`,
	);
	return ExitCode.Ok;
}

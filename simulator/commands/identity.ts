import { makeIdentity } from "../../manifests/flash.ts";
import { workplaceOf } from "./build.ts";
import { ExitCode, type Host } from "./host.ts";

/** What the user asked for, by the names of the options. */
export interface IdentityCommandOptions {
	readonly thing: string;
	readonly endpoint: string;
	readonly port: number;
	readonly ssid?: string;
	readonly timeServer?: string;
	/** Directory of the local cloud that made the certificate; takes the image too. */
	readonly data: string;
	readonly dryRun?: boolean;
	readonly json?: boolean;
}

/**
 * `isobar identity`: the image of the identity partition of one station. The password of the Wi-Fi
 * comes from the environment, so that it is in no list of processes and no history of a shell.
 *
 * @throws {FlashFault} that says what is missing, or what failed
 */
export async function identity(options: IdentityCommandOptions, host: Host): Promise<ExitCode> {
	const { thing, endpoint, port, ssid, timeServer, data } = options;
	const password = host.environment.ISOBAR_WIFI_PASSWORD;
	const wifi = ssid && { ssid, ...(password && { password }) };
	const image = makeIdentity(
		{ thing, endpoint, port, data, ...(wifi && { wifi }), ...(timeServer && { timeServer }) },
		workplaceOf(options, host),
	);
	host.stdout.write(options.json ? `${JSON.stringify({ image })}\n` : `${image}\n`);
	return ExitCode.Ok;
}

import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { provision } from "../../cloud/index.ts";
import { Layout } from "../../cloud/layout.ts";
import { makeIdentity, type Profile } from "../../manifests/flash.ts";
import { workplaceOf } from "./build.ts";
import { ExitCode, type Host } from "./host.ts";
import { UsageError } from "./options.ts";

/** What the user asked for, by the names of the options. */
export interface IdentityCommandOptions {
	readonly thing: string;
	readonly endpoint: string;
	readonly port: number;
	readonly ssid?: string;
	readonly timeServer?: string;
	/** Template whose claim certificate the device gets, instead of one of its own. */
	readonly claim?: string;
	readonly parameter?: Readonly<Record<string, string>>;
	/** Directory of the local cloud that made the certificate; takes the image too. */
	readonly data: string;
	readonly profile: Profile;
	readonly dryRun?: boolean;
	readonly json?: boolean;
}

/**
 * `isobar identity`: the image of the identity partition of one station, whose certificate is made
 * when the authority in `data` is ours and there is none yet. The password of the Wi-Fi
 * comes from the environment, so that it is in no list of processes and no history of a shell.
 *
 * @throws {UsageError} for an endpoint that the local cloud in `data` does not answer to
 * @throws {FlashFault} that says what is missing, or what failed
 */
export async function identity(options: IdentityCommandOptions, host: Host): Promise<ExitCode> {
	const {
		thing,
		endpoint,
		port,
		ssid,
		timeServer,
		data,
		claim: template,
		parameter = {},
	} = options;
	refuseEncrypted(data, thing);
	const claim = template && { template, parameters: parameter };
	if (options.dryRun !== true && !claim) await ensureCertificate(data, thing, endpoint);
	const password = host.environment.ISOBAR_WIFI_PASSWORD;
	const wifi = ssid && { ssid, ...(password && { password }) };
	const image = makeIdentity(
		{
			thing,
			endpoint,
			port,
			data,
			...(wifi && { wifi }),
			...(timeServer && { timeServer }),
			...(claim && { claim }),
		},
		options.profile,
		workplaceOf(options, host),
	);
	host.stdout.write(options.json ? `${JSON.stringify({ image })}\n` : `${image}\n`);
	return ExitCode.Ok;
}

/** What is flashed has the key as it is, and would stand beside what is encrypted. */
function refuseEncrypted(data: string, thing: string): void {
	if (!existsSync(new Layout(data).vault)) return;
	throw new UsageError(
		`--data: ${data} is encrypted, and an image has the key of its station in the clear; expected a folder of its own with ca.crt, things/${thing}.crt and things/${thing}.key, which \`isobar decrypt\` writes`,
	);
}

/** Files of another authority are left as they are: its certificates come from elsewhere. */
async function ensureCertificate(data: string, thing: string, endpoint: string): Promise<void> {
	const { authority, server } = new Layout(data);
	if (existsSync(authority.certificate) && !existsSync(authority.key)) return;
	await provision(data, [thing]);
	const certificate = new X509Certificate(readFileSync(server.certificate));
	const names = isIP(endpoint) ? certificate.checkIP(endpoint) : certificate.checkHost(endpoint);
	if (names !== undefined) return;
	const { subjectAltName = "nobody" } = certificate;
	throw new UsageError(
		`--endpoint: the local cloud in ${data} does not answer to ${endpoint}; expected one of ${subjectAltName.replace(/(DNS|IP Address):/g, "")}`,
	);
}

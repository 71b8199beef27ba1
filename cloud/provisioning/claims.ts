import type { Realm } from "../access.ts";
import { CloudFault } from "../fault.ts";
import { createFile, readIfPresent, syncDirectory } from "../file.ts";
import { type CredentialPaths, Layout } from "../layout.ts";
import { makeKey } from "../registry/authority.ts";
import { openAuthority, type Secrets } from "../registry/authoritykey.ts";
import { Vault } from "../vault/vault.ts";
import { isTemplateName } from "./templates.ts";

/** Common names of claim certificates start with this; what is behind it is a template. */
const claimPrefix = "claim-";

/** The template that a certificate of this common name would claim for. */
export function templateOfClaim(commonName: string): string | undefined {
	const name = commonName.startsWith(claimPrefix) ? commonName.slice(claimPrefix.length) : "";
	return isTemplateName(name) ? name : undefined;
}

export function claimPolicyName(templateName: string): string {
	return `isobar-${claimPrefix}${templateName}`;
}

/**
 * Makes the claim certificate of a template in `claims/`, which all devices of a batch are flashed with,
 * unless it is there. A running cloud registers it when it is first used.
 *
 * @throws {CloudFault} "NotFound" when the data directory has no authority yet
 */
export async function makeClaim(
	dataDir: string,
	templateName: string,
	secrets: Secrets = {},
): Promise<CredentialPaths> {
	const { vault = Vault.plain } = secrets;
	const layout = new Layout(dataDir);
	const paths = layout.claim(templateName);
	if ((await readIfPresent(paths.certificate)) !== undefined) return paths;
	if ((await readIfPresent(layout.authority.certificate)) === undefined) {
		throw new CloudFault("NotFound", `there is no authority in ${layout.root}`);
	}
	const authority = await openAuthority(layout, secrets);
	await vault.create(paths.key, await makeKey(), 0o600);
	// Of a run that was cut short there may be a key, and it is as good.
	const key = (await vault.read(paths.key))!;
	await createFile(
		paths.certificate,
		await authority.issueDevice(key, claimPrefix + templateName),
		0o644,
	);
	await syncDirectory(layout.claims);
	return paths;
}

/**
 * All that a claim certificate may do: connect, ask for a certificate, and register with one template
 * (aws-iot-contract.md §2.6).
 */
export function makeClaimPolicy({ region, accountId }: Realm, templateName: string): string {
	const arn = (name: string): string => `arn:aws:iot:${region}:${accountId}:${name}`;
	const topics = [
		"$aws/certificates/create/json",
		"$aws/certificates/create-from-csr/json",
		`$aws/provisioning-templates/${templateName}/provision/json`,
	];
	const answers = topics.flatMap((topic) => [`${topic}/accepted`, `${topic}/rejected`]);
	const allow = (Action: string, Resource: string[]) => ({ Effect: "Allow", Action, Resource });
	return JSON.stringify({
		Version: "2012-10-17",
		Statement: [
			allow("iot:Connect", [arn("client/*")]),
			allow(
				"iot:Publish",
				topics.map((topic) => arn(`topic/${topic}`)),
			),
			allow(
				"iot:Subscribe",
				answers.map((topic) => arn(`topicfilter/${topic}`)),
			),
			allow(
				"iot:Receive",
				answers.map((topic) => arn(`topic/${topic}`)),
			),
		],
	});
}

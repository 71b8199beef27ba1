import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { messageOf } from "../../../cloud/fault.ts";
import { UsageError } from "../options.ts";
import type { ApiCaller } from "./client.ts";
import { type CommonOptions, described, listed, type Noun, said, step } from "./command.ts";
import { certificateIdOf } from "./principal.ts";

interface CertificateOptions extends CommonOptions {
	readonly out: string;
	readonly csr?: string;
	readonly thing?: string;
	readonly policy?: string;
	readonly inactive?: boolean;
	readonly force?: boolean;
}

/** `isobar cert …` */
export function addCertificateVerbs(noun: Noun): void {
	noun
		.verb<CertificateOptions>(
			"create",
			"Makes a key and its certificate, or signs a request, and writes them to files.",
			create,
			(command) =>
				command
					.requiredOption("--out <STEM>", "writes STEM.crt, and STEM.key for its owner alone")
					.option("--csr <FILE>", "a PKCS #10 request, PEM: the key stays where it is")
					.option("--thing <NAME>", "attaches it to this thing")
					.option("--policy <NAME>", "attaches this policy to it")
					.option("--inactive", "it is INACTIVE at first"),
		)
		.verb(
			"describe <certificate>",
			"Shows a certificate, by its id or its file.",
			async (api, [text]) => {
				const path = `/certificates/${certificateIdOf(text!)}`;
				return described((await api.call("GET", path)).certificateDescription);
			},
		)
		.verb("list", "Lists certificates, newest first.", async (api) =>
			listed(
				await api.all("GET", "/certificates", "certificates"),
				({ certificateId, status }) => `${certificateId}  ${status}`,
			),
		)
		.verb("activate <certificate>", "Makes a certificate ACTIVE.", (api, [text]) =>
			setStatus(api, text!, "ACTIVE"),
		)
		.verb(
			"deactivate <certificate>",
			"Makes it INACTIVE; its connections close at once.",
			(api, [text]) => setStatus(api, text!, "INACTIVE"),
		)
		.verb(
			"revoke <certificate>",
			"Makes it REVOKED; its connections close at once.",
			(api, [text]) => setStatus(api, text!, "REVOKED"),
		)
		.verb<CertificateOptions>(
			"delete <certificate>",
			"Deletes a certificate that is not ACTIVE and attached to nothing.",
			async (api, [text], { force }) => {
				const path = `/certificates/${certificateIdOf(text!)}`;
				const query = { forceDelete: force };
				return said(await api.call("DELETE", path, { query }), "the certificate is deleted");
			},
			(command) => command.option("--force", "also one that has policies"),
		);
}

async function create(api: ApiCaller, _: string[], options: CertificateOptions) {
	const { out, csr, thing, policy, inactive = false } = options;
	for (const file of [`${out}.crt`, `${out}.key`]) {
		if (existsSync(file) && !(csr !== undefined && file.endsWith(".key"))) {
			throw new UsageError(`--out: there is ${file} already; expected another name`);
		}
	}
	// Nothing is made for a thing or a policy that is not there.
	if (thing !== undefined) await api.call("GET", `/things/${step(thing)}`);
	if (policy !== undefined) await api.call("GET", `/policies/${step(policy)}`);
	const query = { setAsActive: !inactive };
	const made =
		csr === undefined
			? await api.call("POST", "/keys-and-certificate", { query })
			: await api.call("POST", "/certificates", {
					query,
					body: { certificateSigningRequest: readRequest(csr) },
				});
	const { certificateArn, certificateId, certificatePem, keyPair } = made;
	if (keyPair) writeFileSync(`${out}.key`, keyPair.PrivateKey, { mode: 0o600, flag: "wx" });
	writeFileSync(`${out}.crt`, certificatePem, { flag: "wx" });
	if (thing !== undefined) {
		const headers = { "x-amzn-principal": certificateArn };
		await api.call("PUT", `/things/${step(thing)}/principals`, { headers });
	}
	if (policy !== undefined) {
		await api.call("PUT", `/target-policies/${step(policy)}`, { body: { target: certificateArn } });
	}
	return said(
		{ certificateArn, certificateId, files: [`${out}.crt`, ...(keyPair ? [`${out}.key`] : [])] },
		certificateId,
	);
}

async function setStatus(api: ApiCaller, text: string, newStatus: string) {
	const path = `/certificates/${certificateIdOf(text)}`;
	return said(
		await api.call("PUT", path, { query: { newStatus } }),
		`the certificate is ${newStatus}`,
	);
}

function readRequest(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		throw new UsageError(`--csr: ${messageOf(error)}; expected a PKCS #10 request, PEM`);
	}
}

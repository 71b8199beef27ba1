import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { UsageError } from "../options.ts";

const prefix = "arn:aws:iot:us-east-1:000000000000:";

/** The id of a certificate that is given by its id, its ARN or its file. @throws {UsageError} */
export function certificateIdOf(text: string): string {
	const id = text.replace(`${prefix}cert/`, "");
	if (/^[0-9a-f]{64}$/.test(id)) return id;
	try {
		const { fingerprint256 } = new X509Certificate(readFileSync(text));
		return fingerprint256.replaceAll(":", "").toLowerCase();
	} catch {
		throw new UsageError(
			`${JSON.stringify(text)} is no certificate; expected an id of 64 hex digits or a file, PEM`,
		);
	}
}

export function arnOf(certificate: string): string {
	return `${prefix}cert/${certificateIdOf(certificate)}`;
}

/** What a policy is attached to. @throws {UsageError} unless exactly one is given */
export function targetOf({ cert, group }: { cert?: string; group?: string }): string {
	if ((cert === undefined) === (group === undefined)) {
		throw new UsageError("expected either --cert ID or --group NAME");
	}
	return cert === undefined ? `${prefix}thinggroup/${group}` : arnOf(cert);
}

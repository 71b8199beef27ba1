import "reflect-metadata";
import {
	type GeneralName,
	type GeneralNameType,
	IssuerAlternativeNameExtension,
	type Name,
	SubjectAlternativeNameExtension,
	X509Certificate,
} from "@peculiar/x509";
import type { Variables } from "./policy.ts";

/** Attributes of a distinguished name that policies can name, by their object identifiers. */
const attributes: Readonly<Record<string, string>> = Object.freeze({
	DistinguishedNameQualifier: "2.5.4.46",
	Country: "2.5.4.6",
	Organization: "2.5.4.10",
	OrganizationalUnit: "2.5.4.11",
	State: "2.5.4.8",
	CommonName: "2.5.4.3",
	SerialNumber: "2.5.4.5",
	Title: "2.5.4.12",
	Surname: "2.5.4.4",
	GivenName: "2.5.4.42",
	Initials: "2.5.4.43",
	Pseudonym: "2.5.4.65",
	GenerationQualifier: "2.5.4.44",
});

const alternativeNames: Readonly<Partial<Record<GeneralNameType, string>>> = Object.freeze({
	email: "RFC822Name",
	dns: "DNSName",
	dn: "DirectoryName",
	url: "UniformResourceIdentifier",
	ip: "IPAddress",
});

const valuesLimit = 5;
const charactersLimit = 1024;
const prefix = "iot:Certificate.";

/**
 * The policy variables that a certificate gives a value: `iot:Certificate.Subject.CommonName` and
 * so on.
 *
 * @param der  the certificate
 *
 * Source: aws-iot-contract.md §2.5.
 */
export function certificateVariables(der: Uint8Array): Variables {
	const certificate = new X509Certificate(Uint8Array.from(der));
	const found = new Map<string, string[]>([["SerialNumber", [certificate.serialNumber]]]);
	collectName(found, "Subject", certificate.subjectName);
	collectName(found, "Issuer", certificate.issuerName);
	const subject = certificate.getExtension(SubjectAlternativeNameExtension);
	if (subject) collectAlternativeNames(found, "Subject", subject.names.items);
	const issuer = certificate.getExtension(IssuerAlternativeNameExtension);
	if (issuer) collectAlternativeNames(found, "Issuer", issuer.names.items);
	found.set(
		"AvailableKeys",
		[...found.keys()].map((name) => `${prefix}${name}`),
	);
	return (name) => (name.startsWith(prefix) ? found.get(name.slice(prefix.length)) : undefined);
}

function collectName(found: Map<string, string[]>, whose: string, name: Name): void {
	for (const [attribute, identifier] of Object.entries(attributes)) {
		collect(found, `${whose}.${attribute}`, name.getField(identifier));
	}
}

function collectAlternativeNames(
	found: Map<string, string[]>,
	whose: string,
	names: readonly GeneralName[],
): void {
	for (const [type, name] of Object.entries(alternativeNames)) {
		const values = names.filter((item) => item.type === type).map((item) => item.value);
		collect(found, `${whose}.AlternativeName.${name}`, values);
	}
}

/** A value that could pass for a pattern is no value. */
function collect(found: Map<string, string[]>, name: string, values: readonly string[]): void {
	const usable = values.filter(
		(value) => value.length <= charactersLimit && !/[*$+?#]/.test(value),
	);
	if (usable.length === 0 || usable.length < values.length) return;
	found.set(
		name,
		usable.slice(0, valuesLimit).map((value) => value.replace(/[,"\\=<>;]/g, "\\$&")),
	);
}

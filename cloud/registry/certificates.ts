import type { Attachment, Certificate, CertificateStatus, Change } from "./entities.ts";
import { exists, invalid, RegistryFault } from "./fault.ts";
import type { Registry } from "./registry.ts";
import { createThing } from "./things.ts";

const certificateIdPattern = /^[0-9a-f]{64}$/;

export function registerCertificate(
	registry: Registry,
	certificateId: string,
	certificatePem: string,
	status: CertificateStatus = "ACTIVE",
): Change[] {
	if (!certificateIdPattern.test(certificateId)) throw invalid("a certificate id is 64 hex digits");
	if (registry.find("certificate", certificateId)) throw exists(`the certificate ${certificateId}`);
	const certificate = { certificateId, certificatePem, status, things: {}, policies: [] };
	return [changeCertificate(certificate)];
}

/** Registers a certificate with its thing and its policy in one go; the thing may be there already. */
export function adoptCertificate(
	registry: Registry,
	input: {
		readonly certificateId: string;
		readonly certificatePem: string;
		readonly thingName: string;
		readonly thingId: string;
		readonly policyName: string;
	},
): Change[] {
	const { certificateId, certificatePem, thingName, thingId, policyName } = input;
	registry.demand("policy", policyName);
	const thing = registry.find("thing", thingName)
		? []
		: createThing(registry, { thingName, thingId });
	registerCertificate(registry, certificateId, certificatePem);
	const certificate: Certificate = {
		certificateId,
		certificatePem,
		status: "ACTIVE",
		things: { [thingName]: "NON_EXCLUSIVE_THING" },
		policies: [policyName],
	};
	return [...thing, changeCertificate(certificate)];
}

export function updateCertificate(
	registry: Registry,
	certificateId: string,
	status: CertificateStatus,
): Change[] {
	const certificate = registry.demand("certificate", certificateId);
	if (status === "PENDING_ACTIVATION") throw invalid("nobody can set PENDING_ACTIVATION");
	return certificate.status === status ? [] : [changeCertificate({ ...certificate, status })];
}

/** It must not be ACTIVE, and attached to nothing. */
export function deleteCertificate(registry: Registry, certificateId: string): Change[] {
	const { status, things, policies } = registry.demand("certificate", certificateId);
	if (status === "ACTIVE") {
		throw new RegistryFault(
			"CertificateStateException",
			`the certificate ${certificateId} is ACTIVE`,
		);
	}
	const [attached] = [...Object.keys(things), ...policies];
	if (attached !== undefined) {
		throw new RegistryFault(
			"DeleteConflictException",
			`the certificate ${certificateId} is attached to ${attached}`,
		);
	}
	return [{ kind: "certificate", name: certificateId, value: undefined }];
}

/** With an exclusive attachment neither the thing nor the certificate may have another. */
export function attachThingPrincipal(
	registry: Registry,
	thingName: string,
	certificateId: string,
	attachment: Attachment = "NON_EXCLUSIVE_THING",
): Change[] {
	registry.demand("thing", thingName);
	const certificate = registry.demand("certificate", certificateId);
	if (certificate.things[thingName] === attachment) return [];
	for (const [other, kind] of Object.entries(certificate.things)) {
		const conflict = attachment === "EXCLUSIVE_THING" || kind === "EXCLUSIVE_THING";
		if (other !== thingName && conflict) {
			throw invalid(`the certificate ${certificateId} is attached to ${other}`);
		}
	}
	for (const other of registry.certificates) {
		const theirs = Object.hasOwn(other.things, thingName) ? other.things[thingName] : undefined;
		const conflict = attachment === "EXCLUSIVE_THING" || theirs === "EXCLUSIVE_THING";
		if (other !== certificate && theirs && conflict) {
			throw invalid(`the thing ${thingName} has the certificate ${other.certificateId}`);
		}
	}
	const things = { ...certificate.things, [thingName]: attachment };
	return [changeCertificate({ ...certificate, things })];
}

export function detachThingPrincipal(
	registry: Registry,
	thingName: string,
	certificateId: string,
): Change[] {
	const certificate = registry.demand("certificate", certificateId);
	if (!Object.hasOwn(certificate.things, thingName)) return [];
	const { [thingName]: _, ...things } = certificate.things;
	return [changeCertificate({ ...certificate, things })];
}

export function changeCertificate(certificate: Certificate): Change {
	return { kind: "certificate", name: certificate.certificateId, value: certificate };
}

import { randomUUID, type X509Certificate } from "node:crypto";
import { certificateIdOf } from "../access.ts";
import { messageOf } from "../fault.ts";
import { registerCertificate } from "../registry/certificates.ts";
import type { RegistryStore } from "../registry/store.ts";
import { certificateVariables } from "../registry/subject.ts";
import { enrol } from "../services/enrolment.ts";
import { certificateIdParameter, enrolmentOf, parseTemplate } from "../services/template.ts";
import type { Authorities, CustomerAuthority } from "./authorities.ts";
import { policyNameOf } from "./policyname.ts";
import type { Templates } from "./templates.ts";

export interface JustInTimeOptions {
	readonly registry: RegistryStore;
	readonly authorities: Authorities;
	readonly templates: Templates;
	readonly accountId: string;
	publish(topicName: string, payload: string): void;
	log(line: string): void;
}

/** Parameters that a template gets from the subject of a certificate [aws-iot-contract.md §2.3]. */
const subjectParameters: Readonly<Record<string, string>> = Object.freeze({
	Country: "Country",
	Organization: "Organization",
	OrganizationalUnit: "OrganizationalUnit",
	DistinguishedNameQualifier: "DistinguishedNameQualifier",
	StateName: "State",
	CommonName: "CommonName",
	SerialNumber: "SerialNumber",
});

/**
 * Registers a device by its first connection, under an authority that has been registered for that. The
 * connection itself is refused; the device comes again.
 *
 * Source: aws-iot-contract.md §2.3, JITR and JITP.
 */
export class JustInTime {
	readonly #options: JustInTimeOptions;

	constructor(options: JustInTimeOptions) {
		this.#options = options;
	}

	/** Whether an authority that devices may register themselves under has signed a certificate. */
	async knows(certificate: X509Certificate): Promise<boolean> {
		return (await this.#issuerOf(certificate)) !== undefined;
	}

	/** @returns why the connection is refused, when this was one for us */
	async register(certificate: X509Certificate): Promise<string | undefined> {
		const issuer = await this.#issuerOf(certificate);
		if (!issuer) return undefined;
		const { registry } = this.#options;
		const certificateId = certificateIdOf(certificate);
		await registry.run((state) =>
			state.certificate(certificateId)
				? []
				: registerCertificate(state, certificateId, certificate.toString(), "PENDING_ACTIVATION"),
		);
		if (issuer.templateName === undefined) this.#announce(certificateId, issuer);
		else return this.#provision(certificate, certificateId, issuer.templateName);
		return "its certificate is PENDING_ACTIVATION";
	}

	async #issuerOf(certificate: X509Certificate): Promise<CustomerAuthority | undefined> {
		const issuer = await this.#options.authorities.issuerOf(certificate);
		return issuer?.autoRegistrationStatus === "ENABLE" ? issuer : undefined;
	}

	/** Each attempt repeats it: whoever activates certificates may have been away. */
	#announce(certificateId: string, issuer: CustomerAuthority): void {
		const now = Date.now();
		const event = {
			certificateId,
			caCertificateId: issuer.certificateId,
			timestamp: now,
			certificateStatus: "PENDING_ACTIVATION",
			awsAccountId: this.#options.accountId,
			certificateRegistrationTimestamp: String(now),
		};
		const topic = `$aws/events/certificates/registered/${issuer.certificateId}`;
		this.#options.publish(topic, JSON.stringify(event));
	}

	async #provision(
		certificate: X509Certificate,
		certificateId: string,
		templateName: string,
	): Promise<string> {
		const { registry, templates, log } = this.#options;
		try {
			const template = await templates.find(templateName);
			if (!template?.enabled) throw new Error(`no template ${templateName} that is enabled`);
			const parameters = { ...parametersOf(certificate), [certificateIdParameter]: certificateId };
			const enrolment = enrolmentOf(parseTemplate(template.templateBody), parameters);
			await registry.run((state) =>
				enrol(state, { ...enrolment, certificateId }, randomUUID(), policyNameOf),
			);
			log(
				`provisioned ${enrolment.thing?.thingName ?? "no thing"} by ${templateName}, just in time`,
			);
			return "its certificate was registered by this connection; the next one is accepted";
		} catch (error) {
			return `its certificate can't be provisioned by ${templateName}: ${messageOf(error)}`;
		}
	}
}

function parametersOf(certificate: X509Certificate): Record<string, string> {
	const variables = certificateVariables(certificate.raw);
	const found: Record<string, string> = {};
	for (const [parameter, attribute] of Object.entries(subjectParameters)) {
		const value = variables(`iot:Certificate.Subject.${attribute}`)?.[0];
		if (value !== undefined) found[`AWS::IoT::Certificate::${parameter}`] = value;
	}
	return found;
}

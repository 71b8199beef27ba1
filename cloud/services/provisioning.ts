import type { JsonObject } from "./document.ts";

/*
 * Topics and answers of fleet provisioning. Source: aws-iot-contract.md §5.1.
 */

/** What a message asks of the service. */
export type ProvisioningRequest =
	| { readonly operation: "CreateKeysAndCertificate" | "CreateCertificateFromCsr" }
	| { readonly operation: "RegisterThing"; readonly templateName: string };

const createTopic = "$aws/certificates/create/json";
const createFromCsrTopic = "$aws/certificates/create-from-csr/json";
const templatePattern = /^\$aws\/provisioning-templates\/([0-9A-Za-z_-]{1,36})\/provision\/json$/;

/** What a topic asks of the service; `undefined` when it asks nothing. */
export function parseProvisioningTopic(topicName: string): ProvisioningRequest | undefined {
	if (topicName === createTopic) return { operation: "CreateKeysAndCertificate" };
	if (topicName === createFromCsrTopic) return { operation: "CreateCertificateFromCsr" };
	const templateName = templatePattern.exec(topicName)?.[1];
	return templateName === undefined ? undefined : { operation: "RegisterThing", templateName };
}

/**
 * Whether messages of clients on a topic are for the service alone. A request carries an ownership
 * token, and all devices with one claim certificate may subscribe to the same topics; an answer that
 * another device could publish would be a forged identity.
 */
export function isProvisioningTopic(topicName: string): boolean {
	return (
		topicName.startsWith("$aws/certificates/") ||
		topicName.startsWith("$aws/provisioning-templates/")
	);
}

/** Why a request is refused. The class of the code decides, the rest is for people. */
export class ProvisioningFault extends Error {
	override readonly name = "ProvisioningFault";
	readonly statusCode: number;
	readonly errorCode: string;

	private constructor(statusCode: number, errorCode: string, message: string) {
		super(message);
		this.statusCode = statusCode;
		this.errorCode = errorCode;
	}

	static readonly badToken = (message: string) =>
		new ProvisioningFault(400, "InvalidCertificateOwnershipToken", message);
	static readonly badParameters = (message: string) =>
		new ProvisioningFault(400, "InvalidParameters", message);
	static readonly badSigningRequest = (message: string) =>
		new ProvisioningFault(400, "InvalidCertificateSigningRequest", message);
	static readonly denied = (message: string) => new ProvisioningFault(403, "AccessDenied", message);
	static readonly noTemplate = (message: string) =>
		new ProvisioningFault(404, "TemplateNotFound", message);
	static readonly conflict = (message: string) =>
		new ProvisioningFault(409, "ResourceConflict", message);
	static readonly throttled = () => new ProvisioningFault(429, "Throttled", "Too many requests.");
	static readonly internal = () =>
		new ProvisioningFault(500, "InternalError", "Internal service failure.");

	toJSON(): JsonObject {
		const { statusCode, errorCode, message } = this;
		return { statusCode, errorCode, errorMessage: message };
	}
}

/**
 * Topics and codes of fleet provisioning by claim, as a device uses them.
 *
 * Source: AWS IoT Core Developer Guide, "Device provisioning MQTT API".
 */

/** Asks for a key and a certificate. */
export const createTopic = "$aws/certificates/create/json";

/** Registers the device by a template. */
export function registerTopic(templateName: string): string {
	return `$aws/provisioning-templates/${templateName}/provision/json`;
}

/** What the service answers, behind the topic of the request. */
export const ProvisioningAnswer = Object.freeze({
	Accepted: "/accepted",
	Rejected: "/rejected",
} as const);

/** The filters that a device subscribes before it asks. */
export function provisioningFilters(templateName: string): readonly string[] {
	const topics = [createTopic, registerTopic(templateName)];
	return Object.freeze(
		topics.flatMap((topic) => Object.values(ProvisioningAnswer).map((answer) => topic + answer)),
	);
}

/**
 * Whether a request that was rejected with this code is worth asking again as it is. The names of the
 * errors are not settled; decide on the class of the code alone.
 */
export function isWorthRetrying(statusCode: unknown): boolean {
	if (typeof statusCode !== "number") return true;
	return statusCode === 429 || statusCode < 400 || statusCode >= 500;
}

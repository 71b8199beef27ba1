/**
 * Topics and codes of the classic device shadow, as a device uses them.
 *
 * Source: AWS IoT Core Developer Guide, "Device Shadow MQTT topics" and "Device Shadow error
 * messages".
 */

/** What the shadow service answers, by the end of its topic. */
export const ShadowAnswer = Object.freeze({
	GetAccepted: "get/accepted",
	GetRejected: "get/rejected",
	UpdateAccepted: "update/accepted",
	UpdateRejected: "update/rejected",
	UpdateDelta: "update/delta",
} as const);

export type ShadowAnswer = (typeof ShadowAnswer)[keyof typeof ShadowAnswer];

/** The codes of a `rejected` answer that decide what a device does; never decide on the text. */
export const ShadowCode = Object.freeze({
	NotFound: 404,
	Conflict: 409,
	TooManyRequests: 429,
	ServerError: 500,
} as const);

/** The prefix of a thing's classic shadow, with the slash that ends it. */
export function shadowPrefix(thingName: string): string {
	return `$aws/things/${thingName}/shadow/`;
}

/** The filters a device subscribes: never `shadow/#`, which would return its own requests. */
export function shadowFilters(thingName: string): readonly string[] {
	const prefix = shadowPrefix(thingName);
	return Object.freeze(Object.values(ShadowAnswer).map((answer) => prefix + answer));
}

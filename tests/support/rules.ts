import { createHash } from "node:crypto";
import { type Environment, MessageScope } from "../../cloud/rules/sql/scope.ts";
import type { Json, JsonObject } from "../../cloud/services/document.ts";

/** A world that stands still, for statements. */
const stillEnvironment: Environment = {
	accountId: "123456789012",
	now: () => 1_481_825_251_155,
	uuid: () => "123a4567-b89c-12d3-e456-789012345000",
	random: () => 0.25,
	digest: (algorithm, bytes) => createHash(algorithm).update(bytes).digest("hex"),
	toBase64: (bytes) => Buffer.from(bytes).toString("base64"),
	fromBase64: (text) =>
		/^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined,
	shadow: (thing, shadowName) => shadows[`${thing}/${shadowName ?? ""}`],
};

const shadows: Readonly<Record<string, JsonObject>> = {
	"MyThing/": { state: { reported: { alarm: "ON" } }, version: 3 },
	"MyThing/MyThingShadow": { state: { reported: { alarm: "OFF" } }, version: 1 },
};

/** The same for a test that looks at nothing of it. */
export function makeStillEnvironment(): Environment {
	return stillEnvironment;
}

/** The scope of a message with this payload: bytes as they are, anything else as JSON. */
export function scopeOf(payload: Json | Uint8Array, topicName = "a/b"): MessageScope {
	const bytes =
		payload instanceof Uint8Array ? payload : new TextEncoder().encode(JSON.stringify(payload));
	const message = {
		topicName,
		payload: bytes,
		clientId: "node-001",
		principal: "ba67293af50bf2506f5f93469686da660c7c844e7b3950bfb16813e0d31e9373",
		traceId: "12345678-1234-1234-1234-123456789012",
	};
	return new MessageScope(message, stillEnvironment);
}

import { createHash, randomUUID } from "node:crypto";
import type { JsonObject } from "../services/document.ts";
import type { Environment } from "./sql/scope.ts";

/** The world of this process, for rules and templates. */
export function makeEnvironment(
	accountId: string,
	now: () => number,
	shadow: (thing: string, shadowName: string | undefined) => JsonObject | undefined,
): Environment {
	return {
		accountId,
		now,
		uuid: randomUUID,
		random: Math.random,
		digest: (algorithm, bytes) => createHash(algorithm).update(bytes).digest("hex"),
		toBase64: (bytes) => Buffer.from(bytes).toString("base64"),
		fromBase64,
		shadow,
	};
}

/** Buffer leaves out what is no Base64; here that makes the whole text none. */
function fromBase64(text: string): Uint8Array | undefined {
	const isWhole = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
	return isWhole ? Buffer.from(text, "base64") : undefined;
}

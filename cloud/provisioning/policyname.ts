import { createHash } from "node:crypto";

/** The name of a policy that a template has a document of: one policy, however many devices bring it. */
export function policyNameOf(document: string): string {
	const hash = createHash("sha256").update(document).digest("hex");
	return `isobar-provisioned-${hash.slice(0, 40)}`;
}

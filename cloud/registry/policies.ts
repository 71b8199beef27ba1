import { changeCertificate } from "./certificates.ts";
import { without } from "./checks.ts";
import type {
	Certificate,
	Change,
	NamedPolicy,
	PolicyTarget,
	Tags,
	ThingGroup,
} from "./entities.ts";
import { exists, invalid, limit, RegistryFault, RegistryLimits } from "./fault.ts";
import { MalformedPolicy, parsePolicy } from "./policy.ts";
import type { Registry } from "./registry.ts";

const policyNamePattern = /^[\w+=,.@-]{1,128}$/;

export function createPolicy(
	registry: Registry,
	policyName: string,
	policyDocument: string,
	tags?: Tags,
): Change[] {
	if (!policyNamePattern.test(policyName)) throw invalid("the name of a policy is not allowed");
	if (registry.find("policy", policyName)) throw exists(`the policy ${policyName}`);
	return [changePolicy({ policyName, policyDocument, ...(tags ? { tags } : {}) })];
}

/** Replaces the document, and the versions there were; it counts at once. */
export function updatePolicy(
	registry: Registry,
	policyName: string,
	policyDocument: string,
): Change[] {
	registry.demand("policy", policyName);
	return [changePolicy({ policyName, policyDocument })];
}

/** It must be attached to nothing, and have no version but the default one. */
export function deletePolicy(registry: Registry, policyName: string): Change[] {
	if ((registry.demand("policy", policyName).versions?.length ?? 1) > 1) {
		throw new RegistryFault(
			"DeleteConflictException",
			`the policy ${policyName} has versions that are not the default`,
		);
	}
	for (const target of [...registry.certificates, ...registry.groups]) {
		if (target.policies.includes(policyName)) {
			throw new RegistryFault("DeleteConflictException", `the policy ${policyName} is attached`);
		}
	}
	return [{ kind: "policy", name: policyName, value: undefined }];
}

export function attachPolicy(
	registry: Registry,
	policyName: string,
	target: PolicyTarget,
): Change[] {
	registry.demand("policy", policyName);
	const { policies } = targetNamed(registry, target);
	if (policies.includes(policyName)) return [];
	if (policies.length >= RegistryLimits.policiesPerTarget) {
		throw limit("policies of a principal", "policiesPerTarget");
	}
	return [changeTarget(registry, target, [...policies, policyName])];
}

export function detachPolicy(
	registry: Registry,
	policyName: string,
	target: PolicyTarget,
): Change[] {
	const { policies } = targetNamed(registry, target);
	if (!policies.includes(policyName)) return [];
	return [changeTarget(registry, target, without(policies, policyName))];
}

function targetNamed(registry: Registry, target: PolicyTarget): Certificate | ThingGroup {
	return "certificateId" in target
		? registry.demand("certificate", target.certificateId)
		: registry.demand("group", target.thingGroupName);
}

function changeTarget(
	registry: Registry,
	target: PolicyTarget,
	policies: readonly string[],
): Change {
	if ("certificateId" in target) {
		return changeCertificate({ ...registry.demand("certificate", target.certificateId), policies });
	}
	const group = { ...registry.demand("group", target.thingGroupName), policies };
	return { kind: "group", name: group.thingGroupName, value: group };
}

/** Throws when the document is not allowed. */
export function changePolicy(policy: NamedPolicy): Change {
	const { policyName, policyDocument } = policy;
	try {
		parsePolicy(policyName, policyDocument);
	} catch (error) {
		if (!(error instanceof MalformedPolicy)) throw error;
		throw new RegistryFault("MalformedPolicyException", `policy ${policyName}: ${error.message}`);
	}
	return { kind: "policy", name: policyName, value: policy };
}

import type { Change, NamedPolicy, PolicyVersion } from "./entities.ts";
import { RegistryFault, RegistryLimits } from "./fault.ts";
import { changePolicy } from "./policies.ts";
import type { Registry } from "./registry.ts";

/*
 * Versions of a policy: at most five are kept, one of them is in force, and a number is never given
 * twice. Source: aws-iot-contract.md §2.1, and the AWS IoT API Reference (CreatePolicyVersion,
 * DeletePolicyVersion).
 */

/** All versions, oldest first. */
export function versionsOf(policy: NamedPolicy): readonly PolicyVersion[] {
	const { policyDocument, createdMs } = policy;
	return policy.versions ?? [{ versionId: "1", policyDocument, createdMs }];
}

/** The version in force. */
export function defaultVersionOf({ defaultVersionId = "1" }: NamedPolicy): string {
	return defaultVersionId;
}

/** The version that `createPolicyVersion` would make now. */
export function nextVersionOf({ versionsMade = 1 }: NamedPolicy): string {
	return String(versionsMade + 1);
}

/**
 * @param setAsDefault  whether it comes into force
 * @param epochMs       of its making
 */
export function createPolicyVersion(
	registry: Registry,
	policyName: string,
	policyDocument: string,
	{ setAsDefault, epochMs }: { readonly setAsDefault: boolean; readonly epochMs: number },
): Change[] {
	const policy = registry.demand("policy", policyName);
	const versions = versionsOf(policy);
	if (versions.length >= RegistryLimits.policyVersions) {
		throw new RegistryFault(
			"VersionsLimitExceededException",
			`the policy ${policyName} has ${RegistryLimits.policyVersions} versions; delete one first`,
		);
	}
	// A document is looked at when it is made, not when it comes into force.
	changePolicy({ policyName, policyDocument });
	const versionId = nextVersionOf(policy);
	const grown = {
		...policy,
		versions: [...versions, { versionId, policyDocument, createdMs: epochMs }],
		versionsMade: Number(versionId),
	};
	return [changePolicy(setAsDefault ? withDefault(grown, versionId) : grown)];
}

export function setDefaultPolicyVersion(
	registry: Registry,
	policyName: string,
	versionId: string,
): Change[] {
	const policy = registry.demand("policy", policyName);
	return [changePolicy(withDefault(policy, versionId))];
}

/** The default version can't be deleted: the policy itself goes by `deletePolicy`. */
export function deletePolicyVersion(
	registry: Registry,
	policyName: string,
	versionId: string,
): Change[] {
	const policy = registry.demand("policy", policyName);
	findVersion(policy, versionId);
	if (versionId === defaultVersionOf(policy)) {
		throw new RegistryFault(
			"DeleteConflictException",
			`version ${versionId} of the policy ${policyName} is the default`,
		);
	}
	const versions = versionsOf(policy).filter((version) => version.versionId !== versionId);
	return [changePolicy({ ...policy, versions })];
}

/** Throws when there is no such version. */
export function findVersion(policy: NamedPolicy, versionId: string): PolicyVersion {
	const version = versionsOf(policy).find((one) => one.versionId === versionId);
	if (version) return version;
	throw new RegistryFault(
		"ResourceNotFoundException",
		`there is no version ${versionId} of the policy ${policy.policyName}`,
	);
}

function withDefault(policy: NamedPolicy, versionId: string): NamedPolicy {
	const { policyDocument } = findVersion(policy, versionId);
	const versions = versionsOf(policy);
	return { ...policy, versions, policyDocument, defaultVersionId: versionId };
}

import { registerCertificate } from "../registry/certificates.ts";
import type { Attributes, Certificate, Change, Claim, Thing } from "../registry/entities.ts";
import { attachPolicy, createPolicy } from "../registry/policies.ts";
import type { Registry } from "../registry/registry.ts";
import { joinGroup } from "../registry/thinggroups.ts";
import { checkThing, createThing } from "../registry/things.ts";
import type { EnrolledThing, Enrolment, Override, ThingOverrides } from "./template.ts";

/*
 * What provisioning changes in the registry, as changes that count together or not at all.
 * Source: aws-iot-contract.md §5.
 */

/** What is there already and may not be changed: the answer of an override that says FAIL. */
export class EnrolmentConflict extends Error {
	override readonly name = "EnrolmentConflict";
}

/** A certificate that a claim has asked for: it can do nothing before it is registered. */
export function offerCertificate(
	registry: Registry,
	offer: { certificateId: string; certificatePem: string; claim: Claim },
): Change[] {
	const { certificateId, certificatePem, claim } = offer;
	const [change] = registerCertificate(
		registry,
		certificateId,
		certificatePem,
		"PENDING_ACTIVATION",
	);
	const certificate = { ...(change!.value as Certificate), claim };
	return [{ kind: "certificate", name: certificateId, value: certificate }];
}

/**
 * Registers a device as its template says: thing, policies and certificate.
 *
 * @param thingId     for the thing when it is new
 * @param policyName  of a policy that is made of a document
 * @throws {EnrolmentConflict} when an override forbids it
 * @throws {RegistryFault} when the registry does
 */
export function enrol(
	registry: Registry,
	enrolment: Enrolment,
	thingId: string,
	policyName: (document: string) => string,
): Change[] {
	const { certificateId, status } = enrolment;
	const changes: Change[] = [];
	const certificate = registry.certificate(certificateId)!;
	const policies = new Set(certificate.policies);
	for (const policy of enrolment.policies) {
		const name = "policyName" in policy ? policy.policyName : policyName(policy.policyDocument);
		if ("policyDocument" in policy && !registry.policy(name)) {
			changes.push(...createPolicy(registry, name, policy.policyDocument));
		} else {
			// Throws when there is none.
			attachPolicy(registry, name, { certificateId });
		}
		policies.add(name);
	}
	const { thing } = enrolment;
	if (thing) changes.push(...enrolThing(registry, thing, thingId));
	const attached = thing ? { [thing.thingName]: "NON_EXCLUSIVE_THING" as const } : {};
	const { claim: _, ...rest } = certificate;
	const enrolled: Certificate = {
		...rest,
		status,
		things: { ...attached, ...certificate.things },
		policies: [...policies],
		// Until it has connected nobody knows whether the device has got to know of it.
		...(certificate.claim ? { claim: { ...certificate.claim, tokenHash: "" } } : {}),
	};
	return [...changes, { kind: "certificate", name: certificateId, value: enrolled }];
}

/**
 * The first connection with a certificate that was registered by claim: from now on it is a
 * certificate like any other. Others of its things that came by claim and have never been used are
 * deleted: their device has lost the answer, and asked again for the one that it uses now.
 */
export function settleClaim(registry: Registry, certificateId: string): Change[] {
	const certificate = registry.certificate(certificateId);
	if (certificate?.claim === undefined) return [];
	const { claim: _, ...settled } = certificate;
	const things = Object.keys(certificate.things);
	const orphans = [...registry.certificates].filter(
		(other) =>
			other !== certificate &&
			other.claim?.tokenHash === "" &&
			Object.keys(other.things).some((thing) => things.includes(thing)),
	);
	return [
		{ kind: "certificate", name: certificateId, value: settled },
		...orphans.map((orphan) => gone(orphan.certificateId)),
	];
}

/** Certificates that were offered to a claim and not registered in time are deleted. */
export function reapOffers(registry: Registry, epochMs: number): Change[] {
	return [...registry.certificates]
		.filter(({ claim }) => claim && claim.tokenHash !== "" && claim.expires <= epochMs)
		.map(({ certificateId }) => gone(certificateId));
}

function gone(certificateId: string): Change {
	return { kind: "certificate", name: certificateId, value: undefined };
}

function enrolThing(registry: Registry, wanted: EnrolledThing, thingId: string): Change[] {
	const { thingName, attributes, thingTypeName, groups, overrides, billingGroupName } = wanted;
	const present = registry.thing(thingName);
	// Throws when there is none.
	if (billingGroupName !== undefined) registry.demand("billing", billingGroupName);
	const billed = billingGroupName === undefined ? {} : { billingGroupName };
	if (!present) {
		const [created] = createThing(registry, { thingName, thingId, thingTypeName, attributes });
		return [joined(registry, { ...(created!.value as Thing), ...billed }, groups)];
	}
	const changed = override(present, wanted, overrides);
	const isChanged = changed !== present;
	// The registry checks the attributes; the version counts one update.
	if (isChanged) checkThing(registry, changed);
	const kept = overrides.ThingGroups === "MERGE" ? present.groups : [];
	const wantedGroups =
		pick(overrides.ThingGroups, "ThingGroups", isSubset(groups, present.groups)) === "keep"
			? present.groups
			: [...new Set([...kept, ...groups])];
	const result = joined(
		registry,
		{ ...changed, ...billed, groups: [], version: present.version + (isChanged ? 1 : 0) },
		wantedGroups,
	);
	return [result];
}

/** The thing as it shall be, or itself when nothing changes. */
function override(present: Thing, wanted: EnrolledThing, overrides: ThingOverrides): Thing {
	const { attributes, thingTypeName } = wanted;
	let result = present;
	const sameAttributes = isSubset(entriesOf(attributes), entriesOf(present.attributes));
	const how = pick(overrides.AttributePayload, "AttributePayload", sameAttributes);
	if (how !== "keep") {
		const merged = how === "merge" ? { ...present.attributes, ...attributes } : attributes;
		result = { ...result, attributes: merged };
	}
	const sameType = thingTypeName === undefined || thingTypeName === present.thingTypeName;
	if (pick(overrides.ThingTypeName, "ThingTypeName", sameType) !== "keep") {
		result = { ...result, thingTypeName };
	}
	return result;
}

/** What an override does; what is the same already is never in its way. */
function pick(override: Override, member: string, isSame: boolean): "keep" | "merge" | "replace" {
	if (isSame || override === "DO_NOTHING") return "keep";
	if (override === "FAIL") throw new EnrolmentConflict(`${member} of the thing is set already.`);
	return override === "MERGE" ? "merge" : "replace";
}

function joined(registry: Registry, thing: Thing, groups: readonly string[]): Change {
	const value = groups.reduce((member, group) => joinGroup(registry, member, group), thing);
	return { kind: "thing", name: thing.thingName, value };
}

function entriesOf(attributes: Attributes): string[] {
	return Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
	return some.every((one) => all.includes(one));
}

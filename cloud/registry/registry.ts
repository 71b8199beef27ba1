import { MalformedPolicy, type Policy, parsePolicy } from "./policy.ts";

/*
 * The registry: things, their types and groups, certificates and policies, and what belongs to what.
 * Every operation checks, and says what would change; nothing changes before `apply`, so that the
 * caller can make it durable first. Source: aws-iot-contract.md §2.
 */

/** What the store adds to every entity. */
interface Kept {
	/** Epoch ms of its making and of its last change; not there for what an earlier version has stored. */
	readonly createdMs?: number;
	readonly modifiedMs?: number;
}

export interface Thing extends Kept {
	readonly thingName: string;
	/** Stays the same for the life of the thing; a thing made again under its name has another. */
	readonly thingId: string;
	readonly thingTypeName: string | undefined;
	readonly attributes: Attributes;
	/** 1 at first, one more with each update. */
	readonly version: number;
	readonly groups: readonly string[];
	readonly billingGroupName?: string | undefined;
}

export type Attributes = Readonly<Record<string, string>>;

export type Tags = Readonly<Record<string, string>>;

export interface ThingType extends Kept {
	readonly thingTypeName: string;
	/** No new things of this type. */
	readonly deprecated: boolean;
	readonly description?: string | undefined;
	readonly searchableAttributes?: readonly string[] | undefined;
	readonly tags?: Tags;
}

export interface ThingGroup extends Kept {
	readonly thingGroupName: string;
	readonly parentGroupName: string | undefined;
	readonly policies: readonly string[];
	readonly description?: string | undefined;
	readonly attributes?: Attributes;
	/** 1 unless given, one more with each update. */
	readonly version?: number;
	readonly tags?: Tags;
}

/** Things whose costs are reckoned together. */
export interface BillingGroup extends Kept {
	readonly billingGroupName: string;
	readonly description: string | undefined;
	readonly version: number;
	readonly tags?: Tags;
}

export type CertificateStatus = "ACTIVE" | "INACTIVE" | "REVOKED" | "PENDING_ACTIVATION";

/** With an exclusive attachment the thing is the certificate's whatever the client id. */
export type Attachment = "EXCLUSIVE_THING" | "NON_EXCLUSIVE_THING";

export interface Certificate extends Kept {
	/** SHA-256 of the certificate in DER, 64 hex digits. */
	readonly certificateId: string;
	readonly certificatePem: string;
	readonly status: CertificateStatus;
	/** By thing name. */
	readonly things: Readonly<Record<string, Attachment>>;
	readonly policies: readonly string[];
	/** Of a certificate that came by claim, until its first connection. */
	readonly claim?: Claim;
}

/** How a certificate was asked for; see `services/enrolment.ts`. */
export interface Claim {
	readonly claimCertificateId: string;
	/** SHA-256 of the ownership token, 64 hex digits; "" once the token was used. */
	readonly tokenHash: string;
	/** Epoch ms at which the token is good no more. */
	readonly expires: number;
}

/** A policy document under its name. */
export interface NamedPolicy extends Kept {
	readonly policyName: string;
	/** The one in force: that of the default version. */
	readonly policyDocument: string;
	/** Only "1" unless given; see `versions.ts`. */
	readonly versions?: readonly PolicyVersion[];
	/** "1" unless given. */
	readonly defaultVersionId?: string;
	/** How many versions there have ever been; 1 unless given. */
	readonly versionsMade?: number;
	readonly tags?: Tags;
}

export interface PolicyVersion {
	readonly versionId: string;
	readonly policyDocument: string;
	readonly createdMs: number | undefined;
}

/** One entity as it will be; `undefined` for one that will be gone. */
export type Change = {
	readonly [Kind in keyof Entities]: {
		readonly kind: Kind;
		readonly name: string;
		readonly value: Entities[Kind] | undefined;
	};
}[keyof Entities];

export interface Entities {
	readonly thing: Thing;
	readonly type: ThingType;
	readonly group: ThingGroup;
	readonly billing: BillingGroup;
	readonly certificate: Certificate;
	readonly policy: NamedPolicy;
}

/** What of a group or certificate a policy is attached to. */
export type PolicyTarget = { readonly certificateId: string } | { readonly thingGroupName: string };

/** A request that the registry refuses, with the name of the exception in the AWS API as `code`. */
export class RegistryFault extends Error {
	override readonly name = "RegistryFault";
	readonly code: FaultCode;

	constructor(code: FaultCode, message: string) {
		super(message);
		this.code = code;
	}
}

type FaultCode =
	| "CertificateStateException"
	| "DeleteConflictException"
	| "InvalidRequestException"
	| "LimitExceededException"
	| "MalformedPolicyException"
	| "ResourceAlreadyExistsException"
	| "ResourceNotFoundException"
	| "VersionConflictException"
	| "VersionsLimitExceededException";

export const RegistryLimits = Object.freeze({
	attributesWithType: 50,
	attributesWithoutType: 3,
	policiesPerTarget: 10,
	policyVersions: 5,
	tags: 50,
	groupsPerThing: 10,
	groupDepth: 7,
	groupChildren: 100,
} as const);

const namePattern = /^[a-zA-Z0-9:_-]{1,128}$/;
const policyNamePattern = /^[\w+=,.@-]{1,128}$/;
const attributeNamePattern = /^[a-zA-Z0-9_.,@/:#-]{1,128}$/;
const attributeValuePattern = /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/;
const certificateIdPattern = /^[0-9a-f]{64}$/;

/**
 * Whether a text can name a thing: `[a-zA-Z0-9:_-]`, 1 to 128 characters. Such a name is also safe
 * as a topic level, a file name and a word in a log line.
 */
export function isThingName(text: string): boolean {
	return namePattern.test(text);
}

export class Registry {
	readonly #things = new Map<string, Thing>();
	readonly #types = new Map<string, ThingType>();
	readonly #groups = new Map<string, ThingGroup>();
	readonly #billing = new Map<string, BillingGroup>();
	readonly #certificates = new Map<string, Certificate>();
	readonly #policies = new Map<string, NamedPolicy>();
	readonly #parsed = new Map<string, Policy>();
	#generation = 0;

	/** Grows with every change: what was decided under another generation must be decided again. */
	get generation(): number {
		return this.#generation;
	}

	get things(): Iterable<Thing> {
		return this.#things.values();
	}

	get types(): Iterable<ThingType> {
		return this.#types.values();
	}

	get groups(): Iterable<ThingGroup> {
		return this.#groups.values();
	}

	get billingGroups(): Iterable<BillingGroup> {
		return this.#billing.values();
	}

	get certificates(): Iterable<Certificate> {
		return this.#certificates.values();
	}

	get policies(): Iterable<NamedPolicy> {
		return this.#policies.values();
	}

	/** The entity of a kind and a name, as it is in force. */
	find<Kind extends keyof Entities>(kind: Kind, name: string): Entities[Kind] | undefined {
		return this.#mapOf(kind).get(name) as Entities[Kind] | undefined;
	}

	/** The same. Throws when there is none. */
	demand<Kind extends keyof Entities>(kind: Kind, name: string): Entities[Kind] {
		return this.find(kind, name) ?? absent(`${nounOf[kind]} ${name}`);
	}

	thing(thingName: string): Thing | undefined {
		return this.#things.get(thingName);
	}

	thingGroup(thingGroupName: string): ThingGroup | undefined {
		return this.#groups.get(thingGroupName);
	}

	certificate(certificateId: string): Certificate | undefined {
		return this.#certificates.get(certificateId);
	}

	policy(policyName: string): NamedPolicy | undefined {
		return this.#policies.get(policyName);
	}

	/**
	 * The thing of a connection: the one the certificate is exclusive to, or the one that the client
	 * is named after and the certificate is attached to.
	 */
	thingOf(certificateId: string, clientId: string): Thing | undefined {
		const things = this.#certificates.get(certificateId)?.things ?? {};
		for (const [thingName, attachment] of Object.entries(things)) {
			if (attachment === "EXCLUSIVE_THING") return this.#things.get(thingName);
		}
		return Object.hasOwn(things, clientId) ? this.#things.get(clientId) : undefined;
	}

	/** Whether the certificate is attached to that thing and to no other. */
	isExclusive(certificateId: string, thingName: string): boolean {
		return this.#certificates.get(certificateId)?.things[thingName] === "EXCLUSIVE_THING";
	}

	/** Policies of the certificate and of all groups of the thing and their ancestors, each once. */
	policiesOf(certificateId: string, thing: Thing | undefined): Policy[] {
		const names = new Set(this.#certificates.get(certificateId)?.policies);
		for (const groupName of thing?.groups ?? []) {
			for (const { policies } of this.lineage(groupName)) {
				for (const policyName of policies) names.add(policyName);
			}
		}
		return [...names].map((policyName) => this.#parsed.get(policyName)!);
	}

	/** Policies by name; one that is not there is left out. */
	policiesNamed(names: readonly string[]): Policy[] {
		return names.flatMap((policyName) => this.#parsed.get(policyName) ?? []);
	}

	/** Puts changes into effect that an operation has named. */
	apply(changes: readonly Change[]): void {
		for (const change of changes) {
			const entities = this.#mapOf(change.kind) as Map<string, unknown>;
			if (change.value) entities.set(change.name, change.value);
			else entities.delete(change.name);
			if (change.kind !== "policy") continue;
			const document = change.value?.policyDocument;
			if (document === undefined) this.#parsed.delete(change.name);
			else this.#parsed.set(change.name, parsePolicy(change.name, document));
		}
		this.#generation += 1;
	}

	/** The same thing again changes nothing; one of that name that differs is refused. */
	createThing(input: {
		readonly thingName: string;
		readonly thingId: string;
		readonly thingTypeName?: string | undefined;
		readonly attributes?: Attributes | undefined;
		readonly billingGroupName?: string | undefined;
	}): Change[] {
		const { thingName, thingId, thingTypeName, attributes = {}, billingGroupName } = input;
		checkName(thingName, "thing");
		const type = thingTypeName === undefined ? undefined : this.#typeNamed(thingTypeName);
		if (billingGroupName !== undefined) this.demand("billing", billingGroupName);
		checkAttributes(attributes, type !== undefined);
		const present = this.#things.get(thingName);
		if (present) {
			const isEqual =
				present.thingTypeName === thingTypeName &&
				present.billingGroupName === billingGroupName &&
				isSame(present.attributes, attributes);
			if (isEqual) return [];
			throw exists(`a thing ${thingName} that differs`);
		}
		if (type?.deprecated) throw invalid(`the thing type ${thingTypeName} is deprecated`);
		const thing: Thing = { thingName, thingId, thingTypeName, attributes, version: 1, groups: [] };
		return [changeThing(billingGroupName === undefined ? thing : { ...thing, billingGroupName })];
	}

	/**
	 * Changes the attributes of a thing, and its type.
	 *
	 * @param attributes       they stay as they are when it is `undefined`
	 * @param merge            whether attributes that are not named stay; an empty value removes one
	 * @param expectedVersion  refuses when the thing has another version by now
	 * @param thingTypeName    its type from now on, null for none
	 */
	updateThing(
		thingName: string,
		attributes: Attributes | undefined,
		options: {
			readonly merge?: boolean;
			readonly expectedVersion?: number | undefined;
			readonly thingTypeName?: string | null | undefined;
		} = {},
	): Change[] {
		const thing = this.#thingNamed(thingName);
		checkVersion(`thing ${thingName}`, thing.version, options.expectedVersion);
		const thingTypeName = this.#newTypeOf(thing, options.thingTypeName);
		const kept = attributes
			? mergeAttributes(thing.attributes, attributes, options.merge ?? false)
			: thing.attributes;
		checkAttributes(kept, thingTypeName !== undefined);
		const version = thing.version + 1;
		return [changeThing({ ...thing, thingTypeName, attributes: kept, version })];
	}

	#newTypeOf(thing: Thing, asked: string | null | undefined): string | undefined {
		if (asked === undefined || asked === thing.thingTypeName) return thing.thingTypeName;
		if (asked === null) return undefined;
		if (this.#typeNamed(asked).deprecated) throw invalid(`the thing type ${asked} is deprecated`);
		return asked;
	}

	/** Throws when a thing can't have this type and these attributes. */
	checkThing({ thingTypeName, attributes }: Thing): void {
		if (thingTypeName !== undefined) this.#typeNamed(thingTypeName);
		checkAttributes(attributes, thingTypeName !== undefined);
	}

	/** Its certificates must be detached first. Its shadows stay. */
	deleteThing(thingName: string, expectedVersion?: number): Change[] {
		checkVersion(`thing ${thingName}`, this.#thingNamed(thingName).version, expectedVersion);
		for (const { things, certificateId } of this.#certificates.values()) {
			if (Object.hasOwn(things, thingName)) {
				throw invalid(`the thing ${thingName} has the certificate ${certificateId}`);
			}
		}
		return [{ kind: "thing", name: thingName, value: undefined }];
	}

	createThingType(
		thingTypeName: string,
		more: Pick<ThingType, "description" | "searchableAttributes" | "tags"> = {},
	): Change[] {
		checkName(thingTypeName, "thing type");
		const present = this.#types.get(thingTypeName);
		if (present && isAlike(present, more)) return [];
		if (present) throw exists(`a thing type ${thingTypeName} that differs`);
		const type: ThingType = { thingTypeName, deprecated: false, ...more };
		return [{ kind: "type", name: thingTypeName, value: type }];
	}

	deprecateThingType(thingTypeName: string, deprecated = true): Change[] {
		const type = { ...this.#typeNamed(thingTypeName), deprecated };
		return [{ kind: "type", name: thingTypeName, value: type }];
	}

	/** Must be deprecated first, and no thing may be of it. */
	deleteThingType(thingTypeName: string): Change[] {
		if (!this.#typeNamed(thingTypeName).deprecated) {
			throw invalid(`the thing type ${thingTypeName} is not deprecated`);
		}
		for (const thing of this.#things.values()) {
			if (thing.thingTypeName === thingTypeName) {
				throw invalid(`the thing ${thing.thingName} is of the type ${thingTypeName}`);
			}
		}
		return [{ kind: "type", name: thingTypeName, value: undefined }];
	}

	createThingGroup(
		thingGroupName: string,
		parentGroupName?: string,
		more: Pick<ThingGroup, "description" | "attributes" | "tags"> = {},
	): Change[] {
		checkName(thingGroupName, "thing group");
		checkAttributes(more.attributes ?? {}, true);
		const present = this.#groups.get(thingGroupName);
		const isEqual = present?.parentGroupName === parentGroupName && isAlike(present ?? {}, more);
		if (present && isEqual) return [];
		if (present) throw exists(`a thing group ${thingGroupName} that differs`);
		if (parentGroupName !== undefined) {
			const depth = this.lineage(this.#groupNamed(parentGroupName).thingGroupName).length;
			if (depth >= RegistryLimits.groupDepth) throw limit("levels of groups", "groupDepth");
			const siblings = [...this.#groups.values()].filter(
				(group) => group.parentGroupName === parentGroupName,
			);
			if (siblings.length >= RegistryLimits.groupChildren) throw limit("children", "groupChildren");
		}
		const group: ThingGroup = { thingGroupName, parentGroupName, policies: [], ...more };
		return [{ kind: "group", name: thingGroupName, value: group }];
	}

	/** Changes the description and the attributes of a group; what is not named stays. */
	updateThingGroup(
		thingGroupName: string,
		more: Pick<ThingGroup, "description" | "attributes">,
		options: { readonly merge?: boolean; readonly expectedVersion?: number | undefined } = {},
	): Change[] {
		const group = this.#groupNamed(thingGroupName);
		const version = versionOf(group);
		checkVersion(`thing group ${thingGroupName}`, version, options.expectedVersion);
		const { description = group.description } = more;
		const attributes = more.attributes
			? mergeAttributes(group.attributes ?? {}, more.attributes, options.merge ?? false)
			: (group.attributes ?? {});
		checkAttributes(attributes, true);
		const value = { ...group, description, attributes, version: version + 1 };
		return [{ kind: "group", name: thingGroupName, value }];
	}

	/** It must have no children; its things are no longer in it. */
	deleteThingGroup(thingGroupName: string, expectedVersion?: number): Change[] {
		const version = versionOf(this.#groupNamed(thingGroupName));
		checkVersion(`thing group ${thingGroupName}`, version, expectedVersion);
		for (const group of this.#groups.values()) {
			if (group.parentGroupName === thingGroupName) {
				throw invalid(`the thing group ${thingGroupName} has the child ${group.thingGroupName}`);
			}
		}
		const members = [...this.#things.values()].filter((thing) =>
			thing.groups.includes(thingGroupName),
		);
		return [
			...members.map((thing) =>
				changeThing({ ...thing, groups: without(thing.groups, thingGroupName) }),
			),
			{ kind: "group", name: thingGroupName, value: undefined },
		];
	}

	/** A thing is in at most ten groups, and in one only of each hierarchy. */
	addThingToThingGroup(thingName: string, thingGroupName: string): Change[] {
		const thing = this.#thingNamed(thingName);
		const joined = this.joinGroup(thing, thingGroupName);
		return joined === thing ? [] : [changeThing(joined)];
	}

	/** The thing as a member of a group, under the same rules; itself when it is one already. */
	joinGroup(thing: Thing, thingGroupName: string): Thing {
		this.#groupNamed(thingGroupName);
		if (thing.groups.includes(thingGroupName)) return thing;
		if (thing.groups.length >= RegistryLimits.groupsPerThing) {
			throw limit("groups of a thing", "groupsPerThing");
		}
		const root = this.lineage(thingGroupName).at(-1);
		for (const other of thing.groups) {
			if (this.lineage(other).at(-1) === root) {
				throw invalid(`the thing ${thing.thingName} is in ${other}, of the same hierarchy`);
			}
		}
		return { ...thing, groups: [...thing.groups, thingGroupName] };
	}

	removeThingFromThingGroup(thingName: string, thingGroupName: string): Change[] {
		const thing = this.#thingNamed(thingName);
		if (!thing.groups.includes(thingGroupName)) return [];
		return [changeThing({ ...thing, groups: without(thing.groups, thingGroupName) })];
	}

	registerCertificate(
		certificateId: string,
		certificatePem: string,
		status: CertificateStatus = "ACTIVE",
	): Change[] {
		if (!certificateIdPattern.test(certificateId))
			throw invalid("a certificate id is 64 hex digits");
		if (this.#certificates.has(certificateId)) throw exists(`the certificate ${certificateId}`);
		const certificate = { certificateId, certificatePem, status, things: {}, policies: [] };
		return [changeCertificate(certificate)];
	}

	/** Registers a certificate with its thing and its policy in one go; the thing may be there already. */
	adoptCertificate(input: {
		readonly certificateId: string;
		readonly certificatePem: string;
		readonly thingName: string;
		readonly thingId: string;
		readonly policyName: string;
	}): Change[] {
		const { certificateId, certificatePem, thingName, thingId, policyName } = input;
		this.#policyNamed(policyName);
		const thing = this.#things.has(thingName) ? [] : this.createThing({ thingName, thingId });
		this.registerCertificate(certificateId, certificatePem);
		const certificate: Certificate = {
			certificateId,
			certificatePem,
			status: "ACTIVE",
			things: { [thingName]: "NON_EXCLUSIVE_THING" },
			policies: [policyName],
		};
		return [...thing, changeCertificate(certificate)];
	}

	updateCertificate(certificateId: string, status: CertificateStatus): Change[] {
		const certificate = this.#certificateNamed(certificateId);
		if (status === "PENDING_ACTIVATION") throw invalid("nobody can set PENDING_ACTIVATION");
		return certificate.status === status ? [] : [changeCertificate({ ...certificate, status })];
	}

	/** It must not be ACTIVE, and attached to nothing. */
	deleteCertificate(certificateId: string): Change[] {
		const { status, things, policies } = this.#certificateNamed(certificateId);
		if (status === "ACTIVE") {
			throw new RegistryFault(
				"CertificateStateException",
				`the certificate ${certificateId} is ACTIVE`,
			);
		}
		const [attached] = [...Object.keys(things), ...policies];
		if (attached !== undefined) {
			throw new RegistryFault(
				"DeleteConflictException",
				`the certificate ${certificateId} is attached to ${attached}`,
			);
		}
		return [{ kind: "certificate", name: certificateId, value: undefined }];
	}

	/** With an exclusive attachment neither the thing nor the certificate may have another. */
	attachThingPrincipal(
		thingName: string,
		certificateId: string,
		attachment: Attachment = "NON_EXCLUSIVE_THING",
	): Change[] {
		this.#thingNamed(thingName);
		const certificate = this.#certificateNamed(certificateId);
		if (certificate.things[thingName] === attachment) return [];
		for (const [other, kind] of Object.entries(certificate.things)) {
			const conflict = attachment === "EXCLUSIVE_THING" || kind === "EXCLUSIVE_THING";
			if (other !== thingName && conflict) {
				throw invalid(`the certificate ${certificateId} is attached to ${other}`);
			}
		}
		for (const other of this.#certificates.values()) {
			const theirs = Object.hasOwn(other.things, thingName) ? other.things[thingName] : undefined;
			const conflict = attachment === "EXCLUSIVE_THING" || theirs === "EXCLUSIVE_THING";
			if (other !== certificate && theirs && conflict) {
				throw invalid(`the thing ${thingName} has the certificate ${other.certificateId}`);
			}
		}
		const things = { ...certificate.things, [thingName]: attachment };
		return [changeCertificate({ ...certificate, things })];
	}

	detachThingPrincipal(thingName: string, certificateId: string): Change[] {
		const certificate = this.#certificateNamed(certificateId);
		if (!Object.hasOwn(certificate.things, thingName)) return [];
		const { [thingName]: _, ...things } = certificate.things;
		return [changeCertificate({ ...certificate, things })];
	}

	createPolicy(policyName: string, policyDocument: string, tags?: Tags): Change[] {
		if (!policyNamePattern.test(policyName)) throw invalid("the name of a policy is not allowed");
		if (this.#policies.has(policyName)) throw exists(`the policy ${policyName}`);
		return [changePolicy({ policyName, policyDocument, ...(tags ? { tags } : {}) })];
	}

	/** Replaces the document, and the versions there were; it counts at once. */
	updatePolicy(policyName: string, policyDocument: string): Change[] {
		this.#policyNamed(policyName);
		return [changePolicy({ policyName, policyDocument })];
	}

	/** It must be attached to nothing, and have no version but the default one. */
	deletePolicy(policyName: string): Change[] {
		if ((this.#policyNamed(policyName).versions?.length ?? 1) > 1) {
			throw new RegistryFault(
				"DeleteConflictException",
				`the policy ${policyName} has versions that are not the default`,
			);
		}
		for (const target of [...this.#certificates.values(), ...this.#groups.values()]) {
			if (target.policies.includes(policyName)) {
				throw new RegistryFault("DeleteConflictException", `the policy ${policyName} is attached`);
			}
		}
		return [{ kind: "policy", name: policyName, value: undefined }];
	}

	attachPolicy(policyName: string, target: PolicyTarget): Change[] {
		this.#policyNamed(policyName);
		const { policies } = this.#targetNamed(target);
		if (policies.includes(policyName)) return [];
		if (policies.length >= RegistryLimits.policiesPerTarget) {
			throw limit("policies of a principal", "policiesPerTarget");
		}
		return [this.#changeTarget(target, [...policies, policyName])];
	}

	detachPolicy(policyName: string, target: PolicyTarget): Change[] {
		const { policies } = this.#targetNamed(target);
		if (!policies.includes(policyName)) return [];
		return [this.#changeTarget(target, without(policies, policyName))];
	}

	#targetNamed(target: PolicyTarget): Certificate | ThingGroup {
		return "certificateId" in target
			? this.#certificateNamed(target.certificateId)
			: this.#groupNamed(target.thingGroupName);
	}

	#changeTarget(target: PolicyTarget, policies: readonly string[]): Change {
		if ("certificateId" in target) {
			return changeCertificate({ ...this.#certificateNamed(target.certificateId), policies });
		}
		const group = { ...this.#groupNamed(target.thingGroupName), policies };
		return { kind: "group", name: group.thingGroupName, value: group };
	}

	/** A group and its ancestors, up to the root. */
	lineage(groupName: string): ThingGroup[] {
		const lineage: ThingGroup[] = [];
		let group = this.#groups.get(groupName);
		while (group) {
			lineage.push(group);
			group =
				group.parentGroupName === undefined ? undefined : this.#groups.get(group.parentGroupName);
		}
		return lineage;
	}

	#mapOf(kind: keyof Entities): ReadonlyMap<string, unknown> {
		switch (kind) {
			case "thing":
				return this.#things;
			case "type":
				return this.#types;
			case "group":
				return this.#groups;
			case "billing":
				return this.#billing;
			case "certificate":
				return this.#certificates;
			case "policy":
				return this.#policies;
		}
	}

	#thingNamed(thingName: string): Thing {
		return this.demand("thing", thingName);
	}

	#typeNamed(thingTypeName: string): ThingType {
		return this.demand("type", thingTypeName);
	}

	#groupNamed(thingGroupName: string): ThingGroup {
		return this.demand("group", thingGroupName);
	}

	#certificateNamed(certificateId: string): Certificate {
		return this.demand("certificate", certificateId);
	}

	#policyNamed(policyName: string): NamedPolicy {
		return this.demand("policy", policyName);
	}
}

function changeThing(thing: Thing): Change {
	return { kind: "thing", name: thing.thingName, value: thing };
}

function changeCertificate(certificate: Certificate): Change {
	return { kind: "certificate", name: certificate.certificateId, value: certificate };
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

/** The version of a group: 1 before its first update. */
export function versionOf(group: ThingGroup): number {
	return group.version ?? 1;
}

/** Optimistic locking: refuses when something has another version by now. */
export function checkVersion(what: string, version: number, expected = version): void {
	if (version === expected) return;
	throw new RegistryFault(
		"VersionConflictException",
		`the ${what} has version ${version}, not ${expected}`,
	);
}

const nounOf: Readonly<Record<keyof Entities, string>> = Object.freeze({
	thing: "thing",
	type: "thing type",
	group: "thing group",
	billing: "billing group",
	certificate: "certificate",
	policy: "policy",
});

export function checkName(text: string, what: string): void {
	if (!namePattern.test(text)) {
		throw invalid(`the name of a ${what} is 1 to 128 of a-z A-Z 0-9 : _ -`);
	}
}

function checkAttributes(attributes: Attributes, hasType: boolean): void {
	const bound = hasType ? "attributesWithType" : "attributesWithoutType";
	if (Object.keys(attributes).length > RegistryLimits[bound]) throw limit("attributes", bound);
	for (const [name, value] of Object.entries(attributes)) {
		if (!attributeNamePattern.test(name)) throw invalid("the name of an attribute is not allowed");
		if (!attributeValuePattern.test(value)) throw invalid(`the value of ${name} is not allowed`);
	}
}

function mergeAttributes(present: Attributes, given: Attributes, merge: boolean): Attributes {
	const merged = Object.entries(merge ? { ...present, ...given } : given);
	return Object.fromEntries(merged.filter(([, value]) => !merge || value !== ""));
}

/** Whether an entity has all that is given, and nothing given differs. */
function isAlike(present: object, given: object): boolean {
	const wanted = Object.entries(given).filter(([, value]) => value !== undefined);
	return wanted.every(
		([key, value]) => JSON.stringify(present[key as keyof object]) === JSON.stringify(value),
	);
}

function isSame(left: Attributes, right: Attributes): boolean {
	const names = Object.keys(left);
	return (
		names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
	);
}

function without(list: readonly string[], item: string): string[] {
	return list.filter((other) => other !== item);
}

function absent(what: string): never {
	throw new RegistryFault("ResourceNotFoundException", `there is no ${what}`);
}

export function exists(what: string): RegistryFault {
	return new RegistryFault("ResourceAlreadyExistsException", `there is ${what} already`);
}

export function invalid(message: string): RegistryFault {
	return new RegistryFault("InvalidRequestException", message);
}

export function limit(what: string, bound: keyof typeof RegistryLimits): RegistryFault {
	return new RegistryFault("LimitExceededException", `more than ${RegistryLimits[bound]} ${what}`);
}

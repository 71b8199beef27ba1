/*
 * What the registry has, as it is kept and as it is changed. Source: aws-iot-contract.md §2.
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

import type {
	BillingGroup,
	Certificate,
	Change,
	Entities,
	NamedPolicy,
	Thing,
	ThingGroup,
	ThingType,
} from "./entities.ts";
import { absent } from "./fault.ts";
import { type Policy, parsePolicy } from "./policy.ts";

/**
 * The registry: things, their types and groups, certificates and policies, and what belongs to what.
 *
 * The operations on it are functions in the files beside this one. Each checks, and says what would
 * change; nothing changes before `apply`, so that the caller can make it durable first.
 */
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
}

const nounOf: Readonly<Record<keyof Entities, string>> = Object.freeze({
	thing: "thing",
	type: "thing type",
	group: "thing group",
	billing: "billing group",
	certificate: "certificate",
	policy: "policy",
});

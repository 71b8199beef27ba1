import { checkName, checkVersion } from "./checks.ts";
import type { BillingGroup, Change, Thing } from "./entities.ts";
import { exists } from "./fault.ts";
import type { Registry } from "./registry.ts";

/*
 * Billing groups: a thing is in one of them at most, and what is in none costs on its own.
 * Source: aws-iot-contract.md §2.2.
 */

/** The same group again changes nothing; one of that name that differs is refused. */
export function createBillingGroup(
	registry: Registry,
	billingGroupName: string,
	more: Pick<BillingGroup, "tags"> & { readonly description?: string | undefined } = {},
): Change[] {
	checkName(billingGroupName, "billing group");
	const present = registry.find("billing", billingGroupName);
	if (present && present.description === more.description) return [];
	if (present) throw exists(`a billing group ${billingGroupName} that differs`);
	const { description, ...tags } = more;
	return [changeBilling({ billingGroupName, description, version: 1, ...tags })];
}

export function updateBillingGroup(
	registry: Registry,
	billingGroupName: string,
	description: string | undefined,
	expectedVersion?: number,
): Change[] {
	const group = registry.demand("billing", billingGroupName);
	checkVersion(`billing group ${billingGroupName}`, group.version, expectedVersion);
	return [changeBilling({ ...group, description, version: group.version + 1 })];
}

/** Its things are in no billing group any more. */
export function deleteBillingGroup(
	registry: Registry,
	billingGroupName: string,
	expectedVersion?: number,
): Change[] {
	const { version } = registry.demand("billing", billingGroupName);
	checkVersion(`billing group ${billingGroupName}`, version, expectedVersion);
	const members = [...registry.things].filter(
		(thing) => thing.billingGroupName === billingGroupName,
	);
	return [
		...members.map((thing) => changeThing({ ...thing, billingGroupName: undefined })),
		{ kind: "billing", name: billingGroupName, value: undefined },
	];
}

/** A thing that is in another billing group leaves it. */
export function addThingToBillingGroup(
	registry: Registry,
	thingName: string,
	billingGroupName: string,
): Change[] {
	const thing = registry.demand("thing", thingName);
	registry.demand("billing", billingGroupName);
	if (thing.billingGroupName === billingGroupName) return [];
	return [changeThing({ ...thing, billingGroupName })];
}

export function removeThingFromBillingGroup(
	registry: Registry,
	thingName: string,
	billingGroupName: string,
): Change[] {
	const thing = registry.demand("thing", thingName);
	registry.demand("billing", billingGroupName);
	if (thing.billingGroupName !== billingGroupName) return [];
	return [changeThing({ ...thing, billingGroupName: undefined })];
}

function changeBilling(group: BillingGroup): Change {
	return { kind: "billing", name: group.billingGroupName, value: group };
}

function changeThing(thing: Thing): Change {
	return { kind: "thing", name: thing.thingName, value: thing };
}

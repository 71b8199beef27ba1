import { checkAttributes, checkName, checkVersion, isSame, mergeAttributes } from "./checks.ts";
import type { Attributes, Change, Thing } from "./entities.ts";
import { exists, invalid } from "./fault.ts";
import type { Registry } from "./registry.ts";

/** The same thing again changes nothing; one of that name that differs is refused. */
export function createThing(
	registry: Registry,
	input: {
		readonly thingName: string;
		readonly thingId: string;
		readonly thingTypeName?: string | undefined;
		readonly attributes?: Attributes | undefined;
		readonly billingGroupName?: string | undefined;
	},
): Change[] {
	const { thingName, thingId, thingTypeName, attributes = {}, billingGroupName } = input;
	checkName(thingName, "thing");
	const type = thingTypeName === undefined ? undefined : registry.demand("type", thingTypeName);
	if (billingGroupName !== undefined) registry.demand("billing", billingGroupName);
	checkAttributes(attributes, type !== undefined);
	const present = registry.find("thing", thingName);
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
export function updateThing(
	registry: Registry,
	thingName: string,
	attributes: Attributes | undefined,
	options: {
		readonly merge?: boolean;
		readonly expectedVersion?: number | undefined;
		readonly thingTypeName?: string | null | undefined;
	} = {},
): Change[] {
	const thing = registry.demand("thing", thingName);
	checkVersion(`thing ${thingName}`, thing.version, options.expectedVersion);
	const thingTypeName = newTypeOf(registry, thing, options.thingTypeName);
	const kept = attributes
		? mergeAttributes(thing.attributes, attributes, options.merge ?? false)
		: thing.attributes;
	checkAttributes(kept, thingTypeName !== undefined);
	const version = thing.version + 1;
	return [changeThing({ ...thing, thingTypeName, attributes: kept, version })];
}

function newTypeOf(
	registry: Registry,
	thing: Thing,
	asked: string | null | undefined,
): string | undefined {
	if (asked === undefined || asked === thing.thingTypeName) return thing.thingTypeName;
	if (asked === null) return undefined;
	if (registry.demand("type", asked).deprecated)
		throw invalid(`the thing type ${asked} is deprecated`);
	return asked;
}

/** Throws when a thing can't have this type and these attributes. */
export function checkThing(registry: Registry, { thingTypeName, attributes }: Thing): void {
	if (thingTypeName !== undefined) registry.demand("type", thingTypeName);
	checkAttributes(attributes, thingTypeName !== undefined);
}

/** Its certificates must be detached first. Its shadows stay. */
export function deleteThing(
	registry: Registry,
	thingName: string,
	expectedVersion?: number,
): Change[] {
	checkVersion(`thing ${thingName}`, registry.demand("thing", thingName).version, expectedVersion);
	for (const { things, certificateId } of registry.certificates) {
		if (Object.hasOwn(things, thingName)) {
			throw invalid(`the thing ${thingName} has the certificate ${certificateId}`);
		}
	}
	return [{ kind: "thing", name: thingName, value: undefined }];
}

export function changeThing(thing: Thing): Change {
	return { kind: "thing", name: thing.thingName, value: thing };
}

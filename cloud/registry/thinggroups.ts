import {
	checkAttributes,
	checkName,
	checkVersion,
	isAlike,
	mergeAttributes,
	without,
} from "./checks.ts";
import type { Change, Thing, ThingGroup } from "./entities.ts";
import { exists, invalid, limit, RegistryLimits } from "./fault.ts";
import type { Registry } from "./registry.ts";
import { changeThing } from "./things.ts";

export function createThingGroup(
	registry: Registry,
	thingGroupName: string,
	parentGroupName?: string,
	more: Pick<ThingGroup, "description" | "attributes" | "tags"> = {},
): Change[] {
	checkName(thingGroupName, "thing group");
	checkAttributes(more.attributes ?? {}, true);
	const present = registry.find("group", thingGroupName);
	const isEqual = present?.parentGroupName === parentGroupName && isAlike(present ?? {}, more);
	if (present && isEqual) return [];
	if (present) throw exists(`a thing group ${thingGroupName} that differs`);
	if (parentGroupName !== undefined) {
		const depth = registry.lineage(registry.demand("group", parentGroupName).thingGroupName).length;
		if (depth >= RegistryLimits.groupDepth) throw limit("levels of groups", "groupDepth");
		const siblings = [...registry.groups].filter(
			(group) => group.parentGroupName === parentGroupName,
		);
		if (siblings.length >= RegistryLimits.groupChildren) throw limit("children", "groupChildren");
	}
	const group: ThingGroup = { thingGroupName, parentGroupName, policies: [], ...more };
	return [{ kind: "group", name: thingGroupName, value: group }];
}

/** Changes the description and the attributes of a group; what is not named stays. */
export function updateThingGroup(
	registry: Registry,
	thingGroupName: string,
	more: Pick<ThingGroup, "description" | "attributes">,
	options: { readonly merge?: boolean; readonly expectedVersion?: number | undefined } = {},
): Change[] {
	const group = registry.demand("group", thingGroupName);
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
export function deleteThingGroup(
	registry: Registry,
	thingGroupName: string,
	expectedVersion?: number,
): Change[] {
	const version = versionOf(registry.demand("group", thingGroupName));
	checkVersion(`thing group ${thingGroupName}`, version, expectedVersion);
	for (const group of registry.groups) {
		if (group.parentGroupName === thingGroupName) {
			throw invalid(`the thing group ${thingGroupName} has the child ${group.thingGroupName}`);
		}
	}
	const members = [...registry.things].filter((thing) => thing.groups.includes(thingGroupName));
	return [
		...members.map((thing) =>
			changeThing({ ...thing, groups: without(thing.groups, thingGroupName) }),
		),
		{ kind: "group", name: thingGroupName, value: undefined },
	];
}

/** A thing is in at most ten groups, and in one only of each hierarchy. */
export function addThingToThingGroup(
	registry: Registry,
	thingName: string,
	thingGroupName: string,
): Change[] {
	const thing = registry.demand("thing", thingName);
	const joined = joinGroup(registry, thing, thingGroupName);
	return joined === thing ? [] : [changeThing(joined)];
}

/** The thing as a member of a group, under the same rules; itself when it is one already. */
export function joinGroup(registry: Registry, thing: Thing, thingGroupName: string): Thing {
	registry.demand("group", thingGroupName);
	if (thing.groups.includes(thingGroupName)) return thing;
	if (thing.groups.length >= RegistryLimits.groupsPerThing) {
		throw limit("groups of a thing", "groupsPerThing");
	}
	const root = registry.lineage(thingGroupName).at(-1);
	for (const other of thing.groups) {
		if (registry.lineage(other).at(-1) === root) {
			throw invalid(`the thing ${thing.thingName} is in ${other}, of the same hierarchy`);
		}
	}
	return { ...thing, groups: [...thing.groups, thingGroupName] };
}

export function removeThingFromThingGroup(
	registry: Registry,
	thingName: string,
	thingGroupName: string,
): Change[] {
	const thing = registry.demand("thing", thingName);
	if (!thing.groups.includes(thingGroupName)) return [];
	return [changeThing({ ...thing, groups: without(thing.groups, thingGroupName) })];
}

/** The version of a group: 1 before its first update. */
export function versionOf(group: ThingGroup): number {
	return group.version ?? 1;
}

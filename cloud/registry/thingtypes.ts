import { checkName, isAlike } from "./checks.ts";
import type { Change, ThingType } from "./entities.ts";
import { exists, invalid } from "./fault.ts";
import type { Registry } from "./registry.ts";

export function createThingType(
	registry: Registry,
	thingTypeName: string,
	more: Pick<ThingType, "description" | "searchableAttributes" | "tags"> = {},
): Change[] {
	checkName(thingTypeName, "thing type");
	const present = registry.find("type", thingTypeName);
	if (present && isAlike(present, more)) return [];
	if (present) throw exists(`a thing type ${thingTypeName} that differs`);
	const type: ThingType = { thingTypeName, deprecated: false, ...more };
	return [{ kind: "type", name: thingTypeName, value: type }];
}

export function deprecateThingType(
	registry: Registry,
	thingTypeName: string,
	deprecated = true,
): Change[] {
	const type = { ...registry.demand("type", thingTypeName), deprecated };
	return [{ kind: "type", name: thingTypeName, value: type }];
}

/** Must be deprecated first, and no thing may be of it. */
export function deleteThingType(registry: Registry, thingTypeName: string): Change[] {
	if (!registry.demand("type", thingTypeName).deprecated) {
		throw invalid(`the thing type ${thingTypeName} is not deprecated`);
	}
	for (const thing of registry.things) {
		if (thing.thingTypeName === thingTypeName) {
			throw invalid(`the thing ${thing.thingName} is of the type ${thingTypeName}`);
		}
	}
	return [{ kind: "type", name: thingTypeName, value: undefined }];
}

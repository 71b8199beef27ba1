import { randomUUID } from "node:crypto";
import type { Attributes, Thing } from "../../registry/entities.ts";
import { createThing, deleteThing, updateThing } from "../../registry/things.ts";
import { Arns } from "../arn.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";

export interface AttributePayload {
	readonly attributes?: Attributes;
	readonly merge?: boolean;
}

interface ThingInput {
	readonly thingName: string;
	readonly thingTypeName?: string;
	readonly attributePayload?: AttributePayload;
	readonly billingGroupName?: string;
	readonly expectedVersion?: number;
	readonly removeThingType?: boolean;
}

interface ListInput {
	readonly maxResults?: number;
	readonly nextToken?: string;
	readonly attributeName?: string;
	readonly attributeValue?: string;
	readonly usePrefixAttributeValue?: boolean;
	readonly thingTypeName?: string;
}

/** Things: CreateThing, DescribeThing, ListThings, UpdateThing, DeleteThing. */
export const things: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);

	operate<ThingInput>(app, "CreateThing", async (input) => {
		const { thingName, attributePayload, thingTypeName, billingGroupName } = input;
		const { attributes } = attributePayload ?? {};
		const asked = { thingName, thingTypeName, attributes, billingGroupName };
		await registry.run((state) => createThing(state, { ...asked, thingId: randomUUID() }));
		const { thingId } = registry.state.demand("thing", thingName);
		return { thingName, thingArn: arns.of("thing", thingName), thingId };
	});

	operate<ThingInput>(app, "DescribeThing", ({ thingName }) => {
		const {
			groups: _,
			createdMs,
			modifiedMs,
			...thing
		} = registry.state.demand("thing", thingName);
		return { defaultClientId: thingName, thingArn: arns.of("thing", thingName), ...thing };
	});

	operate<ListInput>(app, "ListThings", (input) => {
		const { maxResults: limit, nextToken: token } = input;
		const all = [...registry.state.things].filter((thing) => isListed(thing, input));
		const { page, next } = pageOf(all, (thing) => thing.thingName, { limit, token });
		return {
			things: page.map(({ thingName, thingTypeName, attributes, version }) => {
				const thingArn = arns.of("thing", thingName);
				return { thingName, thingTypeName, thingArn, attributes, version };
			}),
			nextToken: next,
		};
	});

	operate<ThingInput>(app, "UpdateThing", async (input) => {
		const { thingName, thingTypeName, removeThingType, attributePayload, expectedVersion } = input;
		const { attributes, merge = false } = attributePayload ?? {};
		const type = removeThingType ? null : thingTypeName;
		const options = { merge, expectedVersion, thingTypeName: type };
		await registry.run((state) => updateThing(state, thingName, attributes, options));
	});

	operate<ThingInput>(app, "DeleteThing", ({ thingName, expectedVersion }) =>
		registry.run((state) => deleteThing(state, thingName, expectedVersion)),
	);
};

function isListed(thing: Thing, input: ListInput): boolean {
	const { attributeName, attributeValue, usePrefixAttributeValue, thingTypeName } = input;
	if (thingTypeName !== undefined && thing.thingTypeName !== thingTypeName) return false;
	if (attributeName === undefined) return true;
	if (!Object.hasOwn(thing.attributes, attributeName)) return false;
	const value = thing.attributes[attributeName]!;
	if (attributeValue === undefined) return true;
	return usePrefixAttributeValue ? value.startsWith(attributeValue) : value === attributeValue;
}

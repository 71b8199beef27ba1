import type { ThingType } from "../../registry/entities.ts";
import { createThingType, deleteThingType, deprecateThingType } from "../../registry/thingtypes.ts";
import { Arns } from "../arn.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { type Tag, tagsOf } from "./tags.ts";

interface TypeInput {
	readonly thingTypeName: string;
	readonly thingTypeProperties?: {
		readonly thingTypeDescription?: string;
		readonly searchableAttributes?: readonly string[];
	};
	readonly tags?: readonly Tag[];
	readonly undoDeprecate?: boolean;
}

interface ListInput {
	readonly maxResults?: number;
	readonly nextToken?: string;
	readonly thingTypeName?: string;
}

/** Thing types: Create, Describe, List, Deprecate, Delete. */
export const types: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);

	const describe = (type: ThingType) => {
		const { thingTypeName, deprecated, description, searchableAttributes } = type;
		return {
			thingTypeName,
			thingTypeArn: arns.of("thingtype", thingTypeName),
			thingTypeProperties: { thingTypeDescription: description, searchableAttributes },
			thingTypeMetadata: {
				deprecated,
				deprecationDate: deprecated ? seconds(type.modifiedMs) : undefined,
				creationDate: seconds(type.createdMs),
			},
		};
	};

	operate<TypeInput>(app, "CreateThingType", async (input) => {
		const { thingTypeName, thingTypeProperties, tags } = input;
		const { thingTypeDescription: description, searchableAttributes } = thingTypeProperties ?? {};
		const more = { description, searchableAttributes, ...tagsOf(tags) };
		await registry.run((state) => createThingType(state, thingTypeName, more));
		return { thingTypeName, thingTypeArn: arns.of("thingtype", thingTypeName) };
	});

	operate<TypeInput>(app, "DescribeThingType", ({ thingTypeName }) =>
		describe(registry.state.demand("type", thingTypeName)),
	);

	operate<ListInput>(app, "ListThingTypes", ({ thingTypeName, maxResults, nextToken }) => {
		const all = [...registry.state.types].filter(
			(type) => thingTypeName === undefined || type.thingTypeName === thingTypeName,
		);
		const request = { limit: maxResults, token: nextToken };
		const { page, next } = pageOf(all, (type) => type.thingTypeName, request);
		return { thingTypes: page.map(describe), nextToken: next };
	});

	operate<TypeInput>(app, "DeprecateThingType", ({ thingTypeName, undoDeprecate = false }) =>
		registry.run((state) => deprecateThingType(state, thingTypeName, !undoDeprecate)),
	);

	operate<TypeInput>(app, "DeleteThingType", ({ thingTypeName }) =>
		registry.run((state) => deleteThingType(state, thingTypeName)),
	);
};

/** Dates are epoch seconds in the JSON of AWS. */
export function seconds(epochMs: number | undefined): number | undefined {
	return epochMs === undefined ? undefined : epochMs / 1000;
}

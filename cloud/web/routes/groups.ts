import type { ThingGroup } from "../../registry/entities.ts";
import {
	addThingToThingGroup,
	createThingGroup,
	deleteThingGroup,
	removeThingFromThingGroup,
	updateThingGroup,
	versionOf,
} from "../../registry/thinggroups.ts";
import { Arns } from "../arn.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { type Tag, tagsOf } from "./tags.ts";
import type { AttributePayload } from "./things.ts";
import { seconds } from "./types.ts";

interface GroupInput {
	readonly thingGroupName: string;
	readonly parentGroupName?: string;
	readonly thingGroupProperties?: {
		readonly thingGroupDescription?: string;
		readonly attributePayload?: AttributePayload;
	};
	readonly tags?: readonly Tag[];
	readonly expectedVersion?: number;
}

interface MemberInput {
	readonly thingGroupName?: string;
	readonly thingGroupArn?: string;
	readonly thingName?: string;
	readonly thingArn?: string;
}

interface ListInput {
	readonly thingName: string;
	readonly thingGroupName: string;
	readonly parentGroup?: string;
	readonly namePrefixFilter?: string;
	readonly recursive?: boolean;
	readonly maxResults?: number;
	readonly nextToken?: string;
}

/** Thing groups, and which things are in them. */
export const groups: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);
	const named = (name: string) => ({ groupName: name, groupArn: arns.of("thinggroup", name) });
	const parentsOf = ({ parentGroupName }: ThingGroup): ThingGroup[] =>
		parentGroupName === undefined ? [] : registry.state.lineage(parentGroupName);
	const member = (input: MemberInput): readonly [string, string] => [
		arns.either("thing", input.thingName, input.thingArn),
		arns.either("thinggroup", input.thingGroupName, input.thingGroupArn),
	];

	operate<GroupInput>(app, "CreateThingGroup", async (input) => {
		const { thingGroupName, parentGroupName, thingGroupProperties = {}, tags } = input;
		const { thingGroupDescription: description, attributePayload } = thingGroupProperties;
		const { attributes } = attributePayload ?? {};
		const more = { description, ...(attributes ? { attributes } : {}), ...tagsOf(tags) };
		await registry.run((state) => createThingGroup(state, thingGroupName, parentGroupName, more));
		return { thingGroupName, thingGroupArn: arns.of("thinggroup", thingGroupName) };
	});

	operate<GroupInput>(app, "DescribeThingGroup", ({ thingGroupName }) => {
		const group = registry.state.demand("group", thingGroupName);
		const rootToParent = parentsOf(group).reverse();
		return {
			thingGroupName,
			thingGroupArn: arns.of("thinggroup", thingGroupName),
			version: versionOf(group),
			thingGroupProperties: {
				thingGroupDescription: group.description,
				attributePayload: { attributes: group.attributes ?? {} },
			},
			thingGroupMetadata: {
				parentGroupName: group.parentGroupName,
				rootToParentThingGroups: rootToParent.map((one) => named(one.thingGroupName)),
				creationDate: seconds(group.createdMs),
			},
		};
	});

	operate<GroupInput>(app, "UpdateThingGroup", async (input) => {
		const { thingGroupName, thingGroupProperties = {}, expectedVersion } = input;
		const { thingGroupDescription: description, attributePayload } = thingGroupProperties;
		const { attributes, merge = false } = attributePayload ?? {};
		const more = { description, ...(attributes ? { attributes } : {}) };
		const options = { merge, expectedVersion };
		await registry.run((state) => updateThingGroup(state, thingGroupName, more, options));
		return { version: versionOf(registry.state.demand("group", thingGroupName)) };
	});

	operate<GroupInput>(app, "DeleteThingGroup", ({ thingGroupName, expectedVersion }) =>
		registry.run((state) => deleteThingGroup(state, thingGroupName, expectedVersion)),
	);

	operate<ListInput>(app, "ListThingGroups", (input) => {
		const { parentGroup, namePrefixFilter = "", recursive = true } = input;
		if (parentGroup !== undefined) registry.state.demand("group", parentGroup);
		const isBelow = (group: ThingGroup): boolean =>
			parentGroup === undefined
				? recursive || group.parentGroupName === undefined
				: recursive
					? parentsOf(group).some(({ thingGroupName }) => thingGroupName === parentGroup)
					: group.parentGroupName === parentGroup;
		const all = [...registry.state.groups].filter(
			(group) => group.thingGroupName.startsWith(namePrefixFilter) && isBelow(group),
		);
		return listed(
			all.map(({ thingGroupName }) => thingGroupName),
			input,
		);
	});

	operate<ListInput>(app, "ListThingGroupsForThing", (input) =>
		listed(registry.state.demand("thing", input.thingName).groups, input),
	);

	operate<ListInput>(app, "ListThingsInThingGroup", (input) => {
		const { thingGroupName, recursive = false, maxResults, nextToken } = input;
		registry.state.demand("group", thingGroupName);
		const isIn = (name: string): boolean =>
			name === thingGroupName ||
			(recursive &&
				registry.state.lineage(name).some((group) => group.thingGroupName === thingGroupName));
		const all = [...registry.state.things].filter((thing) => thing.groups.some(isIn));
		const names = all.map(({ thingName }) => thingName);
		const { page, next } = pageOf(names, (name) => name, { limit: maxResults, token: nextToken });
		return { things: page, nextToken: next };
	});

	operate<MemberInput>(app, "AddThingToThingGroup", (input) => {
		const [thing, group] = member(input);
		return registry.run((state) => addThingToThingGroup(state, thing, group));
	});

	operate<MemberInput>(app, "RemoveThingFromThingGroup", (input) => {
		const [thing, group] = member(input);
		registry.state.demand("group", group);
		return registry.run((state) => removeThingFromThingGroup(state, thing, group));
	});

	function listed(names: readonly string[], { maxResults, nextToken }: ListInput) {
		const { page, next } = pageOf(names, (name) => name, { limit: maxResults, token: nextToken });
		return { thingGroups: page.map(named), nextToken: next };
	}
};

import {
	addThingToBillingGroup,
	createBillingGroup,
	deleteBillingGroup,
	removeThingFromBillingGroup,
	updateBillingGroup,
} from "../../registry/billing.ts";
import { Arns } from "../arn.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { type Tag, tagsOf } from "./tags.ts";
import { seconds } from "./types.ts";

interface BillingInput {
	readonly billingGroupName: string;
	readonly billingGroupProperties?: { readonly billingGroupDescription?: string };
	readonly tags?: readonly Tag[];
	readonly expectedVersion?: number;
}

interface MemberInput {
	readonly billingGroupName?: string;
	readonly billingGroupArn?: string;
	readonly thingName?: string;
	readonly thingArn?: string;
}

interface ListInput {
	readonly billingGroupName: string;
	readonly namePrefixFilter?: string;
	readonly maxResults?: number;
	readonly nextToken?: string;
}

/** Billing groups, and which things are in them. */
export const billing: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);
	const member = (input: MemberInput): readonly [string, string] => [
		arns.either("thing", input.thingName, input.thingArn),
		arns.either("billinggroup", input.billingGroupName, input.billingGroupArn),
	];

	operate<BillingInput>(app, "CreateBillingGroup", async (input) => {
		const { billingGroupName, billingGroupProperties, tags } = input;
		const description = billingGroupProperties?.billingGroupDescription;
		const more = { description, ...tagsOf(tags) };
		await registry.run((state) => createBillingGroup(state, billingGroupName, more));
		return { billingGroupName, billingGroupArn: arns.of("billinggroup", billingGroupName) };
	});

	operate<BillingInput>(app, "DescribeBillingGroup", ({ billingGroupName }) => {
		const group = registry.state.demand("billing", billingGroupName);
		return {
			billingGroupName,
			billingGroupArn: arns.of("billinggroup", billingGroupName),
			version: group.version,
			billingGroupProperties: { billingGroupDescription: group.description },
			billingGroupMetadata: { creationDate: seconds(group.createdMs) },
		};
	});

	operate<ListInput>(
		app,
		"ListBillingGroups",
		({ namePrefixFilter = "", maxResults, nextToken }) => {
			const names = [...registry.state.billingGroups]
				.map(({ billingGroupName }) => billingGroupName)
				.filter((name) => name.startsWith(namePrefixFilter));
			const { page, next } = pageOf(names, (name) => name, { limit: maxResults, token: nextToken });
			const billingGroups = page.map((groupName) => {
				return { groupName, groupArn: arns.of("billinggroup", groupName) };
			});
			return { billingGroups, nextToken: next };
		},
	);

	operate<BillingInput>(app, "UpdateBillingGroup", async (input) => {
		const { billingGroupName, billingGroupProperties, expectedVersion } = input;
		const description = billingGroupProperties?.billingGroupDescription;
		await registry.run((state) =>
			updateBillingGroup(state, billingGroupName, description, expectedVersion),
		);
		return { version: registry.state.demand("billing", billingGroupName).version };
	});

	operate<BillingInput>(app, "DeleteBillingGroup", ({ billingGroupName, expectedVersion }) =>
		registry.run((state) => deleteBillingGroup(state, billingGroupName, expectedVersion)),
	);

	operate<MemberInput>(app, "AddThingToBillingGroup", (input) => {
		const [thing, group] = member(input);
		return registry.run((state) => addThingToBillingGroup(state, thing, group));
	});

	operate<MemberInput>(app, "RemoveThingFromBillingGroup", (input) => {
		const [thing, group] = member(input);
		return registry.run((state) => removeThingFromBillingGroup(state, thing, group));
	});

	operate<ListInput>(app, "ListThingsInBillingGroup", (input) => {
		const { billingGroupName, maxResults, nextToken } = input;
		registry.state.demand("billing", billingGroupName);
		const names = [...registry.state.things]
			.filter((thing) => thing.billingGroupName === billingGroupName)
			.map(({ thingName }) => thingName);
		const { page, next } = pageOf(names, (name) => name, { limit: maxResults, token: nextToken });
		return { things: page, nextToken: next };
	});
};

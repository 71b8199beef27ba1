import type { Tags } from "../../registry/entities.ts";
import { checkTags, type Tagged, tagResource, untagResource } from "../../registry/tags.ts";
import { Arns } from "../arn.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import type { RouteModule } from "../services.ts";

/** As AWS writes it. */
export interface Tag {
	readonly Key: string;
	readonly Value?: string;
}

interface TagInput {
	readonly resourceArn: string;
	readonly tags: readonly Tag[];
	readonly tagKeys: readonly string[];
}

const kinds: Readonly<Record<string, Tagged>> = Object.freeze({
	thingtype: "type",
	thinggroup: "group",
	billinggroup: "billing",
	policy: "policy",
});

/** Tags: TagResource, UntagResource, ListTagsForResource. */
export const tags: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);

	function taggedOf(arn: string): readonly [Tagged, string] {
		const { type, name } = arns.parse(arn);
		const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
		if (kind) return [kind, name];
		throw new ApiFault("InvalidRequestException", `a ${type} has no tags`);
	}

	operate<TagInput>(app, "TagResource", (input) => {
		const [kind, name] = taggedOf(input.resourceArn);
		return registry.run((state) => tagResource(state, kind, name, tagsOf(input.tags).tags ?? {}));
	});

	operate<TagInput>(app, "UntagResource", (input) => {
		const [kind, name] = taggedOf(input.resourceArn);
		return registry.run((state) => untagResource(state, kind, name, input.tagKeys));
	});

	operate<TagInput>(app, "ListTagsForResource", (input) => {
		const [kind, name] = taggedOf(input.resourceArn);
		const present = Object.entries(registry.state.demand(kind, name).tags ?? {});
		return { tags: present.map(([Key, Value]) => ({ Key, Value })) };
	});
};

/** Tags of a new entity. Throws for those that are not allowed. */
export function tagsOf(given: readonly Tag[] | undefined): { readonly tags?: Tags } {
	if (given === undefined) return {};
	const all = Object.fromEntries(given.map(({ Key, Value = "" }) => [Key, Value]));
	checkTags(all);
	return { tags: all };
}

import { describe, expect, test } from "@jest/globals";
import {
	addThingToBillingGroup,
	createBillingGroup,
	deleteBillingGroup,
	removeThingFromBillingGroup,
	updateBillingGroup,
} from "../../cloud/registry/billing.ts";
import { createPolicy } from "../../cloud/registry/policies.ts";
import { type Tagged, tagResource, untagResource } from "../../cloud/registry/tags.ts";
import {
	createThingGroup,
	deleteThingGroup,
	updateThingGroup,
} from "../../cloud/registry/thinggroups.ts";
import { createThing, deleteThing, updateThing } from "../../cloud/registry/things.ts";
import { createThingType, deprecateThingType } from "../../cloud/registry/thingtypes.ts";
import { documentOf, RegistryBench, refuses } from "../support/registry.ts";

function open(): RegistryBench {
	return new RegistryBench().do(
		(r) => createBillingGroup(r, "north", { description: "the north" }),
		(r) => createBillingGroup(r, "south"),
		(r) => createThing(r, { thingName: "a", thingId: "1", billingGroupName: "north" }),
	);
}

describe("billing groups §2.2", () => {
	test("a thing is in one of them at most", () => {
		const bench = open().do((r) => addThingToBillingGroup(r, "a", "south"));
		expect(bench.thing("a")!.billingGroupName).toBe("south");
		expect(removeThingFromBillingGroup(bench, "a", "north")).toEqual([]);
		bench.do((r) => removeThingFromBillingGroup(r, "a", "south"));
		expect(bench.thing("a")!.billingGroupName).toBeUndefined();
	});

	test("one that goes leaves its things behind, in none", () => {
		const bench = open().do((r) => deleteBillingGroup(r, "north"));
		expect(bench.thing("a")!.billingGroupName).toBeUndefined();
		refuses(() => addThingToBillingGroup(bench, "a", "north"), "ResourceNotFoundException");
		refuses(
			() => createThing(bench, { thingName: "b", thingId: "2", billingGroupName: "north" }),
			"ResourceNotFoundException",
		);
	});

	test("made again equal changes nothing, different is refused; updates count versions", () => {
		const bench = open();
		expect(createBillingGroup(bench, "north", { description: "the north" })).toEqual([]);
		refuses(() => createBillingGroup(bench, "north"), "ResourceAlreadyExistsException");
		refuses(() => createBillingGroup(bench, "no name"), "InvalidRequestException");
		bench.do((r) => updateBillingGroup(r, "north", "cold", 1));
		expect(bench.find("billing", "north")).toMatchObject({ description: "cold", version: 2 });
		refuses(() => updateBillingGroup(bench, "north", "x", 1), "VersionConflictException");
		refuses(() => deleteBillingGroup(bench, "north", 1), "VersionConflictException");
	});
});

describe("tags §2.2", () => {
	const kinds: readonly (readonly [Tagged, string])[] = [
		["type", "Sensor"],
		["group", "valley"],
		["billing", "north"],
		["policy", "p"],
	];

	test.each(kinds)("a %s has them", (kind, name) => {
		const bench = open().do(
			(r) => createThingType(r, "Sensor"),
			(r) => createThingGroup(r, "valley"),
			(r) => createPolicy(r, "p", documentOf("iot:Connect")),
		);
		bench.do(
			(r) => tagResource(r, kind, name, { owner: "us", site: "A" }),
			(r) => tagResource(r, kind, name, { site: "B" }),
		);
		expect(bench.demand(kind, name).tags).toEqual({ owner: "us", site: "B" });
		bench.do((r) => untagResource(r, kind, name, ["owner", "never"]));
		expect(bench.demand(kind, name).tags).toEqual({ site: "B" });
		refuses(() => tagResource(bench, kind, "nowhere", {}), "ResourceNotFoundException");
	});

	test("fifty at most, of allowed characters, and none that are AWS's own", () => {
		const many = (count: number) =>
			Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
		const bench = open().do((r) => tagResource(r, "billing", "north", many(50)));
		refuses(
			() => tagResource(bench, "billing", "north", { one: "more" }),
			"LimitExceededException",
		);
		for (const key of ["", "aws:x", "a*b", "k".repeat(129)]) {
			refuses(
				() => tagResource(bench, "billing", "south", { [key]: "v" }),
				"InvalidRequestException",
			);
		}
		refuses(() => tagResource(bench, "billing", "south", { k: "<" }), "InvalidRequestException");
	});
});

describe("updates of things and groups §2.2", () => {
	test("a thing takes a type, gives it back, and keeps its attributes meanwhile", () => {
		const bench = open().do(
			(r) => createThingType(r, "Sensor"),
			(r) => createThingType(r, "Old"),
			(r) => deprecateThingType(r, "Old"),
			(r) => updateThing(r, "a", { x: "1" }, { thingTypeName: "Sensor" }),
			(r) => updateThing(r, "a", undefined),
		);
		expect(bench.thing("a")).toMatchObject({
			thingTypeName: "Sensor",
			attributes: { x: "1" },
			version: 3,
		});
		refuses(
			() => updateThing(bench, "a", undefined, { thingTypeName: "Old" }),
			"InvalidRequestException",
		);
		bench.do((r) => updateThing(r, "a", undefined, { thingTypeName: null }));
		expect(bench.thing("a")!.thingTypeName).toBeUndefined();
		refuses(() => deleteThing(bench, "a", 1), "VersionConflictException");
	});

	test("a group has a description, attributes and a version", () => {
		const bench = open().do((r) => createThingGroup(r, "g", undefined, { attributes: { x: "1" } }));
		bench.do((r) => updateThingGroup(r, "g", { description: "d", attributes: { y: "2" } }));
		expect(bench.find("group", "g")).toMatchObject({ description: "d", attributes: { y: "2" } });
		bench.do((r) => updateThingGroup(r, "g", { attributes: { z: "3" } }, { merge: true }));
		expect(bench.find("group", "g")).toMatchObject({
			description: "d",
			attributes: { y: "2", z: "3" },
			version: 3,
		});
		const stale = { expectedVersion: 1 };
		refuses(() => updateThingGroup(bench, "g", {}, stale), "VersionConflictException");
		refuses(() => deleteThingGroup(bench, "g", 1), "VersionConflictException");
	});
});

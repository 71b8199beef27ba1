import { describe, expect, test } from "@jest/globals";
import {
	attachThingPrincipal,
	deleteCertificate,
	detachThingPrincipal,
	registerCertificate,
	updateCertificate,
} from "../../cloud/registry/certificates.ts";
import type { Change } from "../../cloud/registry/entities.ts";
import {
	attachPolicy,
	createPolicy,
	deletePolicy,
	detachPolicy,
} from "../../cloud/registry/policies.ts";
import { Registry } from "../../cloud/registry/registry.ts";
import {
	addThingToThingGroup,
	createThingGroup,
	deleteThingGroup,
	removeThingFromThingGroup,
} from "../../cloud/registry/thinggroups.ts";
import { createThing, deleteThing, updateThing } from "../../cloud/registry/things.ts";
import {
	createThingType,
	deleteThingType,
	deprecateThingType,
} from "../../cloud/registry/thingtypes.ts";
import { documentOf, RegistryBench, refuses } from "../support/registry.ts";

const idOf = (digit: string): string => digit.repeat(64);
const policyDocument = documentOf("*");

const makeThing =
	(thingName: string, rest: object = {}) =>
	(registry: Registry): Change[] =>
		createThing(registry, { thingName, thingId: `id of ${thingName}`, ...rest });

describe("things §2.2", () => {
	test("P17 created again: equal changes nothing, different is refused", () => {
		const bench = new RegistryBench().do(makeThing("a", { attributes: { site: "A" } }));
		expect(
			createThing(bench, { thingName: "a", thingId: "other", attributes: { site: "A" } }),
		).toEqual([]);
		refuses(
			() => createThing(bench, { thingName: "a", thingId: "x", attributes: { site: "B" } }),
			"ResourceAlreadyExistsException",
		);
		expect(bench.thing("a")).toEqual({
			thingName: "a",
			thingId: "id of a",
			thingTypeName: undefined,
			attributes: { site: "A" },
			version: 1,
			groups: [],
		});
	});

	test("P18 three attributes without a type, fifty with one", () => {
		const attributes = (count: number) =>
			Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
		const bench = new RegistryBench().do((r) => createThingType(r, "Sensor"));
		const create = (count: number, thingTypeName?: string) =>
			createThing(bench, {
				thingName: "a",
				thingId: "x",
				thingTypeName,
				attributes: attributes(count),
			});
		expect(create(3)).toHaveLength(1);
		refuses(() => create(4), "LimitExceededException");
		expect(create(50, "Sensor")).toHaveLength(1);
		refuses(() => create(51, "Sensor"), "LimitExceededException");
	});

	test("P19 a stale expectedVersion: VersionConflict, and nothing changes", () => {
		const bench = new RegistryBench().do(makeThing("a"), (r) => updateThing(r, "a", { x: "1" }));
		refuses(
			() => updateThing(bench, "a", { x: "2" }, { expectedVersion: 1 }),
			"VersionConflictException",
		);
		expect(bench.thing("a")).toMatchObject({ version: 2, attributes: { x: "1" } });
	});

	test("attributes are replaced, or merged with an empty value removing one", () => {
		const bench = new RegistryBench().do(makeThing("a", { attributes: { x: "1", y: "2" } }));
		bench.do((r) => updateThing(r, "a", { x: "", z: "3" }, { merge: true }));
		expect(bench.thing("a")!.attributes).toEqual({ y: "2", z: "3" });
		bench.do((r) => updateThing(r, "a", { w: "4" }));
		expect(bench.thing("a")!.attributes).toEqual({ w: "4" });
	});

	test("P20 a deprecated type makes no new things", () => {
		const bench = new RegistryBench().do(
			(r) => createThingType(r, "Sensor"),
			(r) => deprecateThingType(r, "Sensor"),
		);
		refuses(
			() => createThing(bench, { thingName: "a", thingId: "x", thingTypeName: "Sensor" }),
			"InvalidRequestException",
		);
		bench.do((r) => deprecateThingType(r, "Sensor", false));
		bench.do(makeThing("a", { thingTypeName: "Sensor" }));
		refuses(() => deleteThingType(bench, "Sensor"), "InvalidRequestException");
		bench.do((r) => deprecateThingType(r, "Sensor"));
		refuses(() => deleteThingType(bench, "Sensor"), "InvalidRequestException");
		bench.do((r) => deleteThing(r, "a"));
		expect(deleteThingType(bench, "Sensor")).toHaveLength(1);
	});

	test("a thing with a certificate is not deleted", () => {
		const bench = new RegistryBench().do(
			makeThing("a"),
			(r) => registerCertificate(r, idOf("1"), "pem"),
			(r) => attachThingPrincipal(r, "a", idOf("1")),
		);
		refuses(() => deleteThing(bench, "a"), "InvalidRequestException");
		bench.do((r) => detachThingPrincipal(r, "a", idOf("1")));
		bench.do((r) => deleteThing(r, "a"));
		expect(bench.thing("a")).toBeUndefined();
	});

	test.each(["", "a b", "a/b", "..", "x".repeat(129)])("%j names no thing", (thingName) => {
		refuses(() => makeThing(thingName)(new Registry()), "InvalidRequestException");
	});

	test.each(["constructor", "__proto__"])("%s names a thing like any other", (thingName) => {
		const bench = new RegistryBench().do(makeThing(thingName), (r) =>
			registerCertificate(r, idOf("1"), "pem"),
		);
		expect(bench.thingOf(idOf("1"), thingName)).toBeUndefined();
		expect(detachThingPrincipal(bench, thingName, idOf("1"))).toEqual([]);
		bench.do((r) => attachThingPrincipal(r, thingName, idOf("1")));
		expect(bench.thingOf(idOf("1"), thingName)).toMatchObject({ thingName });
		refuses(() => deleteThing(bench, thingName), "InvalidRequestException");
	});

	test("what is not there is ResourceNotFound", () => {
		const registry = new Registry();
		for (const operation of [
			() => updateThing(registry, "a", {}),
			() => deleteThing(registry, "a"),
			() => createThing(registry, { thingName: "a", thingId: "x", thingTypeName: "T" }),
			() => addThingToThingGroup(registry, "a", "g"),
			() => createThingGroup(registry, "g", "parent"),
			() => updateCertificate(registry, idOf("1"), "ACTIVE"),
			() => attachPolicy(registry, "p", { certificateId: idOf("1") }),
			() => deletePolicy(registry, "p"),
		]) {
			refuses(operation, "ResourceNotFoundException");
		}
	});
});

describe("groups §2.2", () => {
	const group = (name: string, parent?: string) => (registry: Registry) =>
		createThingGroup(registry, name, parent);

	test("a thing is in one group of a hierarchy, and in ten at most", () => {
		const bench = new RegistryBench().do(makeThing("a"), group("root"), group("left", "root"));
		bench.do((r) => addThingToThingGroup(r, "a", "left"));
		refuses(() => addThingToThingGroup(bench, "a", "root"), "InvalidRequestException");
		for (let index = 1; index < 10; index++) {
			bench.do(group(`g${index}`), (r) => addThingToThingGroup(r, "a", `g${index}`));
		}
		bench.do(group("g10"));
		refuses(() => addThingToThingGroup(bench, "a", "g10"), "LimitExceededException");
		bench.do((r) => removeThingFromThingGroup(r, "a", "left"));
		expect(addThingToThingGroup(bench, "a", "g10")).toHaveLength(1);
	});

	test("seven levels and no more", () => {
		const bench = new RegistryBench().do(group("g1"));
		for (let level = 2; level <= 7; level++) bench.do(group(`g${level}`, `g${level - 1}`));
		refuses(() => createThingGroup(bench, "g8", "g7"), "LimitExceededException");
	});

	test("a group with a child is not deleted; one with things leaves them", () => {
		const bench = new RegistryBench().do(makeThing("a"), group("root"), group("leaf", "root"));
		bench.do((r) => addThingToThingGroup(r, "a", "leaf"));
		refuses(() => deleteThingGroup(bench, "root"), "InvalidRequestException");
		bench.do((r) => deleteThingGroup(r, "leaf"));
		expect(bench.thing("a")!.groups).toEqual([]);
		expect(bench.thingGroup("leaf")).toBeUndefined();
	});

	test("P14 policies are inherited from all ancestors, each once", () => {
		const bench = new RegistryBench().do(
			makeThing("a"),
			group("root"),
			group("leaf", "root"),
			(r) => addThingToThingGroup(r, "a", "leaf"),
			(r) => registerCertificate(r, idOf("1"), "pem"),
			(r) => attachThingPrincipal(r, "a", idOf("1")),
			...["own", "near", "far"].map(
				(name) => (r: Registry) => createPolicy(r, name, policyDocument),
			),
			(r) => attachPolicy(r, "own", { certificateId: idOf("1") }),
			(r) => attachPolicy(r, "near", { thingGroupName: "leaf" }),
			(r) => attachPolicy(r, "far", { thingGroupName: "root" }),
			(r) => attachPolicy(r, "own", { thingGroupName: "root" }),
		);
		const names = (thingName: string | undefined) =>
			bench
				.policiesOf(idOf("1"), thingName === undefined ? undefined : bench.thing(thingName))
				.map((policy) => policy.policyName);
		expect(names("a")).toEqual(["own", "near", "far"]);
		expect(names(undefined)).toEqual(["own"]);
	});
});

describe("certificates §2.3", () => {
	const certificate = (digit: string) => (registry: Registry) =>
		registerCertificate(registry, idOf(digit), "pem");

	test("several for one thing, several things for one", () => {
		const bench = new RegistryBench().do(
			makeThing("a"),
			makeThing("b"),
			certificate("1"),
			certificate("2"),
		);
		bench.do(
			(r) => attachThingPrincipal(r, "a", idOf("1")),
			(r) => attachThingPrincipal(r, "a", idOf("2")),
			(r) => attachThingPrincipal(r, "b", idOf("1")),
		);
		expect(bench.thingOf(idOf("1"), "a")).toMatchObject({ thingName: "a" });
		expect(bench.thingOf(idOf("2"), "a")).toMatchObject({ thingName: "a" });
		expect(bench.thingOf(idOf("1"), "b")).toMatchObject({ thingName: "b" });
		expect(bench.thingOf(idOf("2"), "b")).toBeUndefined();
		expect(bench.thingOf(idOf("1"), "other")).toBeUndefined();
	});

	test("an exclusive attachment: the thing whatever the client id, and no other beside it", () => {
		const bench = new RegistryBench().do(
			makeThing("a"),
			makeThing("b"),
			certificate("1"),
			certificate("2"),
		);
		bench.do((r) => attachThingPrincipal(r, "a", idOf("1"), "EXCLUSIVE_THING"));
		expect(bench.thingOf(idOf("1"), "anything")).toMatchObject({ thingName: "a" });
		expect(bench.isExclusive(idOf("1"), "a")).toBe(true);
		refuses(() => attachThingPrincipal(bench, "b", idOf("1")), "InvalidRequestException");
		refuses(() => attachThingPrincipal(bench, "a", idOf("2")), "InvalidRequestException");
		bench.do((r) => attachThingPrincipal(r, "b", idOf("2")));
		refuses(
			() => attachThingPrincipal(bench, "a", idOf("2"), "EXCLUSIVE_THING"),
			"InvalidRequestException",
		);
	});

	test("ACTIVE is not deleted, nor what is attached", () => {
		const bench = new RegistryBench().do(certificate("1"), makeThing("a"));
		bench.do((r) => attachThingPrincipal(r, "a", idOf("1")));
		refuses(() => deleteCertificate(bench, idOf("1")), "CertificateStateException");
		bench.do((r) => updateCertificate(r, idOf("1"), "REVOKED"));
		refuses(() => deleteCertificate(bench, idOf("1")), "DeleteConflictException");
		bench.do(
			(r) => detachThingPrincipal(r, "a", idOf("1")),
			(r) => deleteCertificate(r, idOf("1")),
		);
		expect(bench.certificate(idOf("1"))).toBeUndefined();
	});

	test("nobody sets PENDING_ACTIVATION, registers twice or under another kind of id", () => {
		const bench = new RegistryBench().do(certificate("1"));
		refuses(
			() => updateCertificate(bench, idOf("1"), "PENDING_ACTIVATION"),
			"InvalidRequestException",
		);
		refuses(() => certificate("1")(bench), "ResourceAlreadyExistsException");
		refuses(() => registerCertificate(bench, "../x", "pem"), "InvalidRequestException");
	});
});

describe("policies §2.4", () => {
	test("P16 an eleventh policy on a principal is refused", () => {
		const bench = new RegistryBench().do((r) => registerCertificate(r, idOf("1"), "pem"));
		for (let index = 0; index < 11; index++) {
			bench.do((r) => createPolicy(r, `p${index}`, policyDocument));
		}
		const target = { certificateId: idOf("1") };
		for (let index = 0; index < 10; index++) bench.do((r) => attachPolicy(r, `p${index}`, target));
		expect(attachPolicy(bench, "p3", target)).toEqual([]);
		refuses(() => attachPolicy(bench, "p10", target), "LimitExceededException");
		bench.do((r) => detachPolicy(r, "p3", target));
		expect(attachPolicy(bench, "p10", target)).toHaveLength(1);
	});

	test("a document that is wrong is refused with what is wrong", () => {
		const registry = new Registry();
		refuses(() => createPolicy(registry, "p", "{}"), "MalformedPolicyException");
		refuses(() => createPolicy(registry, "../p", policyDocument), "InvalidRequestException");
		expect(() => createPolicy(registry, "p", "{")).toThrow("policy p: the document is no JSON");
	});

	test("a policy that is attached is not deleted", () => {
		const bench = new RegistryBench().do(
			(r) => createPolicy(r, "p", policyDocument),
			(r) => createThingGroup(r, "g"),
			(r) => attachPolicy(r, "p", { thingGroupName: "g" }),
		);
		refuses(() => deletePolicy(bench, "p"), "DeleteConflictException");
		bench.do((r) => detachPolicy(r, "p", { thingGroupName: "g" }));
		bench.do((r) => deletePolicy(r, "p"));
		expect(bench.policy("p")).toBeUndefined();
	});

	test("the generation moves with each change", () => {
		const bench = new RegistryBench();
		const before = bench.generation;
		bench.do(makeThing("a"));
		expect(bench.generation).toBeGreaterThan(before);
	});
});

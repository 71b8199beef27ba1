import { describe, expect, test } from "@jest/globals";
import { type Change, Registry } from "../../cloud/registry/registry.ts";

const idOf = (digit: string): string => digit.repeat(64);
const policyDocument = JSON.stringify({
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});

/** A registry that applies what its operations name. */
class Bench extends Registry {
	do(...operations: ((registry: Registry) => Change[])[]): this {
		for (const operation of operations) this.apply(operation(this));
		return this;
	}

	thingOrFail(thingName: string) {
		return this.thing(thingName)!;
	}
}

const makeThing =
	(thingName: string, rest: object = {}) =>
	(registry: Registry): Change[] =>
		registry.createThing({ thingName, thingId: `id of ${thingName}`, ...rest });

const refuses = (operation: () => unknown, code: string): void => {
	let thrown: unknown;
	try {
		operation();
	} catch (error) {
		thrown = error;
	}
	expect(thrown).toMatchObject({ name: "RegistryFault", code });
};

describe("things §2.2", () => {
	test("P17 created again: equal changes nothing, different is refused", () => {
		const bench = new Bench().do(makeThing("a", { attributes: { site: "A" } }));
		expect(
			bench.createThing({ thingName: "a", thingId: "other", attributes: { site: "A" } }),
		).toEqual([]);
		refuses(
			() => bench.createThing({ thingName: "a", thingId: "x", attributes: { site: "B" } }),
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
		const bench = new Bench().do((r) => r.createThingType("Sensor"));
		const create = (count: number, thingTypeName?: string) =>
			bench.createThing({
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
		const bench = new Bench().do(makeThing("a"), (r) => r.updateThing("a", { x: "1" }));
		refuses(
			() => bench.updateThing("a", { x: "2" }, { expectedVersion: 1 }),
			"VersionConflictException",
		);
		expect(bench.thing("a")).toMatchObject({ version: 2, attributes: { x: "1" } });
	});

	test("attributes are replaced, or merged with an empty value removing one", () => {
		const bench = new Bench().do(makeThing("a", { attributes: { x: "1", y: "2" } }));
		bench.do((r) => r.updateThing("a", { x: "", z: "3" }, { merge: true }));
		expect(bench.thingOrFail("a").attributes).toEqual({ y: "2", z: "3" });
		bench.do((r) => r.updateThing("a", { w: "4" }));
		expect(bench.thingOrFail("a").attributes).toEqual({ w: "4" });
	});

	test("P20 a deprecated type makes no new things", () => {
		const bench = new Bench().do(
			(r) => r.createThingType("Sensor"),
			(r) => r.deprecateThingType("Sensor"),
		);
		refuses(
			() => bench.createThing({ thingName: "a", thingId: "x", thingTypeName: "Sensor" }),
			"InvalidRequestException",
		);
		bench.do((r) => r.deprecateThingType("Sensor", false));
		bench.do(makeThing("a", { thingTypeName: "Sensor" }));
		refuses(() => bench.deleteThingType("Sensor"), "InvalidRequestException");
		bench.do((r) => r.deprecateThingType("Sensor"));
		refuses(() => bench.deleteThingType("Sensor"), "InvalidRequestException");
		bench.do((r) => r.deleteThing("a"));
		expect(bench.deleteThingType("Sensor")).toHaveLength(1);
	});

	test("a thing with a certificate is not deleted", () => {
		const bench = new Bench().do(
			makeThing("a"),
			(r) => r.registerCertificate(idOf("1"), "pem"),
			(r) => r.attachThingPrincipal("a", idOf("1")),
		);
		refuses(() => bench.deleteThing("a"), "InvalidRequestException");
		bench.do((r) => r.detachThingPrincipal("a", idOf("1")));
		bench.do((r) => r.deleteThing("a"));
		expect(bench.thing("a")).toBeUndefined();
	});

	test.each(["", "a b", "a/b", "..", "x".repeat(129)])("%j names no thing", (thingName) => {
		refuses(() => makeThing(thingName)(new Registry()), "InvalidRequestException");
	});

	test.each(["constructor", "__proto__"])("%s names a thing like any other", (thingName) => {
		const bench = new Bench().do(makeThing(thingName), (r) =>
			r.registerCertificate(idOf("1"), "pem"),
		);
		expect(bench.thingOf(idOf("1"), thingName)).toBeUndefined();
		expect(bench.detachThingPrincipal(thingName, idOf("1"))).toEqual([]);
		bench.do((r) => r.attachThingPrincipal(thingName, idOf("1")));
		expect(bench.thingOf(idOf("1"), thingName)).toMatchObject({ thingName });
		refuses(() => bench.deleteThing(thingName), "InvalidRequestException");
	});

	test("what is not there is ResourceNotFound", () => {
		const registry = new Registry();
		for (const operation of [
			() => registry.updateThing("a", {}),
			() => registry.deleteThing("a"),
			() => registry.createThing({ thingName: "a", thingId: "x", thingTypeName: "T" }),
			() => registry.addThingToThingGroup("a", "g"),
			() => registry.createThingGroup("g", "parent"),
			() => registry.updateCertificate(idOf("1"), "ACTIVE"),
			() => registry.attachPolicy("p", { certificateId: idOf("1") }),
			() => registry.deletePolicy("p"),
		]) {
			refuses(operation, "ResourceNotFoundException");
		}
	});
});

describe("groups §2.2", () => {
	const group = (name: string, parent?: string) => (registry: Registry) =>
		registry.createThingGroup(name, parent);

	test("a thing is in one group of a hierarchy, and in ten at most", () => {
		const bench = new Bench().do(makeThing("a"), group("root"), group("left", "root"));
		bench.do((r) => r.addThingToThingGroup("a", "left"));
		refuses(() => bench.addThingToThingGroup("a", "root"), "InvalidRequestException");
		for (let index = 1; index < 10; index++) {
			bench.do(group(`g${index}`), (r) => r.addThingToThingGroup("a", `g${index}`));
		}
		bench.do(group("g10"));
		refuses(() => bench.addThingToThingGroup("a", "g10"), "LimitExceededException");
		bench.do((r) => r.removeThingFromThingGroup("a", "left"));
		expect(bench.addThingToThingGroup("a", "g10")).toHaveLength(1);
	});

	test("seven levels and no more", () => {
		const bench = new Bench().do(group("g1"));
		for (let level = 2; level <= 7; level++) bench.do(group(`g${level}`, `g${level - 1}`));
		refuses(() => bench.createThingGroup("g8", "g7"), "LimitExceededException");
	});

	test("a group with a child is not deleted; one with things leaves them", () => {
		const bench = new Bench().do(makeThing("a"), group("root"), group("leaf", "root"));
		bench.do((r) => r.addThingToThingGroup("a", "leaf"));
		refuses(() => bench.deleteThingGroup("root"), "InvalidRequestException");
		bench.do((r) => r.deleteThingGroup("leaf"));
		expect(bench.thingOrFail("a").groups).toEqual([]);
		expect(bench.thingGroup("leaf")).toBeUndefined();
	});

	test("P14 policies are inherited from all ancestors, each once", () => {
		const bench = new Bench().do(
			makeThing("a"),
			group("root"),
			group("leaf", "root"),
			(r) => r.addThingToThingGroup("a", "leaf"),
			(r) => r.registerCertificate(idOf("1"), "pem"),
			(r) => r.attachThingPrincipal("a", idOf("1")),
			...["own", "near", "far"].map(
				(name) => (r: Registry) => r.createPolicy(name, policyDocument),
			),
			(r) => r.attachPolicy("own", { certificateId: idOf("1") }),
			(r) => r.attachPolicy("near", { thingGroupName: "leaf" }),
			(r) => r.attachPolicy("far", { thingGroupName: "root" }),
			(r) => r.attachPolicy("own", { thingGroupName: "root" }),
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
		registry.registerCertificate(idOf(digit), "pem");

	test("several for one thing, several things for one", () => {
		const bench = new Bench().do(
			makeThing("a"),
			makeThing("b"),
			certificate("1"),
			certificate("2"),
		);
		bench.do(
			(r) => r.attachThingPrincipal("a", idOf("1")),
			(r) => r.attachThingPrincipal("a", idOf("2")),
			(r) => r.attachThingPrincipal("b", idOf("1")),
		);
		expect(bench.thingOf(idOf("1"), "a")).toMatchObject({ thingName: "a" });
		expect(bench.thingOf(idOf("2"), "a")).toMatchObject({ thingName: "a" });
		expect(bench.thingOf(idOf("1"), "b")).toMatchObject({ thingName: "b" });
		expect(bench.thingOf(idOf("2"), "b")).toBeUndefined();
		expect(bench.thingOf(idOf("1"), "other")).toBeUndefined();
	});

	test("an exclusive attachment: the thing whatever the client id, and no other beside it", () => {
		const bench = new Bench().do(
			makeThing("a"),
			makeThing("b"),
			certificate("1"),
			certificate("2"),
		);
		bench.do((r) => r.attachThingPrincipal("a", idOf("1"), "EXCLUSIVE_THING"));
		expect(bench.thingOf(idOf("1"), "anything")).toMatchObject({ thingName: "a" });
		expect(bench.isExclusive(idOf("1"), "a")).toBe(true);
		refuses(() => bench.attachThingPrincipal("b", idOf("1")), "InvalidRequestException");
		refuses(() => bench.attachThingPrincipal("a", idOf("2")), "InvalidRequestException");
		bench.do((r) => r.attachThingPrincipal("b", idOf("2")));
		refuses(
			() => bench.attachThingPrincipal("a", idOf("2"), "EXCLUSIVE_THING"),
			"InvalidRequestException",
		);
	});

	test("ACTIVE is not deleted, nor what is attached", () => {
		const bench = new Bench().do(certificate("1"), makeThing("a"));
		bench.do((r) => r.attachThingPrincipal("a", idOf("1")));
		refuses(() => bench.deleteCertificate(idOf("1")), "CertificateStateException");
		bench.do((r) => r.updateCertificate(idOf("1"), "REVOKED"));
		refuses(() => bench.deleteCertificate(idOf("1")), "DeleteConflictException");
		bench.do(
			(r) => r.detachThingPrincipal("a", idOf("1")),
			(r) => r.deleteCertificate(idOf("1")),
		);
		expect(bench.certificate(idOf("1"))).toBeUndefined();
	});

	test("nobody sets PENDING_ACTIVATION, registers twice or under another kind of id", () => {
		const bench = new Bench().do(certificate("1"));
		refuses(
			() => bench.updateCertificate(idOf("1"), "PENDING_ACTIVATION"),
			"InvalidRequestException",
		);
		refuses(() => certificate("1")(bench), "ResourceAlreadyExistsException");
		refuses(() => bench.registerCertificate("../x", "pem"), "InvalidRequestException");
	});
});

describe("policies §2.4", () => {
	test("P16 an eleventh policy on a principal is refused", () => {
		const bench = new Bench().do((r) => r.registerCertificate(idOf("1"), "pem"));
		for (let index = 0; index < 11; index++) {
			bench.do((r) => r.createPolicy(`p${index}`, policyDocument));
		}
		const target = { certificateId: idOf("1") };
		for (let index = 0; index < 10; index++) bench.do((r) => r.attachPolicy(`p${index}`, target));
		expect(bench.attachPolicy("p3", target)).toEqual([]);
		refuses(() => bench.attachPolicy("p10", target), "LimitExceededException");
		bench.do((r) => r.detachPolicy("p3", target));
		expect(bench.attachPolicy("p10", target)).toHaveLength(1);
	});

	test("a document that is wrong is refused with what is wrong", () => {
		const registry = new Registry();
		refuses(() => registry.createPolicy("p", "{}"), "MalformedPolicyException");
		refuses(() => registry.createPolicy("../p", policyDocument), "InvalidRequestException");
		expect(() => registry.createPolicy("p", "{")).toThrow("policy p: the document is no JSON");
	});

	test("a policy that is attached is not deleted", () => {
		const bench = new Bench().do(
			(r) => r.createPolicy("p", policyDocument),
			(r) => r.createThingGroup("g"),
			(r) => r.attachPolicy("p", { thingGroupName: "g" }),
		);
		refuses(() => bench.deletePolicy("p"), "DeleteConflictException");
		bench.do((r) => r.detachPolicy("p", { thingGroupName: "g" }));
		bench.do((r) => r.deletePolicy("p"));
		expect(bench.policy("p")).toBeUndefined();
	});

	test("the generation moves with each change", () => {
		const bench = new Bench();
		const before = bench.generation;
		bench.do(makeThing("a"));
		expect(bench.generation).toBeGreaterThan(before);
	});
});

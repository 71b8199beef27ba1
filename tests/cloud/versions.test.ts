import { describe, expect, test } from "@jest/globals";
import type { Change } from "../../cloud/registry/entities.ts";
import { createPolicy, deletePolicy } from "../../cloud/registry/policies.ts";
import type { Registry } from "../../cloud/registry/registry.ts";
import {
	createPolicyVersion,
	defaultVersionOf,
	deletePolicyVersion,
	setDefaultPolicyVersion,
	versionsOf,
} from "../../cloud/registry/versions.ts";
import { documentOf, RegistryBench, refuses } from "../support/registry.ts";

const make =
	(action: string, setAsDefault = false) =>
	(registry: Registry): Change[] =>
		createPolicyVersion(registry, "p", documentOf(action), { setAsDefault, epochMs: 5 });

function open(): RegistryBench {
	return new RegistryBench().do((r) => createPolicy(r, "p", documentOf("iot:Connect")));
}

const policyOf = (bench: RegistryBench) => bench.policy("p")!;
const idsOf = (bench: RegistryBench) =>
	versionsOf(policyOf(bench)).map(({ versionId }) => versionId);

describe("versions of a policy §2.1", () => {
	test("a policy is its version 1, and its default", () => {
		const bench = open();
		expect(versionsOf(policyOf(bench))).toEqual([
			{ versionId: "1", policyDocument: documentOf("iot:Connect"), createdMs: undefined },
		]);
		expect(defaultVersionOf(policyOf(bench))).toBe("1");
	});

	test("a new one is in force only when it is made the default, and back again", () => {
		const bench = open().do(make("iot:Publish"));
		expect(policyOf(bench).policyDocument).toBe(documentOf("iot:Connect"));
		bench.do(make("iot:Subscribe", true));
		expect(policyOf(bench).policyDocument).toBe(documentOf("iot:Subscribe"));
		expect([idsOf(bench), defaultVersionOf(policyOf(bench))]).toEqual([["1", "2", "3"], "3"]);
		bench.do((r) => setDefaultPolicyVersion(r, "p", "1"));
		expect(policyOf(bench).policyDocument).toBe(documentOf("iot:Connect"));
	});

	test("five are kept; the sixth is refused until one is deleted, and no number comes twice", () => {
		const bench = open();
		for (let version = 2; version <= 5; version++) bench.do(make("iot:Publish"));
		refuses(() => make("iot:Publish")(bench), "VersionsLimitExceededException");
		bench.do((r) => deletePolicyVersion(r, "p", "5"), make("iot:Publish"));
		expect(idsOf(bench)).toEqual(["1", "2", "3", "4", "6"]);
	});

	test("the default is not deleted, nor a policy that has others", () => {
		const bench = open().do(make("iot:Publish"));
		refuses(() => deletePolicyVersion(bench, "p", "1"), "DeleteConflictException");
		refuses(() => deletePolicy(bench, "p"), "DeleteConflictException");
		bench.do((r) => deletePolicyVersion(r, "p", "2"));
		expect(deletePolicy(bench, "p")).toHaveLength(1);
	});

	test("what is not there is not found, and a bad document is refused though it is not the default", () => {
		const bench = open();
		refuses(() => setDefaultPolicyVersion(bench, "p", "2"), "ResourceNotFoundException");
		refuses(() => deletePolicyVersion(bench, "p", "2"), "ResourceNotFoundException");
		refuses(() => deletePolicyVersion(bench, "q", "1"), "ResourceNotFoundException");
		const bad = () => createPolicyVersion(bench, "p", "{}", { setAsDefault: false, epochMs: 0 });
		refuses(bad, "MalformedPolicyException");
	});
});

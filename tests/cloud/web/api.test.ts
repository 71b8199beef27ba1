import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { type Answer, ApiClient, operations } from "../../support/api.ts";
import { CloudBench } from "../../support/cloud.ts";
import { documentOf } from "../../support/registry.ts";

const bench = new CloudBench();
let api: ApiClient;

beforeAll(async () => {
	await provision(bench.dataDir, ["a"]);
	const cloud = await bench.start({ http: { port: 0 } });
	api = new ApiClient(cloud.httpUrl!);
});
afterAll(() => bench.end());

const arn = (resource: string) => `arn:aws:iot:us-east-1:000000000000:${resource}`;

/** A request that succeeds. */
async function well(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
	const answer = await api.call(method, path, body, headers);
	expect([path, answer.status, answer.body?.message]).toEqual([path, answer.status, undefined]);
	expect(answer.status).toBeLessThan(300);
	return answer;
}

test("every operation of the document answers as the document says", async () => {
	for (const path of ["/health", "/metrics", "/api/openapi.json", "/api/endpoint"])
		await well("GET", path);
	await well("POST", "/api/v2LoggingOptions", { defaultLogLevel: "ERROR" });
	await well("GET", "/api/v2LoggingOptions");
	await well("POST", "/api/isobar/session");
	await well("DELETE", "/api/isobar/session");

	await well("POST", "/api/thing-types/Sensor", { thingTypeProperties: {}, tags: [] });
	await well("GET", "/api/thing-types/Sensor");
	await well("GET", "/api/thing-types");
	await well("POST", "/api/things/t", {
		thingTypeName: "Sensor",
		attributePayload: { attributes: { x: "1" } },
	});
	await well("PATCH", "/api/things/t", { removeThingType: true });
	await well("GET", "/api/things/t");
	await well("GET", "/api/things?thingTypeName=Sensor&maxResults=1");

	await well("POST", "/api/thing-groups/valley");
	await well("POST", "/api/thing-groups/river", { parentGroupName: "valley" });
	await well("PATCH", "/api/thing-groups/river", {
		thingGroupProperties: { thingGroupDescription: "d" },
	});
	await well("GET", "/api/thing-groups/river");
	const below = await well("GET", "/api/thing-groups?parentGroup=valley");
	expect(below.body.thingGroups).toEqual([
		{ groupName: "river", groupArn: arn("thinggroup/river") },
	]);
	await well("PUT", "/api/thing-groups/addThingToThingGroup", {
		thingName: "t",
		thingGroupName: "river",
	});
	await well("GET", "/api/things/t/thing-groups");
	await well("GET", "/api/thing-groups/valley/things?recursive=true");
	await well("PUT", "/api/thing-groups/removeThingFromThingGroup", {
		thingName: "t",
		thingGroupName: "river",
	});

	await well("POST", "/api/billing-groups/north");
	await well("PATCH", "/api/billing-groups/north", {
		billingGroupProperties: {},
		expectedVersion: 1,
	});
	await well("GET", "/api/billing-groups/north");
	await well("GET", "/api/billing-groups?namePrefixFilter=n");
	await well("PUT", "/api/billing-groups/addThingToBillingGroup", {
		thingName: "t",
		billingGroupName: "north",
	});
	await well("GET", "/api/billing-groups/north/things");
	await well("PUT", "/api/billing-groups/removeThingFromBillingGroup", {
		thingArn: arn("thing/t"),
		billingGroupArn: arn("billinggroup/north"),
	});
	await well("POST", "/api/tags", {
		resourceArn: arn("billinggroup/north"),
		tags: [{ Key: "k", Value: "v" }],
	});
	await well("GET", `/api/tags?resourceArn=${encodeURIComponent(arn("billinggroup/north"))}`);
	await well("POST", "/api/untag", { resourceArn: arn("billinggroup/north"), tagKeys: ["k"] });

	const made = await well("POST", "/api/keys-and-certificate?setAsActive=true");
	const { certificateId: id, certificateArn: target } = made.body;
	const principal = { "x-amzn-principal": target };
	await well("GET", `/api/certificates/${id}`);
	await well("GET", "/api/certificates?pageSize=1&isAscendingOrder=true");
	await well(
		"PUT",
		"/api/things/t/principals?thingPrincipalType=EXCLUSIVE_THING",
		undefined,
		principal,
	);
	await well("GET", "/api/things/t/principals");
	const v2 = await well("GET", "/api/things/t/principals-v2");
	expect(v2.body.thingPrincipalObjects).toEqual([
		{ principal: target, thingPrincipalType: "EXCLUSIVE_THING" },
	]);
	await well("GET", "/api/principals/things", undefined, principal);

	const policyDocument = documentOf("iot:*");
	await well("POST", "/api/policies/p", { policyDocument });
	await well("POST", "/api/policies/p/version?setAsDefault=false", { policyDocument });
	for (const path of ["", "/p", "/p/version", "/p/version/2"])
		await well("GET", `/api/policies${path}`);
	await well("PATCH", "/api/policies/p/version/2");
	await well("DELETE", "/api/policies/p/version/1");
	await well("PUT", "/api/target-policies/p", { target });
	await well("POST", `/api/attached-policies/${encodeURIComponent(target)}`);
	await well("POST", "/api/policy-targets/p");
	await well("POST", "/api/effective-policies?thingName=t", { principal: target });
	await well("POST", "/api/target-policies/p", { target });
	await well("DELETE", "/api/policies/p");

	await well("POST", "/api/things/t/shadow", { state: { desired: { x: 1 } } });
	await well("POST", "/api/things/t/shadow?name=n", { state: { desired: { x: 1 } } });
	await well("GET", "/api/things/t/shadow?name=n");
	await well("GET", "/api/api/things/shadow/ListNamedShadowsForThing/t");
	await well("DELETE", "/api/things/t/shadow?name=n");
	await well("POST", "/api/topics/note%2Fa?qos=1&retain=true", "hello");
	await well("GET", "/api/retainedMessage/note%2Fa");
	await well("GET", "/api/retainedMessage");
	await bench.connected(
		Number((await well("GET", "/api/endpoint")).body.endpointAddress.split(":")[1]),
		"a",
	);
	await well("DELETE", "/api/connections/a");

	await well("DELETE", "/api/things/t/principals", undefined, principal);
	await well("PUT", `/api/certificates/${id}?newStatus=INACTIVE`);
	await well("DELETE", `/api/certificates/${id}?forceDelete=true`);
	await well("DELETE", "/api/things/t?expectedVersion=2");
	await well("POST", "/api/thing-types/Sensor/deprecate", { undoDeprecate: false });
	await well("DELETE", "/api/thing-types/Sensor");
	await well("DELETE", "/api/thing-groups/river");
	await well("DELETE", "/api/billing-groups/north");

	const key = join(bench.dataDir, "own.key");
	execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);
	const csr = execFileSync("openssl", ["req", "-new", "-key", key, "-subj", "/CN=own"]).toString();
	await well("POST", "/api/certificates?setAsActive=true", { certificateSigningRequest: csr });
	const self = ["req", "-x509", "-new", "-key", key, "-subj", "/CN=self", "-days", "1"];
	const certificatePem = execFileSync("openssl", self).toString();
	await well("POST", "/api/certificate/register-no-ca", { certificatePem, status: "ACTIVE" });

	// Modules of routes that others add have walks of their own.
	const ours = new Set(["Service", "Registry", "Certificates", "Policies", "Data"]);
	const all = [...operations.values()].filter((one) => ours.has(one.tags[0]!));
	expect(all.map((one) => one.operationId).filter((name) => !api.answered.has(name))).toEqual([]);
});

describe("what the document does not allow is refused before anything happens", () => {
	test.each([
		["GET", "/api/things?maxResults=0", undefined, "query/maxResults must be >= 1"],
		["GET", "/api/things?maxResults=x", undefined, "query/maxResults must be integer"],
		["GET", "/api/things?limit=1", undefined, "query must NOT have additional properties: limit"],
		["GET", "/api/things?nextToken=abc", undefined, "the token of the page is none of ours"],
		["POST", "/api/things/a%20b", undefined, "request/thingName must match pattern"],
		["POST", "/api/things/x", "{", "the body is no JSON"],
		[
			"POST",
			"/api/things/x",
			{ thingType: "S" },
			"body must NOT have additional properties: thingType",
		],
		[
			"POST",
			"/api/things/x",
			{ attributePayload: { attributes: { a: 1 } } },
			"body/attributePayload/attributes/a must be string",
		],
		["POST", "/api/policies/x", {}, "body must have required property 'policyDocument'"],
		[
			"PUT",
			"/api/certificates/x?newStatus=GONE",
			undefined,
			"query/newStatus must be equal to one of the allowed values: ACTIVE, INACTIVE, REVOKED",
		],
		[
			"PUT",
			"/api/things/a/principals",
			undefined,
			"request must have required property 'x-amzn-principal'",
		],
		[
			"POST",
			"/api/tags",
			{ resourceArn: "a", tags: [] },
			'"a" is no ARN of here; expected arn:aws:iot:us-east-1:000000000000:TYPE/NAME',
		],
		["POST", "/api/topics/a?qos=2", "x", "query/qos must be <= 1"],
		[
			"POST",
			"/api/certificates",
			{ certificateSigningRequest: "x" },
			"certificateSigningRequest: expected a PKCS #10 request in PEM",
		],
		[
			"PUT",
			"/api/thing-groups/addThingToThingGroup",
			{},
			"the name or the ARN of the thing is missing",
		],
	])("%s %s %j", async (method, path, body, message) => {
		const answer = await api.call(method, path, body);
		expect([answer.status, answer.body.code]).toEqual([400, "InvalidRequestException"]);
		expect(answer.body.message).toContain(message);
	});
});

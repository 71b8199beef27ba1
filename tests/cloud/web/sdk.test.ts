import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import {
	AddThingToBillingGroupCommand,
	AddThingToThingGroupCommand,
	AttachPolicyCommand,
	AttachThingPrincipalCommand,
	CreateBillingGroupCommand,
	CreateKeysAndCertificateCommand,
	CreatePolicyCommand,
	CreatePolicyVersionCommand,
	CreateThingCommand,
	CreateThingGroupCommand,
	CreateThingTypeCommand,
	DeleteCertificateCommand,
	DeletePolicyCommand,
	DeletePolicyVersionCommand,
	DeleteThingCommand,
	DeprecateThingTypeCommand,
	DescribeBillingGroupCommand,
	DescribeCertificateCommand,
	DescribeEndpointCommand,
	DescribeThingCommand,
	DescribeThingGroupCommand,
	DescribeThingTypeCommand,
	DetachPolicyCommand,
	DetachThingPrincipalCommand,
	GetEffectivePoliciesCommand,
	GetPolicyCommand,
	IoTClient,
	ListAttachedPoliciesCommand,
	ListPolicyVersionsCommand,
	ListPrincipalThingsCommand,
	ListTagsForResourceCommand,
	ListTargetsForPolicyCommand,
	ListThingGroupsForThingCommand,
	ListThingPrincipalsCommand,
	ListThingsInBillingGroupCommand,
	ListThingsInThingGroupCommand,
	paginateListCertificates,
	paginateListThings,
	SetDefaultPolicyVersionCommand,
	TagResourceCommand,
	UntagResourceCommand,
	UpdateCertificateCommand,
	UpdateThingCommand,
} from "@aws-sdk/client-iot";
import {
	DeleteConnectionCommand,
	DeleteThingShadowCommand,
	GetRetainedMessageCommand,
	GetThingShadowCommand,
	IoTDataPlaneClient,
	ListNamedShadowsForThingCommand,
	ListRetainedMessagesCommand,
	PublishCommand,
	UpdateThingShadowCommand,
} from "@aws-sdk/client-iot-data-plane";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Cloud } from "../../../cloud/main.ts";
import { provision } from "../../../cloud/provision.ts";
import { CloudBench, ended, makeReport } from "../../support/cloud.ts";
import { documentOf } from "../../support/registry.ts";

// The clients of AWS itself, pointed at us: a witness that knows nothing of how we are made.
const bench = new CloudBench();
let cloud: Cloud;
let iot: IoTClient;
let data: IoTDataPlaneClient;

beforeAll(async () => {
	await provision(bench.dataDir, ["a", "b"]);
	cloud = await bench.start({ http: { port: 0 } });
	const options = {
		endpoint: `${cloud.httpUrl}/api`,
		region: "us-east-1",
		credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
		maxAttempts: 1,
	};
	iot = new IoTClient(options);
	data = new IoTDataPlaneClient(options);
});
afterAll(async () => {
	iot.destroy();
	data.destroy();
	await bench.end();
});

/** A request that is refused with that exception, as the SDK tells it. */
function refused(request: Promise<unknown>, name: string, status: number): Promise<void> {
	return expect(request).rejects.toMatchObject({
		name,
		message: expect.stringMatching(/./),
		$metadata: { httpStatusCode: status },
	});
}

const text = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes!).toString());

describe("the SDK's client of the control plane", () => {
	test("things: made, described, updated, listed by pages, deleted", async () => {
		const type = { thingTypeName: "Sensor", thingTypeProperties: { thingTypeDescription: "it" } };
		await iot.send(new CreateThingTypeCommand(type));
		const names = Array.from({ length: 7 }, (_, index) => `page-${index}`);
		for (const thingName of names) {
			const attributePayload = { attributes: { site: "A" } };
			await iot.send(
				new CreateThingCommand({ thingName, thingTypeName: "Sensor", attributePayload }),
			);
		}
		expect(await iot.send(new DescribeThingCommand({ thingName: "page-3" }))).toMatchObject({
			defaultClientId: "page-3",
			thingArn: "arn:aws:iot:us-east-1:000000000000:thing/page-3",
			thingId: expect.stringMatching(/^[0-9a-f-]{36}$/),
			thingTypeName: "Sensor",
			attributes: { site: "A" },
			version: 1,
		});
		const found: string[] = [];
		const pages = paginateListThings(
			{ client: iot, pageSize: 3 },
			{ attributeName: "site", attributeValue: "A" },
		);
		for await (const { things } of pages) {
			expect(things!.length).toBeLessThanOrEqual(3);
			found.push(...things!.map(({ thingName }) => thingName!));
		}
		expect(found).toEqual(names);

		const thingName = "page-3";
		const attributePayload = { attributes: { site: "", height: "9" }, merge: true };
		await iot.send(new UpdateThingCommand({ thingName, attributePayload, expectedVersion: 1 }));
		const updated = await iot.send(new DescribeThingCommand({ thingName }));
		expect([updated.version, updated.attributes]).toEqual([2, { height: "9" }]);
		const stale = iot.send(new UpdateThingCommand({ thingName, expectedVersion: 1 }));
		await refused(stale, "VersionConflictException", 409);
		const other = { thingName, attributePayload: { attributes: { x: "1" } } };
		await refused(iot.send(new CreateThingCommand(other)), "ResourceAlreadyExistsException", 409);
		for (const name of names) await iot.send(new DeleteThingCommand({ thingName: name }));
		const gone = iot.send(new DescribeThingCommand({ thingName }));
		await refused(gone, "ResourceNotFoundException", 404);
		await iot.send(new DeprecateThingTypeCommand({ thingTypeName: "Sensor" }));
		const { thingTypeMetadata } = await iot.send(
			new DescribeThingTypeCommand({ thingTypeName: "Sensor" }),
		);
		expect(thingTypeMetadata).toMatchObject({
			deprecated: true,
			deprecationDate: expect.any(Date),
			creationDate: expect.any(Date),
		});
	});

	test("groups, billing groups and tags", async () => {
		const tags = [{ Key: "owner", Value: "us" }];
		await iot.send(new CreateThingGroupCommand({ thingGroupName: "valley", tags }));
		const child = { thingGroupName: "river", parentGroupName: "valley" };
		const { thingGroupArn } = await iot.send(new CreateThingGroupCommand(child));
		const described = await iot.send(new DescribeThingGroupCommand({ thingGroupName: "river" }));
		expect(described.thingGroupMetadata).toMatchObject({
			parentGroupName: "valley",
			rootToParentThingGroups: [{ groupName: "valley" }],
			creationDate: expect.any(Date),
		});
		await iot.send(new AddThingToThingGroupCommand({ thingGroupArn, thingName: "a" }));
		const { thingGroups } = await iot.send(new ListThingGroupsForThingCommand({ thingName: "a" }));
		expect(thingGroups).toEqual([{ groupName: "river", groupArn: thingGroupArn }]);
		const below = { thingGroupName: "valley", recursive: true };
		expect((await iot.send(new ListThingsInThingGroupCommand(below))).things).toEqual(["a"]);

		const north = {
			billingGroupName: "north",
			billingGroupProperties: { billingGroupDescription: "N" },
		};
		await iot.send(new CreateBillingGroupCommand(north));
		await iot.send(
			new AddThingToBillingGroupCommand({ billingGroupName: "north", thingName: "a" }),
		);
		const members = await iot.send(
			new ListThingsInBillingGroupCommand({ billingGroupName: "north" }),
		);
		expect(members.things).toEqual(["a"]);
		expect((await iot.send(new DescribeThingCommand({ thingName: "a" }))).billingGroupName).toBe(
			"north",
		);
		const billing = await iot.send(new DescribeBillingGroupCommand({ billingGroupName: "north" }));
		expect(billing).toMatchObject({
			version: 1,
			billingGroupProperties: { billingGroupDescription: "N" },
		});

		const resourceArn = billing.billingGroupArn;
		await iot.send(new TagResourceCommand({ resourceArn, tags }));
		expect((await iot.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual(tags);
		await iot.send(new UntagResourceCommand({ resourceArn, tagKeys: ["owner"] }));
		expect((await iot.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([]);
		const thing = { resourceArn: "arn:aws:iot:us-east-1:000000000000:thing/a", tags };
		await refused(iot.send(new TagResourceCommand(thing)), "InvalidRequestException", 400);
	});

	test("a certificate made by it connects, is listed by pages, and goes as AWS has it go", async () => {
		const policyName = "all";
		await iot.send(new CreatePolicyCommand({ policyName, policyDocument: documentOf("iot:*") }));
		const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
		const { certificateArn: principal, certificateId, certificatePem, keyPair } = made;
		const publicKey = createPublicKey(createPrivateKey(keyPair!.PrivateKey!));
		expect(publicKey.export({ type: "spki", format: "pem" })).toBe(keyPair!.PublicKey);
		expect(
			new X509Certificate(certificatePem!).checkPrivateKey(createPrivateKey(keyPair!.PrivateKey!)),
		).toBe(true);

		const options = { cert: certificatePem!, key: keyPair!.PrivateKey!, clientId: "made" };
		const early = bench.client(cloud.port, "a", options);
		expect(await ended(early)).toEqual({ wasConnected: false });
		await iot.send(new AttachPolicyCommand({ policyName, target: principal }));
		await iot.send(new CreateThingCommand({ thingName: "made" }));
		await iot.send(new AttachThingPrincipalCommand({ thingName: "made", principal }));
		const client = await bench.connected(cloud.port, "a", options);

		const things = await iot.send(new ListPrincipalThingsCommand({ principal }));
		expect(things.things).toEqual(["made"]);
		const principals = await iot.send(new ListThingPrincipalsCommand({ thingName: "made" }));
		expect(principals.principals).toEqual([principal]);
		const effective = await iot.send(
			new GetEffectivePoliciesCommand({ principal, thingName: "made" }),
		);
		expect(effective.effectivePolicies!.map((one) => one.policyName)).toEqual(["all"]);

		const ids: string[] = [];
		for await (const page of paginateListCertificates({ client: iot, pageSize: 2 }, {})) {
			ids.push(...page.certificates!.map((one) => one.certificateId!));
		}
		expect(new Set(ids)).toEqual(
			new Set([...cloud.registry.state.certificates].map((one) => one.certificateId)),
		);
		expect([ids.length, ids[0]]).toEqual([3, certificateId]);

		const inUse = iot.send(new DeleteCertificateCommand({ certificateId }));
		await refused(inUse, "CertificateStateException", 406);
		const lost = ended(client);
		await iot.send(new UpdateCertificateCommand({ certificateId, newStatus: "REVOKED" }));
		await lost;
		const { certificateDescription } = await iot.send(
			new DescribeCertificateCommand({ certificateId }),
		);
		expect(certificateDescription).toMatchObject({
			status: "REVOKED",
			ownedBy: "000000000000",
			creationDate: expect.any(Date),
			validity: { notBefore: expect.any(Date), notAfter: expect.any(Date) },
		});
		const attached = iot.send(new DeleteCertificateCommand({ certificateId }));
		await refused(attached, "DeleteConflictException", 409);
		await iot.send(new DetachThingPrincipalCommand({ thingName: "made", principal }));
		await iot.send(new DetachPolicyCommand({ policyName, target: principal }));
		await iot.send(new DeleteCertificateCommand({ certificateId }));
		await iot.send(new DeletePolicyCommand({ policyName }));
	});

	test("policies: versions, the default, targets", async () => {
		const policyName = "p";
		await iot.send(
			new CreatePolicyCommand({ policyName, policyDocument: documentOf("iot:Connect") }),
		);
		const second = await iot.send(
			new CreatePolicyVersionCommand({ policyName, policyDocument: documentOf("iot:Publish") }),
		);
		expect(second).toMatchObject({ policyVersionId: "2", isDefaultVersion: false });
		await iot.send(new SetDefaultPolicyVersionCommand({ policyName, policyVersionId: "2" }));
		const policy = await iot.send(new GetPolicyCommand({ policyName }));
		expect([policy.defaultVersionId, policy.policyDocument]).toEqual([
			"2",
			documentOf("iot:Publish"),
		]);
		const versions = await iot.send(new ListPolicyVersionsCommand({ policyName }));
		expect(versions.policyVersions).toEqual([
			{ versionId: "1", isDefaultVersion: false, createDate: expect.any(Date) },
			{ versionId: "2", isDefaultVersion: true, createDate: expect.any(Date) },
		]);
		const inForce = iot.send(new DeletePolicyVersionCommand({ policyName, policyVersionId: "2" }));
		await refused(inForce, "DeleteConflictException", 409);
		for (const _ of [3, 4, 5]) {
			await iot.send(
				new CreatePolicyVersionCommand({ policyName, policyDocument: documentOf("iot:*") }),
			);
		}
		const sixth = new CreatePolicyVersionCommand({
			policyName,
			policyDocument: documentOf("iot:*"),
		});
		await refused(iot.send(sixth), "VersionsLimitExceededException", 409);
		const bad = new CreatePolicyCommand({ policyName: "bad", policyDocument: "{}" });
		await refused(iot.send(bad), "MalformedPolicyException", 400);

		const target = "arn:aws:iot:us-east-1:000000000000:thinggroup/valley";
		await iot.send(new AttachPolicyCommand({ policyName, target }));
		const targets = await iot.send(new ListTargetsForPolicyCommand({ policyName }));
		expect(targets.targets).toEqual([target]);
		const child = "arn:aws:iot:us-east-1:000000000000:thinggroup/river";
		const own = await iot.send(new ListAttachedPoliciesCommand({ target: child }));
		const all = await iot.send(new ListAttachedPoliciesCommand({ target: child, recursive: true }));
		expect([own.policies!.length, all.policies!.map((one) => one.policyName)]).toEqual([0, ["p"]]);
	});

	test("an endpoint", async () => {
		const { endpointAddress } = await iot.send(
			new DescribeEndpointCommand({ endpointType: "iot:Data-ATS" }),
		);
		expect(endpointAddress).toBe(`localhost:${cloud.port}`);
	});
});

describe("the SDK's client of the data plane", () => {
	test("a shadow update reaches the device, and what it reports is read", async () => {
		const device = await bench.connected(cloud.port, "a");
		await device.subscribeAsync("$aws/things/a/shadow/update/delta", { qos: 1 });
		const delta = new Promise<Buffer>((resolve) => {
			device.once("message", (_topic, payload) => resolve(payload));
		});
		const payload = JSON.stringify({ state: { desired: { reportSeconds: 60 } }, clientToken: "t" });
		const accepted = await data.send(
			new UpdateThingShadowCommand({ thingName: "a", payload: Buffer.from(payload) }),
		);
		expect(text(accepted.payload)).toMatchObject({ version: 1, clientToken: "t" });
		expect(text(await delta)).toMatchObject({ version: 1, state: { reportSeconds: 60 } });
		const stale = JSON.stringify({ state: { desired: {} }, version: 7 });
		const conflict = new UpdateThingShadowCommand({ thingName: "a", payload: Buffer.from(stale) });
		await refused(data.send(conflict), "ConflictException", 409);
		const broken = new UpdateThingShadowCommand({ thingName: "a", payload: Buffer.from("{") });
		await refused(data.send(broken), "InvalidRequestException", 400);
		const large = { state: { desired: { x: "x".repeat(8200) } } };
		const payload413 = Buffer.from(JSON.stringify(large));
		const tooLarge = new UpdateThingShadowCommand({ thingName: "a", payload: payload413 });
		await refused(data.send(tooLarge), "RequestEntityTooLargeException", 413);
		const shadow = await data.send(new GetThingShadowCommand({ thingName: "a" }));
		expect(text(shadow.payload)).toMatchObject({ state: { desired: { reportSeconds: 60 } } });
	});

	test("named shadows are listed, and deleted", async () => {
		for (const shadowName of ["one", "two"]) {
			const payload = Buffer.from('{"state":{"reported":{"x":1}}}');
			await data.send(new UpdateThingShadowCommand({ thingName: "b", shadowName, payload }));
		}
		const first = await data.send(
			new ListNamedShadowsForThingCommand({ thingName: "b", pageSize: 1 }),
		);
		expect(first.results).toEqual(["one"]);
		const { nextToken } = first;
		const second = await data.send(
			new ListNamedShadowsForThingCommand({ thingName: "b", nextToken }),
		);
		expect([second.results, second.nextToken]).toEqual([["two"], undefined]);
		await data.send(new DeleteThingShadowCommand({ thingName: "b", shadowName: "one" }));
		const gone = data.send(new GetThingShadowCommand({ thingName: "b", shadowName: "one" }));
		await refused(gone, "ResourceNotFoundException", 404);
		const rest = await data.send(new ListNamedShadowsForThingCommand({ thingName: "b" }));
		expect(rest.results).toEqual(["two"]);
	});

	test("a message is kept, archived and delivered; a retained one is found again", async () => {
		await data.send(
			new PublishCommand({
				topic: "isobar/b/report",
				qos: 1,
				payload: Buffer.from(makeReport(1, 3)),
			}),
		);
		expect(cloud.archive.count("b")).toBe(3);
		const device = await bench.connected(cloud.port, "b");
		await device.subscribeAsync("isobar/b/#");
		const came = new Promise<string>((resolve) => {
			device.once("message", (topic, payload) => resolve(`${topic} ${payload}`));
		});
		const note = { topic: "isobar/b/note", payload: Buffer.from("hello"), qos: 1, retain: true };
		await data.send(new PublishCommand(note));
		expect(await came).toBe("isobar/b/note hello");
		const found = await data.send(new GetRetainedMessageCommand({ topic: "isobar/b/note" }));
		expect([Buffer.from(found.payload!).toString(), found.qos]).toEqual(["hello", 1]);
		const { retainedTopics } = await data.send(new ListRetainedMessagesCommand({}));
		expect(retainedTopics).toEqual([{ topic: "isobar/b/note", payloadSize: 5, qos: 1 }]);
		await data.send(new PublishCommand({ ...note, payload: new Uint8Array() }));
		const gone = data.send(new GetRetainedMessageCommand({ topic: "isobar/b/note" }));
		await refused(gone, "ResourceNotFoundException", 404);
		const wildcard = data.send(
			new PublishCommand({ topic: "isobar/#", payload: Buffer.from("x") }),
		);
		await refused(wildcard, "InvalidRequestException", 400);
	});

	test("a connection is closed when it asks for that", async () => {
		const device = await bench.connected(cloud.port, "a");
		const lost = ended(device);
		await data.send(new DeleteConnectionCommand({ clientId: "a" }));
		expect(await lost).toEqual({ wasConnected: true });
		const gone = data.send(new DeleteConnectionCommand({ clientId: "nobody" }));
		await refused(gone, "ResourceNotFoundException", 404);
	});
});

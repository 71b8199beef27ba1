import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	CreateProvisioningClaimCommand,
	CreateProvisioningTemplateCommand,
	CreateProvisioningTemplateVersionCommand,
	DeleteCACertificateCommand,
	DeleteProvisioningTemplateCommand,
	DeleteProvisioningTemplateVersionCommand,
	DescribeCACertificateCommand,
	DescribeProvisioningTemplateCommand,
	DescribeProvisioningTemplateVersionCommand,
	GetRegistrationCodeCommand,
	ListCACertificatesCommand,
	ListProvisioningTemplatesCommand,
	ListProvisioningTemplateVersionsCommand,
	RegisterCACertificateCommand,
	RegisterCertificateWithoutCACommand,
	UpdateCACertificateCommand,
	UpdateProvisioningTemplateCommand,
} from "@aws-sdk/client-iot";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Cloud } from "../../../cloud/main.ts";
import { provision } from "../../../cloud/provision.ts";
import { attachThingPrincipal } from "../../../cloud/registry/certificates.ts";
import { attachPolicy } from "../../../cloud/registry/policies.ts";
import { createThing } from "../../../cloud/registry/things.ts";
import { ApiClient, operations } from "../../support/api.ts";
import { issue } from "../../support/certificates.ts";
import { ClaimDevice, nodeTemplate } from "../../support/claim.ts";
import { CloudBench, ended } from "../../support/cloud.ts";
import { refused, SdkBench } from "../../support/sdk.ts";

let bench: CloudBench;
let sdk: SdkBench;
let cloud: Cloud;

beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, []);
	cloud = await bench.start({ http: { port: 0 } });
	sdk = new SdkBench(cloud);
});
afterEach(async () => {
	sdk.end();
	await bench.end();
});

const templateName = "batch";
const templateBody = JSON.stringify(nodeTemplate);
/** The same with other attributes. */
const otherBody = templateBody.replace('"unset"', '"valley"');

async function makeTemplate(more: object = {}): Promise<void> {
	await sdk.iot.send(
		new CreateProvisioningTemplateCommand({
			templateName,
			templateBody,
			enabled: true,
			provisioningRoleArn: "arn:aws:iam::000000000000:role/any",
			...more,
		}),
	);
}

/** A device with a claim for it alone registers itself. @returns the answer */
async function enrol(serial: string) {
	const claim = await sdk.iot.send(new CreateProvisioningClaimCommand({ templateName }));
	const client = await bench.connected(cloud.port, "none", {
		clientId: `blank-${serial}`,
		cert: claim.certificatePem,
		key: claim.keyPair!.PrivateKey,
	});
	const device = await ClaimDevice.over(client);
	const { certificateOwnershipToken } = await device.create();
	const answer = await device.register(certificateOwnershipToken, { SerialNumber: serial });
	await client.endAsync();
	return answer;
}

describe("the SDK's client of provisioning templates", () => {
	test("a template is made, described, listed, changed and deleted", async () => {
		const { iot } = sdk;
		await makeTemplate({ description: "a batch", enabled: false });
		const templateArn = "arn:aws:iot:us-east-1:000000000000:provisioningtemplate/batch";
		const describe = () => iot.send(new DescribeProvisioningTemplateCommand({ templateName }));
		expect(await describe()).toMatchObject({
			...{ templateArn, templateName, templateBody, description: "a batch", enabled: false },
			...{ defaultVersionId: 1, type: "FLEET_PROVISIONING", creationDate: expect.any(Date) },
		});
		await refused(
			iot.send(new CreateProvisioningClaimCommand({ templateName })),
			"InvalidRequestException",
			400,
		);
		const change = { templateName, enabled: true, description: "now" };
		await iot.send(new UpdateProvisioningTemplateCommand(change));
		expect(await describe()).toMatchObject({ enabled: true, description: "now" });
		const listed = await iot.send(new ListProvisioningTemplatesCommand({}));
		expect(listed.templates).toEqual([expect.objectContaining({ templateName, enabled: true })]);
		await refused(makeTemplate(), "ResourceAlreadyExistsException", 409);
		await refused(
			makeTemplate({ templateName: "other", templateBody: "{}" }),
			"InvalidRequestException",
			400,
		);
		await iot.send(new DeleteProvisioningTemplateCommand({ templateName }));
		await refused(describe(), "ResourceNotFoundException", 404);
	});

	test("a device registers by the version that counts", async () => {
		const { iot } = sdk;
		await makeTemplate();
		expect(await enrol("1")).toMatchObject({ thingName: "node-1" });
		const version = { templateName, templateBody: otherBody };
		const made = await iot.send(new CreateProvisioningTemplateVersionCommand(version));
		expect(made).toMatchObject({ versionId: 2, isDefaultVersion: false });
		await enrol("2");
		await iot.send(new UpdateProvisioningTemplateCommand({ templateName, defaultVersionId: 2 }));
		await enrol("3");
		const sites = [1, 2, 3].map((n) => cloud.registry.state.thing(`node-${n}`)!.attributes.site);
		expect(sites).toEqual(["unset", "unset", "valley"]);

		const versions = await iot.send(new ListProvisioningTemplateVersionsCommand({ templateName }));
		expect(versions.versions).toMatchObject([
			{ versionId: 1, isDefaultVersion: false },
			{ versionId: 2, isDefaultVersion: true },
		]);
		const second = new DescribeProvisioningTemplateVersionCommand({ templateName, versionId: 2 });
		expect(await iot.send(second)).toMatchObject({ templateBody: otherBody });
		const remove = (versionId: number) =>
			iot.send(new DeleteProvisioningTemplateVersionCommand({ templateName, versionId }));
		await refused(remove(2), "DeleteConflictException", 409);
		await remove(1);
		await refused(remove(1), "ResourceNotFoundException", 404);
		for (let count = 2; count <= 5; count++) {
			await iot.send(new CreateProvisioningTemplateVersionCommand(version));
		}
		await refused(
			iot.send(new CreateProvisioningTemplateVersionCommand(version)),
			"VersionsLimitExceededException",
			409,
		);
	});

	test("a hook is a function beside the rules, and nothing else of this machine", async () => {
		const { iot } = sdk;
		mkdirSync(join(bench.dataDir, "rules", "functions"), { recursive: true });
		writeFileSync(
			join(bench.dataDir, "rules", "functions", "deny.mjs"),
			"export const handler = () => ({ allowProvisioning: false });\n",
		);
		const targetArn = "arn:aws:lambda:us-east-1:000000000000:function:deny";
		await makeTemplate({ preProvisioningHook: { targetArn } });
		const found = await iot.send(new DescribeProvisioningTemplateCommand({ templateName }));
		expect(found.preProvisioningHook).toMatchObject({ targetArn });
		expect(await enrol("1")).toMatchObject({ statusCode: 403 });
		const update = { templateName, removePreProvisioningHook: true };
		await iot.send(new UpdateProvisioningTemplateCommand(update));
		expect(await enrol("1")).toMatchObject({ thingName: "node-1" });
		const elsewhere = { templateName, preProvisioningHook: { targetArn: "../../elsewhere" } };
		await refused(
			iot.send(new UpdateProvisioningTemplateCommand(elsewhere)),
			"InvalidRequestException",
			400,
		);
	});
});

describe("the SDK's client of certificate authorities", () => {
	/** What is needed to register an authority of somebody who has its key. */
	async function makeAuthority() {
		const { registrationCode } = await sdk.iot.send(new GetRegistrationCodeCommand({}));
		const authority = await issue({ commonName: "Customer authority", to: 10 });
		const verification = await issue({ commonName: registrationCode!, authority });
		const caCertificate = authority.certificate;
		return { authority, caCertificate, verificationCertificate: verification.certificate };
	}

	test("an authority is registered, described, listed, changed and deleted", async () => {
		const { iot } = sdk;
		const { authority, ...certificates } = await makeAuthority();
		const registered = await iot.send(new RegisterCACertificateCommand(certificates));
		const certificateId = registered.certificateId!;
		const find = () => iot.send(new DescribeCACertificateCommand({ certificateId }));
		expect((await find()).certificateDescription).toMatchObject({
			certificateArn: `arn:aws:iot:us-east-1:000000000000:cacert/${certificateId}`,
			certificateId,
			status: "INACTIVE",
			autoRegistrationStatus: "DISABLE",
			certificatePem: new X509Certificate(authority.certificate).toString(),
			creationDate: expect.any(Date),
		});

		const device = await issue({ commonName: "node-7", authority });
		const attempt = () =>
			ended(
				bench.client(cloud.port, "none", {
					clientId: "node-7",
					cert: device.certificate,
					key: device.key,
				}),
			);
		await attempt();
		const of = (): string[] => [...cloud.registry.state.certificates].map(({ status }) => status);
		expect(of()).toEqual([]);
		const active = { certificateId, newStatus: "ACTIVE", newAutoRegistrationStatus: "ENABLE" };
		await iot.send(new UpdateCACertificateCommand(active as never));
		// Registered by its first connection, and refused (JITR).
		await attempt();
		expect(of()).toEqual(["PENDING_ACTIVATION"]);

		const listed = await iot.send(new ListCACertificatesCommand({}));
		expect(listed.certificates).toMatchObject([{ certificateId, status: "ACTIVE" }]);
		const remove = () => iot.send(new DeleteCACertificateCommand({ certificateId }));
		await refused(remove(), "CertificateStateException", 406);
		const rest = { certificateId, newStatus: "INACTIVE" } as const;
		await iot.send(new UpdateCACertificateCommand(rest));
		await remove();
		await refused(find(), "ResourceNotFoundException", 404);
		const again = { ...certificates, verificationCertificate: certificates.caCertificate };
		await refused(
			iot.send(new RegisterCACertificateCommand(again)),
			"CertificateValidationException",
			400,
		);
	});

	test("a certificate of no authority of ours is registered and connects", async () => {
		const own = await issue({ commonName: "own" });
		const { certificateId } = await sdk.iot.send(
			new RegisterCertificateWithoutCACommand({
				certificatePem: own.certificate,
				status: "ACTIVE",
			}),
		);
		await cloud.registry.run((state) =>
			createThing(state, { thingName: "own", thingId: "00000000-0000-4000-8000-000000000000" }),
		);
		const id = certificateId!;
		await cloud.registry.run((state) => attachThingPrincipal(state, "own", id));
		await cloud.registry.run((state) =>
			attachPolicy(state, "isobar-station", { certificateId: id }),
		);
		const options = { clientId: "own", cert: own.certificate, key: own.key };
		const client = await bench.connected(cloud.port, "none", options);
		expect(client.connected).toBe(true);
		await refused(
			sdk.iot.send(new RegisterCertificateWithoutCACommand({ certificatePem: "nothing" })),
			"CertificateValidationException",
			400,
		);
	});

	test("every answer about provisioning is as the document says", async () => {
		const api = new ApiClient(cloud.httpUrl!);
		const { caCertificate, verificationCertificate } = await makeAuthority();
		const id = new X509Certificate(caCertificate).fingerprint256.replaceAll(":", "").toLowerCase();
		const at = "/api/provisioning-templates";
		const body = { templateName, templateBody, enabled: true };
		const registrationConfig = { templateName };
		const authority = { caCertificate, verificationCertificate, registrationConfig };
		const calls: readonly (readonly [string, string, unknown?])[] = [
			["POST", at, body],
			["GET", at],
			["GET", `${at}/batch`],
			["POST", `${at}/batch/versions?setAsDefault=true`, { templateBody }],
			["GET", `${at}/batch/versions`],
			["GET", `${at}/batch/versions/1`],
			["DELETE", `${at}/batch/versions/1`],
			["POST", `${at}/batch/provisioning-claim`],
			["GET", "/api/registrationcode"],
			["POST", "/api/cacertificate?allowAutoRegistration=true", authority],
			["GET", `/api/cacertificate/${id}`],
			["GET", "/api/cacertificates?pageSize=1&templateName=batch"],
			["PUT", `/api/cacertificate/${id}`, { removeAutoRegistration: true }],
			["DELETE", `/api/cacertificate/${id}`],
			["PATCH", `${at}/batch`, { description: "x" }],
			["DELETE", `${at}/batch`],
		];
		for (const [method, path, given] of calls) {
			const { status, body: answer } = await api.call(method, path, given);
			expect({ method, path, status, said: answer.message }).toEqual({
				...{ method, path, status: 200, said: undefined },
			});
			if (!path.endsWith("claim")) continue;
			// The two keys are a pair, and the private one is that of the certificate.
			const publicKey = createPublicKey(createPrivateKey(answer.keyPair.PrivateKey));
			const pem = publicKey.export({ type: "spki", format: "pem" });
			expect(answer.keyPair.PublicKey).toBe(pem);
			expect(new X509Certificate(answer.certificatePem).publicKey.equals(publicKey)).toBe(true);
		}
		const all = [...operations.values()].filter(({ tags }) => tags[0] === "Provisioning");
		const missing = all.map((one) => one.operationId).filter((name) => !api.answered.has(name));
		expect(missing).toEqual([]);
	});
});

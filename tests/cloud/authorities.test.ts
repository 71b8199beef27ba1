import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { certificateIdOf } from "../../cloud/access.ts";
import type { Cloud } from "../../cloud/main.ts";
import {
	attachThingPrincipal,
	registerCertificate,
	updateCertificate,
} from "../../cloud/registry/certificates.ts";
import { attachPolicy } from "../../cloud/registry/policies.ts";
import { createThing } from "../../cloud/registry/things.ts";
import { type Issued, issue } from "../support/certificates.ts";
import { nodeTemplate } from "../support/claim.ts";
import { CloudBench, ended } from "../support/cloud.ts";

let bench: CloudBench;
let cloud: Cloud;
let customer: Issued;
beforeEach(async () => {
	bench = new CloudBench();
	cloud = await bench.start();
	customer = await issue({ commonName: "Customer authority", to: 10 });
});
afterEach(() => bench.end());

const idOf = (issued: Issued): string => certificateIdOf(new X509Certificate(issued.certificate));

/** Registers the customer's authority, as one who has its key. */
async function register(more: { autoRegistration?: boolean; templateName?: string } = {}) {
	const commonName = await cloud.authorities.registrationCode();
	const verification = await issue({ commonName, authority: customer });
	return cloud.authorities.register({
		certificate: customer.certificate,
		verificationCertificate: verification.certificate,
		...more,
	});
}

/** One attempt to connect. @returns whether there was a CONNACK */
async function attempt(device: Issued, clientId: string): Promise<boolean> {
	const client = bench.client(cloud.port, "none", {
		clientId,
		cert: device.certificate,
		key: device.key,
	});
	const connected = new Promise<boolean>((resolve) => client.once("connect", () => resolve(true)));
	return Promise.race([connected, ended(client).then(() => false)]);
}

/** The template for devices that their subject names. */
const byCommonName = {
	Parameters: { "AWS::IoT::Certificate::CommonName": { Type: "String" } },
	Resources: {
		...nodeTemplate.Resources,
		thing: {
			Type: "AWS::IoT::Thing",
			Properties: { ThingName: { Ref: "AWS::IoT::Certificate::CommonName" } },
		},
	},
};

async function makeTemplate(body: unknown): Promise<void> {
	await cloud.templates.create({
		templateName: "jitp",
		templateBody: JSON.stringify(body),
		enabled: true,
	});
}

describe("registration of an authority §2.3", () => {
	test("with its certificate and one that it has signed for the registration code", async () => {
		const authority = await register();
		expect(authority).toMatchObject({
			certificateId: idOf(customer),
			status: "ACTIVE",
			autoRegistrationStatus: "DISABLE",
		});
		expect(await cloud.authorities.list()).toEqual([authority]);
		await expect(register()).rejects.toMatchObject({ code: "Exists" });
		await cloud.authorities.remove(authority.certificateId);
		expect(await cloud.authorities.list()).toEqual([]);
	});

	test("who has not its key can't register it", async () => {
		const commonName = await cloud.authorities.registrationCode();
		const other = await issue({ commonName: "Customer authority" });
		const by = async (options: Parameters<typeof issue>[0], certificate = customer.certificate) =>
			cloud.authorities.register({
				certificate,
				verificationCertificate: (await issue(options)).certificate,
			});
		await expect(by({ commonName, authority: other })).rejects.toThrow(
			/signature of the authority/,
		);
		await expect(by({ commonName: "code", authority: customer })).rejects.toThrow(
			/expected the common name [0-9a-f]{64}$/,
		);
		const leaf = await issue({ authority: customer });
		await expect(by({ commonName }, leaf.certificate)).rejects.toThrow(
			/expected one for an authority/,
		);
		const old = await issue({ from: -3, to: -1 });
		await expect(by({ commonName, authority: old }, old.certificate)).rejects.toThrow(
			/not in date/,
		);
		await expect(by({ commonName }, "PEM")).rejects.toThrow(/expected a certificate in PEM/);
		expect(await cloud.authorities.list()).toEqual([]);
	});
});

describe("first connections", () => {
	test("P21 JITR: refused, PENDING_ACTIVATION, and an event at each attempt until it is activated", async () => {
		const { certificateId: caCertificateId } = await register({ autoRegistration: true });
		const events: Record<string, unknown>[] = [];
		cloud.subscribe(`$aws/events/certificates/registered/${caCertificateId}`, (_, payload) =>
			events.push(JSON.parse(Buffer.from(payload).toString())),
		);
		const device = await issue({ commonName: "own-1", authority: customer });
		const certificateId = idOf(device);
		expect(await attempt(device, "own-1")).toBe(false);
		expect(cloud.registry.state.certificate(certificateId)?.status).toBe("PENDING_ACTIVATION");
		expect(await attempt(device, "own-1")).toBe(false);
		expect(events).toHaveLength(2);
		expect(events[0]).toEqual({
			certificateId,
			caCertificateId,
			timestamp: expect.any(Number),
			certificateStatus: "PENDING_ACTIVATION",
			awsAccountId: "000000000000",
			certificateRegistrationTimestamp: expect.stringMatching(/^\d{13}$/),
		});
		await cloud.registry.run((state) => [
			...createThing(state, { thingName: "own-1", thingId: "t" }),
			...updateCertificate(state, certificateId, "ACTIVE"),
		]);
		await cloud.registry.run((state) => attachThingPrincipal(state, "own-1", certificateId));
		await cloud.registry.run((state) => attachPolicy(state, "isobar-station", { certificateId }));
		expect(await attempt(device, "own-1")).toBe(true);
	});

	test("P22 JITP: the first is dropped, the next is accepted", async () => {
		await makeTemplate(byCommonName);
		await register({ autoRegistration: true, templateName: "jitp" });
		const device = await issue({ commonName: "own-2", authority: customer });
		expect(await attempt(device, "own-2")).toBe(false);
		expect(cloud.registry.state.certificate(idOf(device))).toMatchObject({
			status: "ACTIVE",
			things: { "own-2": "NON_EXCLUSIVE_THING" },
			policies: ["isobar-station"],
		});
		expect(await attempt(device, "own-2")).toBe(true);
		await bench.logged(/provisioned own-2 by jitp, just in time/);
	});

	test("P23 a template that needs what the subject has not: not provisioned", async () => {
		const Country = "AWS::IoT::Certificate::Country";
		const body = { ...byCommonName, DeviceConfiguration: { country: { Ref: Country } } };
		await makeTemplate({
			...body,
			Parameters: { ...byCommonName.Parameters, [Country]: { Type: "String" } },
		});
		await register({ autoRegistration: true, templateName: "jitp" });
		const device = await issue({ commonName: "own-3", authority: customer });
		for (let count = 0; count < 2; count++) expect(await attempt(device, "own-3")).toBe(false);
		expect(cloud.registry.state.thing("own-3")).toBeUndefined();
		expect(cloud.registry.state.certificate(idOf(device))?.status).toBe("PENDING_ACTIVATION");
		await bench.logged(/can't be provisioned by jitp: parameter AWS::IoT::Certificate::Country/);
	});

	test.each([
		["registers nobody by itself", {}, undefined],
		["is not active", { autoRegistration: true }, "INACTIVE"],
	] as const)("under an authority that %s a device is refused", async (_, more, status) => {
		const { certificateId } = await register(more);
		if (status) await cloud.authorities.update(certificateId, { status });
		const device = await issue({ commonName: "own-4", authority: customer });
		expect(await attempt(device, "own-4")).toBe(false);
		await bench.logged(/its certificate is from another authority/);
		expect(cloud.registry.state.certificate(idOf(device))).toBeUndefined();
	});

	test("a certificate that only says that the authority has signed it is refused", async () => {
		await register({ autoRegistration: true });
		const impostor = await issue({ commonName: "Customer authority" });
		const device = await issue({ commonName: "own-5", authority: impostor });
		expect(await attempt(device, "own-5")).toBe(false);
		expect(cloud.registry.state.certificate(idOf(device))).toBeUndefined();
	});

	test("one that has expired is refused, whoever has signed it", async () => {
		await register({ autoRegistration: true });
		const device = await issue({ commonName: "own-6", authority: customer, from: -3, to: -1 });
		expect(await attempt(device, "own-6")).toBe(false);
		await bench.logged(/its certificate has expired/);
		expect(cloud.registry.state.certificate(idOf(device))).toBeUndefined();
	});
});

describe("single certificates without an authority", () => {
	test("one that is registered connects with its key; the same name from another does not", async () => {
		const device = await issue({ commonName: "lone" });
		await cloud.registry.run((state) => [
			...createThing(state, { thingName: "lone", thingId: "t" }),
			...registerCertificate(state, idOf(device), device.certificate),
		]);
		const certificateId = idOf(device);
		await cloud.registry.run((state) => attachThingPrincipal(state, "lone", certificateId));
		await cloud.registry.run((state) => attachPolicy(state, "isobar-station", { certificateId }));
		expect(await attempt(device, "lone")).toBe(true);
		expect(await attempt(await issue({ commonName: "lone" }), "lone")).toBe(false);
		await cloud.registry.run((state) => updateCertificate(state, certificateId, "REVOKED"));
		expect(await attempt(device, "lone")).toBe(false);
	});
});

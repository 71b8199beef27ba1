import { createHash, randomBytes, randomUUID, X509Certificate } from "node:crypto";
import { type Access, certificateIdOf, type Realm } from "../access.ts";
import { messageOf } from "../fault.ts";
import { type Authority, makeKey, SigningRequestFault } from "../registry/authority.ts";
import type { Certificate } from "../registry/entities.ts";
import { RegistryFault } from "../registry/fault.ts";
import { parsePolicy } from "../registry/policy.ts";
import type { RegistryStore } from "../registry/store.ts";
import { isObject, type Json, type JsonObject, memberOf } from "../services/document.ts";
import { EnrolmentConflict, enrol, offerCertificate, reapOffers } from "../services/enrolment.ts";
import {
	ProvisioningFault,
	type ProvisioningRequest,
	parseProvisioningTopic,
} from "../services/provisioning.ts";
import {
	certificateIdParameter,
	enrolmentOf,
	ParameterFault,
	parseTemplate,
} from "../services/template.ts";
import { Bucket } from "./bucket.ts";
import { makeClaimPolicy } from "./claims.ts";
import { askHook } from "./hook.ts";
import { policyNameOf } from "./policyname.ts";
import type { ProvisioningTemplate, Templates } from "./templates.ts";

/** How long an ownership token is good [aws-iot-contract.md §5.1]. */
const tokenLifeMs = 3_600_000;
/** How long the claim of a trusted user is good [§5.3]. */
const temporaryClaimMs = 300_000;
/** Requests of one operation in a second [§9.1]. */
const requestsPerSecond = 10;
/** Certificates that may wait for their registration; a claim in the wrong hands makes no more. */
const offersWaiting = 10_000;
/** Between two looks for certificates that nobody has registered. */
const reapMs = 30_000;

export interface ProvisioningOptions {
	readonly registry: RegistryStore;
	readonly access: Access;
	readonly templates: Templates;
	readonly authority: Authority;
	readonly realm: Realm;
	log(line: string): void;
	/** Closes the connections of who may no longer be here. */
	recheck(): void;
	/** UTC in ms. */
	epoch(): number;
	readonly requestsPerSecond?: number | undefined;
	readonly hookMs?: number | undefined;
}

/** Who has published a message. */
export interface Publisher {
	readonly clientId: string;
	readonly certificateId: string;
	/** Sends a message to this client alone, if it has subscribed to the topic. */
	answer(topicName: string, payload: string): void;
}

/** A claim for one device, good for five minutes. */
export interface ProvisioningClaim {
	readonly certificateId: string;
	readonly certificatePem: string;
	readonly keyPair: { readonly PrivateKey: string };
	/** Epoch ms. */
	readonly expiration: number;
}

/**
 * Fleet provisioning: a device with a claim certificate asks for one of its own and registers itself
 * by a template.
 *
 * A certificate that was handed out and not registered is deleted when its token ends, also over a
 * restart: the token stands in the registry, as its SHA-256.
 *
 * Source: aws-iot-contract.md §5.
 */
export class Provisioning {
	readonly #options: ProvisioningOptions;
	readonly #buckets = new Map<string, Bucket>();
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	#work: Promise<unknown> = Promise.resolve();
	#stopped = false;

	constructor(options: ProvisioningOptions) {
		this.#options = options;
	}

	/** Begins to look for certificates that nobody has registered. */
	async open(): Promise<void> {
		await this.#reap();
		const timer = setInterval(() => void this.#reap(), reapMs);
		this.#timers.add(timer.unref());
	}

	/** Takes a message; one on a topic of the service is a request, all others are nothing to it. */
	receive(publisher: Publisher, topicName: string, payload: Uint8Array): void {
		const request = parseProvisioningTopic(topicName);
		if (!request || this.#stopped) return;
		const work = this.#answer(publisher, request, payload).then(
			(document) => this.#send(publisher, `${topicName}/accepted`, document),
			(error: unknown) => {
				const fault = this.#faultOf(error);
				const { clientId } = publisher;
				this.#options.log(`provisioning: ${request.operation} of ${clientId}: ${fault.message}`);
				this.#send(publisher, `${topicName}/rejected`, fault.toJSON());
			},
		);
		this.#work = Promise.all([this.#work, work]);
	}

	/** A claim for one device, as a trusted user of an app asks for it. It is in no list. */
	async createClaim(templateName: string): Promise<ProvisioningClaim> {
		const { authority, access, realm, recheck } = this.#options;
		await this.#templateNamed(templateName);
		const key = await makeKey();
		const certificatePem = await authority.issueDevice(key, randomUUID(), temporaryClaimMs);
		const certificateId = idOf(certificatePem);
		const policy = parsePolicy("claim", makeClaimPolicy(realm, templateName));
		const withdraw = access.grant(certificateId, [policy]);
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			withdraw();
			recheck();
		}, temporaryClaimMs);
		this.#timers.add(timer.unref());
		const expiration = Date.now() + temporaryClaimMs;
		return { certificateId, certificatePem, keyPair: { PrivateKey: key }, expiration };
	}

	/** From now on nothing is answered. */
	kill(): void {
		this.#stopped = true;
		for (const timer of this.#timers) clearTimeout(timer);
	}

	/** Answers what was asked. */
	async close(): Promise<void> {
		await this.#work;
		this.kill();
	}

	async #answer(
		publisher: Publisher,
		request: ProvisioningRequest,
		payload: Uint8Array,
	): Promise<JsonObject> {
		const document = parseRequest(payload);
		if (!this.#bucketOf(request.operation).take(this.#options.epoch()))
			throw ProvisioningFault.throttled();
		switch (request.operation) {
			case "CreateKeysAndCertificate":
				return this.#createKeys(publisher);
			case "CreateCertificateFromCsr":
				return this.#createFromRequest(publisher, document);
			case "RegisterThing":
				return this.#register(publisher, request.templateName, document);
		}
	}

	async #createKeys(publisher: Publisher): Promise<JsonObject> {
		const privateKey = await makeKey();
		const name = "Isobar IoT Certificate";
		const certificatePem = await this.#options.authority.issueDevice(privateKey, name);
		return { ...(await this.#offer(publisher, certificatePem)), privateKey };
	}

	async #createFromRequest(publisher: Publisher, document: JsonObject): Promise<JsonObject> {
		const request = memberOf(document, "certificateSigningRequest");
		if (typeof request !== "string") {
			throw ProvisioningFault.badSigningRequest("certificateSigningRequest: expected a text.");
		}
		try {
			const certificatePem = await this.#options.authority.issueForRequest(request);
			return await this.#offer(publisher, certificatePem);
		} catch (error) {
			if (!(error instanceof SigningRequestFault)) throw error;
			throw ProvisioningFault.badSigningRequest(`certificateSigningRequest: ${error.message}.`);
		}
	}

	/** The certificate is in the registry before its device has it; then the token can't be lost. */
	async #offer({ certificateId }: Publisher, certificatePem: string): Promise<JsonObject> {
		const { registry, epoch } = this.#options;
		await this.#reap();
		const offered = [...registry.state.certificates].filter(({ claim }) => claim?.tokenHash);
		if (offered.length >= offersWaiting) throw ProvisioningFault.throttled();
		const token = randomBytes(48).toString("base64url");
		const claim = {
			claimCertificateId: certificateId,
			tokenHash: hashOf(token),
			expires: epoch() + tokenLifeMs,
		};
		const id = idOf(certificatePem);
		const offer = { certificateId: id, certificatePem, claim };
		await registry.run((state) => offerCertificate(state, offer));
		return { certificateId: id, certificatePem, certificateOwnershipToken: token };
	}

	async #register(
		publisher: Publisher,
		templateName: string,
		document: JsonObject,
	): Promise<JsonObject> {
		const { registry, log } = this.#options;
		const token = memberOf(document, "certificateOwnershipToken");
		const template = await this.#templateNamed(templateName);
		const { certificateId } = this.#ownedBy(publisher, token);
		const given = textsOf(memberOf(document, "parameters") ?? {});
		const parameters = await this.#askHook(publisher, template, certificateId, given);
		const enrolment = enrolmentOf(parseTemplate(template.templateBody), {
			...parameters,
			[certificateIdParameter]: certificateId,
		});
		if (enrolment.certificateId !== certificateId) {
			throw ProvisioningFault.badParameters("CertificateId: expected that of the token.");
		}
		await registry.run((state) => {
			// Not before its turn is it sure that nobody was quicker with the same token.
			this.#ownedBy(publisher, token);
			return enrol(state, enrolment, randomUUID(), policyNameOf);
		});
		const thingName = enrolment.thing?.thingName;
		log(`provisioned ${thingName ?? "no thing"} by ${templateName}, certificate ${certificateId}`);
		const { deviceConfiguration } = enrolment;
		return { deviceConfiguration, ...(thingName === undefined ? {} : { thingName }) };
	}

	/** The certificate that a token is for. Only the claim that was given the token may use it. */
	#ownedBy({ certificateId }: Publisher, token: Json | undefined): Certificate {
		if (token === "" || token === undefined) {
			throw ProvisioningFault.badToken("Certificate ownership token cannot be empty.");
		}
		const { registry, epoch } = this.#options;
		const tokenHash = hashOf(String(token));
		for (const certificate of registry.state.certificates) {
			const { claim } = certificate;
			if (claim?.tokenHash !== tokenHash) continue;
			if (claim.claimCertificateId !== certificateId || claim.expires <= epoch()) break;
			return certificate;
		}
		throw ProvisioningFault.badToken("Certificate ownership token is unknown, used or expired.");
	}

	async #askHook(
		publisher: Publisher,
		template: ProvisioningTemplate,
		certificateId: string,
		parameters: Readonly<Record<string, string>>,
	): Promise<Readonly<Record<string, string>>> {
		const { hook, templateName } = template;
		if (hook === undefined) return parameters;
		const { registry, realm, log, hookMs } = this.#options;
		const { region, accountId } = realm;
		const event = {
			claimCertificateId: publisher.certificateId,
			certificateId,
			certificatePem: registry.state.certificate(certificateId)!.certificatePem,
			templateArn: `arn:aws:iot:${region}:${accountId}:provisioningtemplate/${templateName}`,
			clientId: publisher.clientId,
			parameters,
		};
		const { allowed, because, overrides } = await askHook(hook, event, hookMs);
		if (allowed) return { ...parameters, ...overrides };
		log(`provisioning: the hook of ${templateName} refuses ${publisher.clientId}: ${because}`);
		throw ProvisioningFault.denied("Pre-provisioning hook did not allow it.");
	}

	async #templateNamed(templateName: string): Promise<ProvisioningTemplate> {
		const template = await this.#options.templates.find(templateName);
		if (!template) throw ProvisioningFault.noTemplate(`There is no template ${templateName}.`);
		if (!template.enabled) throw ProvisioningFault.denied(`${templateName} is not enabled.`);
		return template;
	}

	#bucketOf(operation: string): Bucket {
		let bucket = this.#buckets.get(operation);
		if (!bucket) {
			bucket = new Bucket(this.#options.requestsPerSecond ?? requestsPerSecond);
			this.#buckets.set(operation, bucket);
		}
		return bucket;
	}

	async #reap(): Promise<void> {
		try {
			await this.#options.registry.run((state) => reapOffers(state, this.#options.epoch()));
		} catch (error) {
			this.#options.log(`provisioning: certificates can't be reaped: ${messageOf(error)}`);
		}
	}

	#faultOf(error: unknown): ProvisioningFault {
		if (error instanceof ProvisioningFault) return error;
		if (error instanceof ParameterFault) return ProvisioningFault.badParameters(error.message);
		if (error instanceof EnrolmentConflict) return ProvisioningFault.conflict(error.message);
		if (error instanceof RegistryFault) return ProvisioningFault.badParameters(error.message);
		this.#options.log(`provisioning failed: ${messageOf(error)}`);
		return ProvisioningFault.internal();
	}

	#send(publisher: Publisher, topicName: string, document: JsonObject): void {
		if (!this.#stopped) publisher.answer(topicName, JSON.stringify(document));
	}
}

/** An empty payload is an empty document. */
function parseRequest(payload: Uint8Array): JsonObject {
	if (payload.length === 0) return {};
	try {
		const document: Json = JSON.parse(Buffer.from(payload).toString("utf8"));
		if (isObject(document)) return document;
	} catch {
		// Said below.
	}
	throw ProvisioningFault.badParameters("Expected a JSON object.");
}

function textsOf(parameters: Json): Readonly<Record<string, string>> {
	const isTexts =
		isObject(parameters) && Object.values(parameters).every((value) => typeof value === "string");
	if (isTexts) return parameters as Readonly<Record<string, string>>;
	throw ProvisioningFault.badParameters("parameters: expected texts by name.");
}

function idOf(certificatePem: string): string {
	return certificateIdOf(new X509Certificate(certificatePem));
}

function hashOf(text: string): string {
	return createHash("sha256").update(text).digest("hex");
}

import { randomUUID, X509Certificate } from "node:crypto";
import { readdir, unlink } from "node:fs/promises";
import { readIfPresent } from "./file.ts";
import type { CredentialPaths, Layout } from "./layout.ts";
import { claimPolicyName, makeClaimPolicy, templateOfClaim } from "./provisioning/claims.ts";
import { adoptCertificate, registerCertificate } from "./registry/certificates.ts";
import { isThingName } from "./registry/checks.ts";
import type { Certificate, Change } from "./registry/entities.ts";
import { createPolicy } from "./registry/policies.ts";
import {
	type Action,
	type Decision,
	evaluate,
	type Policy,
	type Variables,
} from "./registry/policy.ts";
import type { RegistryStore } from "./registry/store.ts";
import { certificateVariables } from "./registry/subject.ts";
import { settleClaim } from "./services/enrolment.ts";

/** What resources are called here. */
export interface Realm {
	readonly region: string;
	readonly accountId: string;
}

/** The peer of one connection, as policies see it. */
export interface Client {
	/** `undefined` for one that came with a token. */
	readonly certificate: X509Certificate | undefined;
	/** SHA-256 of the certificate in DER, 64 hex digits; the name in the token of one that has none. */
	readonly certificateId: string;
	/** Names of the policies that its token brings. */
	readonly tokenPolicies?: readonly string[] | undefined;
	readonly clientId: string;
	/** IP address. */
	readonly address: string;
	/** Only while its CONNECT is decided. */
	readonly connect?: ConnectFacts;
}

export interface ConnectFacts {
	readonly isPersistent: boolean;
	readonly willTopic: string | undefined;
}

/** What a resource is: the part of its ARN before the name. */
type ResourceType = "client" | "topic" | "topicfilter";

/** The policy of stations whose certificates `provision` has made. */
const stationPolicyName = "isobar-station";

/**
 * Who may come in and do what: the registry asked about certificates, and policies about actions.
 * Each decision is taken by what the registry says at that moment.
 */
export class Access {
	/** Asked about a certificate that nobody knows or has activated. @returns why it is refused */
	registerUnknown: (certificate: X509Certificate) => Promise<string | undefined> = async () =>
		undefined;
	readonly #store: RegistryStore;
	readonly #layout: Layout;
	readonly #realm: Realm;
	/** The files of certificates that `provision` has made, by certificate id. */
	readonly #files = new Map<string, CredentialPaths>();
	readonly #decisions = new WeakMap<Client, DecisionCache>();
	/** What certificates may do that are in no registry, by certificate id. */
	readonly #grants = new Map<string, readonly Policy[]>();

	private constructor(store: RegistryStore, layout: Layout, realm: Realm) {
		this.#store = store;
		this.#layout = layout;
		this.#realm = realm;
	}

	/** Makes the policy of stations when it is missing, and registers what `provision` has made. */
	static async open(store: RegistryStore, layout: Layout, realm: Realm): Promise<Access> {
		const access = new Access(store, layout, realm);
		if (!store.state.policy(stationPolicyName)) {
			await store.run((registry) =>
				createPolicy(registry, stationPolicyName, makeStationPolicy(realm)),
			);
		}
		await access.#adopt(await stemsIn(layout.things));
		for (const template of await stemsIn(layout.claims)) await access.#adoptClaim(template);
		return access;
	}

	/** Why this certificate is refused; `undefined` when it is registered and active. */
	async check(certificate: X509Certificate): Promise<string | undefined> {
		const certificateId = certificateIdOf(certificate);
		if (!this.#store.state.certificate(certificateId)) {
			const name = commonNameOf(certificate);
			if (name !== undefined) await this.#adopt([name]);
			const template = name === undefined ? undefined : templateOfClaim(name);
			if (template !== undefined) await this.#adoptClaim(template);
		}
		const { claim, status } = this.#store.state.certificate(certificateId) ?? {};
		const isWaiting = status === "PENDING_ACTIVATION" && claim === undefined;
		if (this.#grants.has(certificateId) || (status !== undefined && !isWaiting)) {
			return this.problemOf(certificateId);
		}
		return (await this.registerUnknown(certificate)) ?? this.problemOf(certificateId);
	}

	/** Whether it is in the registry, whatever its status. */
	isRegistered(certificate: X509Certificate): boolean {
		return this.#store.state.certificate(certificateIdOf(certificate)) !== undefined;
	}

	/** The same for a certificate that `check` has seen. */
	problemOf(certificateId: string): string | undefined {
		if (this.#grants.has(certificateId)) return undefined;
		const status = this.#store.state.certificate(certificateId)?.status;
		if (status === "ACTIVE") return undefined;
		return status === undefined
			? "its certificate is not registered"
			: `its certificate is ${status}`;
	}

	/** Lets in a certificate that is not registered. @returns what ends that */
	grant(certificateId: string, policies: readonly Policy[]): () => void {
		this.#grants.set(certificateId, policies);
		return () => this.#grants.delete(certificateId);
	}

	/** A certificate has been used: what came by claim is settled by that. */
	async settle(certificateId: string): Promise<void> {
		if (this.#store.state.certificate(certificateId)?.claim === undefined) return;
		await this.#store.run((registry) => settleClaim(registry, certificateId));
	}

	/** The thing of a connection, when it is attached exclusively: events name only such a thing. */
	exclusiveThingOf({ certificateId, clientId }: Client): string | undefined {
		const thing = this.#store.state.thingOf(certificateId, clientId);
		const isExclusive = thing && this.#store.state.isExclusive(certificateId, thing.thingName);
		return isExclusive ? thing.thingName : undefined;
	}

	/**
	 * Decides about one action.
	 *
	 * @param name  of the client, the topic or the topic filter it is about
	 */
	decide(client: Client, action: Action, type: ResourceType, name: string): Decision {
		const { state } = this.#store;
		let cache = this.#decisions.get(client);
		if (cache?.generation !== state.generation) {
			cache = { generation: state.generation, decisions: {} };
			this.#decisions.set(client, cache);
		}
		// A map for each action: to put a key together takes longer than to look it up.
		cache.decisions[action] ??= new Map();
		const decisions = cache.decisions[action];
		let decision = decisions.get(name);
		if (!decision) {
			const { certificateId, clientId } = client;
			const policies =
				(client.tokenPolicies && state.policiesNamed(client.tokenPolicies)) ??
				this.#grants.get(certificateId) ??
				state.policiesOf(certificateId, state.thingOf(certificateId, clientId));
			const resource = this.#arn(type, name);
			decision = evaluate(policies, this.#variablesOf(client), action, resource);
			if (decisions.size >= decisionsKept) decisions.clear();
			decisions.set(name, decision);
		}
		return decision;
	}

	/** Removes the files of certificates that will be deleted: the next start must not find them. */
	async forget(changes: readonly Change[]): Promise<void> {
		for (const { kind, name, value } of changes) {
			const paths = kind === "certificate" && !value ? this.#files.get(name) : undefined;
			if (!paths) continue;
			this.#files.delete(name);
			await unlink(paths.certificate);
			await unlink(paths.key);
		}
	}

	/** Registers the certificates that stand in the files of these things, where they are unknown. */
	async #adopt(things: readonly string[]): Promise<void> {
		const found = new Map<string, { certificatePem: string; thingName: string }>();
		for (const thingName of things) {
			const paths = this.#layout.thing(thingName);
			const certificatePem = await readIfPresent(paths.certificate);
			if (certificatePem === undefined) continue;
			const certificate = new X509Certificate(certificatePem);
			if (commonNameOf(certificate) !== thingName) continue;
			const certificateId = certificateIdOf(certificate);
			this.#files.set(certificateId, paths);
			found.set(certificateId, { certificatePem, thingName });
		}
		await this.#store.run((registry) =>
			[...found].flatMap(([certificateId, { certificatePem, thingName }]) =>
				registry.certificate(certificateId)
					? []
					: adoptCertificate(registry, {
							certificateId,
							certificatePem,
							thingName,
							thingId: randomUUID(),
							policyName: stationPolicyName,
						}),
			),
		);
	}

	/** Registers the claim certificate of a template, with a policy that allows to claim and no more. */
	async #adoptClaim(templateName: string): Promise<void> {
		const paths = this.#layout.claim(templateName);
		const certificatePem = await readIfPresent(paths.certificate);
		if (certificatePem === undefined) return;
		const certificateId = certificateIdOf(new X509Certificate(certificatePem));
		this.#files.set(certificateId, paths);
		const policyName = claimPolicyName(templateName);
		await this.#store.run((registry) => {
			if (registry.certificate(certificateId)) return [];
			const [registered] = registerCertificate(registry, certificateId, certificatePem);
			const certificate = { ...(registered!.value as Certificate), policies: [policyName] };
			const policy = registry.policy(policyName)
				? []
				: createPolicy(registry, policyName, makeClaimPolicy(this.#realm, templateName));
			return [...policy, { kind: "certificate", name: certificateId, value: certificate }];
		});
	}

	/** Source: aws-iot-contract.md §2.5. */
	#variablesOf(client: Client): Variables {
		const { certificateId, clientId, address, connect, certificate } = client;
		const thing = this.#store.state.thingOf(certificateId, clientId);
		let ofCertificate: Variables | undefined;
		return (name) => {
			switch (name) {
				case "iot:ClientId":
					return [clientId];
				case "aws:SourceIp":
					return [address];
				case "iot:CertificateId":
					return [certificateId];
				case "iot:Connection.Thing.ThingName":
					return thing && [thing.thingName];
				case "iot:Connection.Thing.ThingTypeName":
					return thing?.thingTypeName === undefined ? undefined : [thing.thingTypeName];
				case "iot:Connection.Thing.IsAttached":
					return [String(thing !== undefined)];
				case "iot:ConnectAttributes":
					return connect && attributesOf(connect);
				case "iot:LastWillTopic":
					return connect?.willTopic === undefined
						? undefined
						: [this.#arn("topic", connect.willTopic)];
			}
			const attribute = /^iot:Connection\.Thing\.Attributes\[(.+)\]$/.exec(name)?.[1];
			if (attribute !== undefined) {
				const has = thing !== undefined && Object.hasOwn(thing.attributes, attribute);
				return has ? [thing.attributes[attribute]!] : undefined;
			}
			if (!certificate || !name.startsWith("iot:Certificate.")) return undefined;
			ofCertificate ??= certificateVariables(certificate.raw);
			return ofCertificate(name);
		};
	}

	#arn(type: ResourceType, name: string): string {
		return `arn:aws:iot:${this.#realm.region}:${this.#realm.accountId}:${type}/${name}`;
	}
}

/** Names of the certificates in a directory, without their ending. */
async function stemsIn(directory: string): Promise<string[]> {
	const files = (await readdir(directory)).filter((file) => file.endsWith(".crt"));
	return files.map((file) => file.slice(0, -".crt".length));
}

/** Decisions kept for one client and one action, as long as nothing in the registry changes. */
const decisionsKept = 64;

interface DecisionCache {
	readonly generation: number;
	readonly decisions: Partial<Record<Action, Map<string, Decision>>>;
}

export function certificateIdOf(certificate: X509Certificate): string {
	return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

/** The one common name of a certificate when it can name a thing. */
function commonNameOf(certificate: X509Certificate): string | undefined {
	// One attribute a line; a line break within a value is escaped.
	const names = certificate.subject.split("\n").filter((line) => line.startsWith("CN="));
	const name = names.length === 1 ? names[0]!.slice("CN=".length) : "";
	return isThingName(name) ? name : undefined;
}

function attributesOf({ isPersistent, willTopic }: ConnectFacts): string[] {
	const attributes: string[] = [];
	if (isPersistent) attributes.push("PersistentConnect");
	if (willTopic !== undefined) attributes.push("LastWill");
	return attributes;
}

/**
 * The least that a station needs (aws-iot-contract.md §2.6): to connect under its thing's name, to
 * report below `isobar/<thing>/`, and its own shadows.
 */
function makeStationPolicy({ region, accountId }: Realm): string {
	const arn = (type: ResourceType, name: string): string =>
		`arn:aws:iot:${region}:${accountId}:${type}/${name}`;
	const thing = `\${iot:Connection.Thing.ThingName}`;
	const own = `isobar/${thing}/*`;
	const shadow = `$aws/things/${thing}/shadow/`;
	const allow = (Action: Action | Action[], Resource: string | string[]) => ({
		Effect: "Allow",
		Action,
		Resource,
	});
	return JSON.stringify({
		Version: "2012-10-17",
		Statement: [
			{
				...allow("iot:Connect", arn("client", thing)),
				Condition: { Bool: { "iot:Connection.Thing.IsAttached": ["true"] } },
			},
			allow(["iot:Publish", "iot:RetainPublish"], arn("topic", own)),
			allow(
				"iot:Publish",
				["get", "update", "name/*/get", "name/*/update"].map((name) =>
					arn("topic", `${shadow}${name}`),
				),
			),
			allow(
				"iot:Subscribe",
				[own, `${shadow}*`].map((name) => arn("topicfilter", name)),
			),
			allow(
				"iot:Receive",
				[own, `${shadow}*`].map((name) => arn("topic", name)),
			),
		],
	});
}

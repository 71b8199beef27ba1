import { X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "@jest/globals";
import { type Access, certificateIdOf } from "../../../cloud/access.ts";
import { Provisioning } from "../../../cloud/provisioning/service.ts";
import type { Templates } from "../../../cloud/provisioning/templates.ts";
import { Authority, makeKey } from "../../../cloud/registry/authority.ts";
import type { Change } from "../../../cloud/registry/entities.ts";
import { createPolicy } from "../../../cloud/registry/policies.ts";
import { Registry } from "../../../cloud/registry/registry.ts";
import type { RegistryStore } from "../../../cloud/registry/store.ts";
import { reapOffers, settleClaim } from "../../../cloud/services/enrolment.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { KeyValue } from "../../../firmware/ports/storage.ts";
import { ClaimExchange, ClaimState } from "../../../firmware/provisioning/claim.ts";
import { readIdentity } from "../../../firmware/provisioning/identity.ts";
import { nodeTemplate } from "../../support/claim.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

/*
 * The whole way from a claim to a station, with the real exchange on one side and the real service on the
 * other, cut at every step: before and after each write to storage, and before and after each message in
 * each direction; by power, and by the link alone; once, and twice.
 */

const hourMs = 3_600_000;
const claimId = "c".repeat(64);

/** Certificates made beforehand, which is what takes the time. */
let certificates: string[];
beforeAll(async () => {
	const key = await makeKey();
	const authority = await Authority.open(await Authority.issueRoot(key), key);
	const make = async () => authority.issueDevice(await makeKey(), "device");
	certificates = await Promise.all(Array.from({ length: 8 }, make));
});

type Kind = "power" | "link";
interface Cut {
	readonly step: number;
	readonly kind: Kind;
}

class Run {
	readonly registry = new Registry();
	readonly keyValue = new MapKeyValue();
	steps = 0;
	boots = 0;
	/** Whether the service drops what a device has never used. */
	settles = true;
	/** Whether the device has lost its power, or its connection. */
	#isCut: Kind | undefined;
	#made = 0;
	#now = 0;
	#epoch = 1_800_000_000_000;
	readonly #cuts: readonly Cut[];
	readonly #service: Provisioning;

	constructor(cuts: readonly Cut[]) {
		this.#cuts = cuts;
		const run = async (operation: (registry: Registry) => readonly Change[]) =>
			this.registry.apply(operation(this.registry));
		const document =
			'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}';
		this.registry.apply(createPolicy(this.registry, "isobar-station", document));
		this.#service = new Provisioning({
			registry: { state: this.registry, run } as unknown as RegistryStore,
			access: {} as Access,
			templates: {
				find: async (templateName: string) => ({
					templateName,
					templateBody: JSON.stringify(nodeTemplate),
					enabled: true,
				}),
			} as unknown as Templates,
			authority: {
				issueDevice: async () => certificates[this.#made++],
			} as unknown as Authority,
			realm: { region: "r", accountId: "a" },
			epoch: () => this.#epoch,
			requestsPerSecond: 1_000,
			recheck: () => {},
			log: () => {},
		});
	}

	/** Runs until the device has connected as itself. */
	async finish(): Promise<void> {
		while (this.boots < 10) {
			this.boots += 1;
			this.#isCut = undefined;
			const identity = readIdentity(this.keyValue);
			if (identity === undefined) await this.#claim();
			else if (this.#connectAs(identity.certificate)) return;
		}
		throw new Error("it comes to no end");
	}

	/** An hour later the service has dropped what nobody has registered. */
	sweep(): void {
		this.registry.apply(reapOffers(this.registry, this.#epoch + hourMs));
	}

	/** One life of the device with its claim: until it is provisioned, or its power is cut. */
	async #claim(): Promise<void> {
		let isDone = false;
		let isOpen = false;
		const sent: { topic: string; payload: Uint8Array }[] = [];
		const exchange = new ClaimExchange({
			templateName: "batch",
			parameters: { SerialNumber: "1" },
			thingName: "blank",
			keyValue: this.#cuttable(),
			random: { next: () => 0 },
			publish: (topic, payload, length) => {
				sent.push({ topic, payload: payload.slice(0, length) });
				return 0;
			},
			subscribe: () => 1,
			reconnect: () => {
				isOpen = false;
			},
			onProvisioned: () => {
				isDone = true;
			},
			log: () => {},
		});
		for (let round = 0; round < 20 && !isDone; round++) {
			if (!isOpen) {
				sent.length = 0;
				exchange.onClosed(this.#tick());
				exchange.onOpen(this.#tick(hourMs / 60));
				isOpen = true;
				this.#isCut = undefined;
				exchange.onSubscribed(1, [1, 1, 1, 1], this.#tick());
			}
			const request = sent.shift();
			if (request === undefined) exchange.onDeadline(this.#tick(hourMs));
			else await this.#carry(request, exchange);
			if (this.#isCut === "power") return;
			if (this.#isCut === "link") isOpen = false;
			// While it lives, a certificate that it has stored as its own is a live one.
			this.expectLive();
		}
		if (!isDone) expect(exchange.state).not.toBe(ClaimState.Done);
	}

	/** A request to the service and its answer back, with a step at each end of both. */
	async #carry(
		{ topic, payload }: { topic: string; payload: Uint8Array },
		exchange: ClaimExchange,
	): Promise<void> {
		if (this.#step()) return;
		const [answerTopic, text] = await new Promise<[string, string]>((resolve) =>
			this.#service.receive(
				{ clientId: "blank", certificateId: claimId, answer: (...answer) => resolve(answer) },
				topic,
				payload,
			),
		);
		if (this.#step()) return;
		exchange.onMessage(answerTopic, new TextEncoder().encode(text), this.#tick());
		this.#step();
	}

	/** @returns whether the device got through */
	#connectAs(certificatePem: string): boolean {
		if (this.#step()) return false;
		const id = certificateIdOf(new X509Certificate(certificatePem));
		const certificate = this.registry.certificate(id);
		expect(certificate).toMatchObject({
			status: "ACTIVE",
			things: { "node-1": expect.anything() },
		});
		if (this.settles) this.registry.apply(settleClaim(this.registry, id));
		return !this.#step();
	}

	expectLive(): void {
		const identity = readIdentity(this.keyValue);
		if (identity === undefined) return;
		const id = certificateIdOf(new X509Certificate(identity.certificate));
		expect(this.registry.certificate(id)?.status).toBe("ACTIVE");
	}

	#tick(ms = 1): Ticks {
		this.#now += ms;
		return this.#now as Ticks;
	}

	/** @returns whether everything is over at this step */
	#step(): boolean {
		const cut = this.#cuts.find(({ step }) => step === this.steps);
		this.steps += 1;
		if (cut && this.#isCut !== "power") this.#isCut = cut.kind;
		return this.#isCut !== undefined;
	}

	/** Without power nothing is written; a link that is cut does not keep anything from it. */
	#cuttable(): KeyValue {
		const write = (work: () => void): void => {
			this.#step();
			if (this.#isCut === "power") return;
			work();
			this.#step();
		};
		return {
			read: (key) => this.keyValue.read(key),
			write: (key, value) => write(() => this.keyValue.write(key, value)),
			delete: (key) => write(() => this.keyValue.delete(key)),
		};
	}
}

/** One live certificate at the end, the one that the device has, and nothing else in the cloud. */
async function expectOne(cuts: readonly Cut[]): Promise<Run> {
	const run = new Run(cuts);
	await run.finish();
	run.sweep();
	const identity = readIdentity(run.keyValue)!;
	expect(identity.thingName).toBe("node-1");
	const left = [...run.registry.certificates].map(({ certificatePem, status, claim }) => ({
		certificatePem,
		status,
		claim,
	}));
	expect(left).toEqual([
		{ certificatePem: identity.certificate, status: "ACTIVE", claim: undefined },
	]);
	expect([...run.registry.things].map(({ thingName }) => thingName)).toEqual(["node-1"]);
	return run;
}

test("without a cut it takes two starts and one certificate", async () => {
	const run = await expectOne([]);
	expect(run.boots).toBe(2);
	// Two requests of three steps, three writes of two, and the connection as itself.
	expect(run.steps).toBe(14);
});

test.each(["power", "link"] as const)("%s is cut at each step", async (kind) => {
	const { steps } = await expectOne([]);
	for (let step = 0; step < steps; step++) await expectOne([{ step, kind }]);
});

test.each([
	["power", "power"],
	["power", "link"],
	["link", "power"],
	["link", "link"],
] as const)("%s, then %s, at each pair of steps", async (first, second) => {
	const { steps } = await expectOne([]);
	let pairs = 0;
	for (let one = 0; one < steps; one++) {
		const { steps: more } = await expectOne([{ step: one, kind: first }]);
		for (let two = one + 1; two < more; two++) {
			await expectOne([
				{ step: one, kind: first },
				{ step: two, kind: second },
			]);
			pairs += 1;
		}
	}
	expect(pairs).toBeGreaterThan(100);
});

test("a service that kept what a device never used would have orphans: the check sees them", async () => {
	const { steps } = await expectOne([]);
	let orphans = 0;
	for (let step = 0; step < steps; step++) {
		const run = new Run([{ step, kind: "power" }]);
		run.settles = false;
		await run.finish();
		run.sweep();
		orphans += [...run.registry.certificates].length - 1;
	}
	// The power went after the service had registered and before the device knew.
	expect(orphans).toBeGreaterThan(0);
});

import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { ClaimExchange, ClaimState } from "../../../firmware/provisioning/claim.ts";
import {
	readIdentity,
	readPending,
	writeIdentity,
	writePending,
} from "../../../firmware/provisioning/identity.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const create = "$aws/certificates/create/json";
const register = "$aws/provisioning-templates/batch/provision/json";
const at = (ms: number) => ms as Ticks;
const bytes = (text: string) => new TextEncoder().encode(text);
const { Offline, Subscribing, Creating, Registering, Storing, Pausing, Done } = ClaimState;

const created = { certificatePem: "CERT", privateKey: "KEY", certificateOwnershipToken: "TOKEN" };
const registered = { thingName: "node-42", deviceConfiguration: { reportInterval: "300" } };

/** An exchange with everything it does in lists. */
class Bench {
	readonly sent: { topic: string; text: string }[] = [];
	readonly log: string[] = [];
	readonly filters: (readonly string[])[] = [];
	reconnects = 0;
	provisioned = 0;
	accepts = true;
	readonly keyValue: MapKeyValue;
	readonly exchange: ClaimExchange;

	constructor(keyValue = new MapKeyValue(), parameters: Record<string, string> = { s: "42" }) {
		this.keyValue = keyValue;
		this.exchange = new ClaimExchange({
			templateName: "batch",
			parameters,
			thingName: "blank",
			keyValue,
			random: { next: () => 0x8000_0000 },
			publish: (topic, payload, length) => {
				if (!this.accepts) return -Status.NoRoom;
				this.sent.push({ topic, text: new TextDecoder().decode(payload.subarray(0, length)) });
				return 0;
			},
			subscribe: (filters) => {
				if (!this.accepts) return -Status.NoRoom;
				return this.filters.push(filters);
			},
			reconnect: (now) => {
				this.reconnects += 1;
				this.exchange.onClosed(now);
			},
			onProvisioned: () => {
				this.provisioned += 1;
			},
			log: (line) => this.log.push(line),
		});
	}

	get last() {
		return this.sent.at(-1);
	}

	message(topic: string, document: unknown, now = 10): void {
		const text = typeof document === "string" ? document : JSON.stringify(document);
		this.exchange.onMessage(topic, bytes(text), at(now));
	}

	/** Brings the exchange from offline to the given state. */
	to(state: ClaimState): this {
		if (state === Offline) return this;
		this.exchange.onOpen(at(0));
		if (state === Subscribing) return this;
		if (state === Pausing) {
			this.exchange.onSubscribed(this.filters.length, [1, 128, 1, 1], at(1));
			return this;
		}
		this.exchange.onSubscribed(this.filters.length, [1, 1, 1, 1], at(1));
		if (state === Creating) return this;
		this.message(`${create}/accepted`, created);
		if (state === Registering) return this;
		this.keyValue.fails = state === Storing;
		this.message(`${register}/accepted`, registered);
		return this;
	}
}

describe("from a claim to an identity", () => {
	test("subscribes to all answers, asks for a certificate, registers it, keeps the identity", () => {
		const bench = new Bench().to(Creating);
		expect(bench.filters).toEqual([
			[`${create}/accepted`, `${create}/rejected`, `${register}/accepted`, `${register}/rejected`],
		]);
		expect(bench.last).toEqual({ topic: create, text: "" });
		bench.message(`${create}/accepted`, created);
		expect(bench.last?.topic).toBe(register);
		expect(JSON.parse(bench.last!.text)).toEqual({
			certificateOwnershipToken: "TOKEN",
			parameters: { s: "42" },
		});
		expect(readPending(bench.keyValue)).toEqual({
			certificate: "CERT",
			privateKey: "KEY",
			token: "TOKEN",
		});
		bench.message(`${register}/accepted`, registered);
		expect(bench.exchange.state).toBe(Done);
		expect(bench.provisioned).toBe(1);
		expect(readIdentity(bench.keyValue)).toEqual({
			thingName: "node-42",
			certificate: "CERT",
			privateKey: "KEY",
			configuration: { reportInterval: "300" },
		});
		expect(readPending(bench.keyValue)).toBeUndefined();
		expect(bench.log.join()).not.toMatch(/KEY|TOKEN/);
	});

	test("a template without a thing leaves the device its name", () => {
		const bench = new Bench().to(Registering);
		bench.message(`${register}/accepted`, {});
		expect(readIdentity(bench.keyValue)).toMatchObject({ thingName: "blank", configuration: {} });
	});

	test("a pending certificate is registered first thing", () => {
		const bench = new Bench(new Bench().to(Registering).keyValue).to(Subscribing);
		bench.exchange.onSubscribed(1, [1, 1, 1, 1], at(1));
		expect(bench.sent).toHaveLength(1);
		expect(bench.last?.topic).toBe(register);
	});

	test("one from before that is refused makes way for another; a new one that is, does not", () => {
		const bench = new Bench(new Bench().to(Registering).keyValue).to(Subscribing);
		bench.exchange.onSubscribed(1, [1, 1, 1, 1], at(1));
		bench.message(`${register}/rejected`, { statusCode: 400 });
		expect(bench.last?.topic).toBe(create);
		expect(readPending(bench.keyValue)).toBeUndefined();
		bench.message(`${create}/accepted`, { ...created, certificateOwnershipToken: "T2" });
		bench.message(`${register}/rejected`, { statusCode: 400, errorMessage: "no" });
		expect(bench.exchange.state).toBe(Pausing);
		expect(bench.exchange.deadline).toBe(900_010);
		expect(bench.log.at(-1)).toBe("provisioning: refused, 400 no");
	});

	test.each([429, 500, 503, undefined])("code %p is tried again after a pause", (statusCode) => {
		const bench = new Bench().to(Registering);
		bench.message(`${register}/rejected`, { statusCode });
		expect(bench.exchange.state).toBe(Pausing);
		expect(bench.exchange.deadline).toBeLessThanOrEqual(10 + 5_000);
		expect(readPending(bench.keyValue)).toBeDefined();
	});

	test.each([400, 403, 404, 409])("code %p waits for a person", (statusCode) => {
		const bench = new Bench().to(Creating);
		bench.message(`${create}/rejected`, { statusCode });
		expect(bench.exchange.deadline).toBe(900_010);
	});

	test("a pause outlasts a connection", () => {
		const bench = new Bench().to(Pausing);
		bench.exchange.onClosed(at(10));
		bench.exchange.onOpen(at(20));
		expect(bench.exchange.state).toBe(Pausing);
		bench.exchange.onDeadline(bench.exchange.deadline);
		expect(bench.reconnects).toBe(1);
		bench.exchange.onOpen(at(900_100));
		expect(bench.exchange.state).toBe(Subscribing);
	});

	test("an identity that the storage does not take is kept until it does", () => {
		const bench = new Bench().to(Storing);
		expect(bench.exchange.state).toBe(Storing);
		bench.exchange.onClosed(at(20));
		bench.exchange.onDeadline(bench.exchange.deadline);
		expect(bench.provisioned).toBe(0);
		bench.keyValue.fails = false;
		bench.exchange.onDeadline(bench.exchange.deadline);
		expect(bench.provisioned).toBe(1);
		expect(readIdentity(bench.keyValue)).toMatchObject({ thingName: "node-42" });
	});

	test("a certificate that the storage does not take is not registered", () => {
		const bench = new Bench().to(Creating);
		bench.keyValue.fails = true;
		bench.message(`${create}/accepted`, created);
		expect(bench.exchange.state).toBe(Pausing);
		expect(bench.last?.topic).toBe(create);
	});
});

describe("whatever comes, it does not throw and does not go astray", () => {
	const inputs: Record<string, (bench: Bench) => void> = {
		open: (bench) => bench.exchange.onOpen(at(20)),
		closed: (bench) => bench.exchange.onClosed(at(20)),
		subscribed: (bench) => bench.exchange.onSubscribed(bench.filters.length, [1, 1, 1, 1], at(20)),
		"subscribed, another's": (bench) => bench.exchange.onSubscribed(99, [1], at(20)),
		deadline: (bench) => bench.exchange.onDeadline(at(20)),
		"create/accepted": (bench) => bench.message(`${create}/accepted`, created),
		"create/rejected": (bench) => bench.message(`${create}/rejected`, { statusCode: 400 }),
		"register/accepted": (bench) => bench.message(`${register}/accepted`, registered),
		"register/rejected": (bench) => bench.message(`${register}/rejected`, { statusCode: 400 }),
		"no document": (bench) => {
			bench.message(`${create}/accepted`, "[");
			bench.message(`${register}/accepted`, "[");
		},
		"nothing usable": (bench) => bench.message(`${create}/accepted`, { certificatePem: 1 }),
		"another topic": (bench) => bench.message("x", created),
		"another answer": (bench) => bench.message(`${create}/perhaps`, created),
	};
	const states = Object.entries(ClaimState);
	const cells = states.flatMap(([name, state]) =>
		Object.keys(inputs).map((input) => [name, input, state] as const),
	);

	test.each(cells)("%s × %s", (_, input, state) => {
		const bench = new Bench().to(state);
		// What has no deadline is never called for one.
		if (input === "deadline" && bench.exchange.deadline === Number.POSITIVE_INFINITY) return;
		inputs[input]!(bench);
		const { exchange } = bench;
		if (exchange.state === Done) expect(readIdentity(bench.keyValue)).toBeDefined();
		if (exchange.state === Offline || exchange.state === Done) {
			expect(exchange.deadline).toBe(Number.POSITIVE_INFINITY);
		} else expect(exchange.deadline).toBeLessThan(Number.POSITIVE_INFINITY);
		// Whatever it was, a new connection leads to the end.
		bench.keyValue.fails = false;
		if (exchange.state === Storing) exchange.onDeadline(exchange.deadline);
		for (let round = 0; exchange.state !== Done && round < 3; round++) {
			exchange.onClosed(at(30));
			exchange.onOpen(at(10_000_000));
			exchange.onSubscribed(bench.filters.length, [1, 1, 1, 1], at(10_000_001));
			if (exchange.state === Creating) bench.message(`${create}/accepted`, created);
			bench.message(`${register}/accepted`, registered);
		}
		expect(bench.provisioned).toBe(1);
	});

	test("silence ends in a new connection, in which it is asked again", () => {
		const bench = new Bench().to(Creating);
		bench.exchange.onDeadline(bench.exchange.deadline);
		expect(bench.reconnects).toBe(1);
		expect(bench.exchange.state).toBe(Offline);
		bench.message(`${create}/accepted`, created);
		expect(readPending(bench.keyValue)).toBeUndefined();
	});

	test("a session that takes nothing is a pause", () => {
		const bench = new Bench();
		bench.accepts = false;
		bench.exchange.onOpen(at(0));
		expect(bench.exchange.state).toBe(Pausing);
	});

	test("parameters that fit no message are refused, not cut", () => {
		const parameters = { s: "x".repeat(Limits.controlBytes) };
		const bench = new Bench(new MapKeyValue(), parameters).to(Registering);
		expect(bench.exchange.state).toBe(Pausing);
		expect(bench.log.at(-1)).toBe("provisioning: refused, the parameters do not fit a message");
	});
});

describe("what is kept", () => {
	test("is bounded, and what is no identity is none", () => {
		const keyValue = new MapKeyValue();
		const large = "x".repeat(Limits.identityBytes);
		const identity = { thingName: "a", certificate: large, privateKey: "k", configuration: {} };
		expect(writeIdentity(keyValue, identity)).toBe(Status.TooLong);
		expect(readIdentity(keyValue)).toBeUndefined();
		for (const text of ["", "[]", "{", '{"thingName":"a"}', '{"thingName":1}']) {
			keyValue.items.set("identity", bytes(text));
			keyValue.items.set("claim", bytes(text));
			expect(readIdentity(keyValue)).toBeUndefined();
			expect(readPending(keyValue)).toBeUndefined();
		}
	});

	test("a medium that fails is a status", () => {
		const keyValue = new MapKeyValue();
		keyValue.fails = true;
		const pending = { certificate: "c", privateKey: "k", token: "t" };
		expect(writePending(keyValue, pending)).toBe(Status.StorageFailed);
	});
});

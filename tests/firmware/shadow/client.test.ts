import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { ChannelTable } from "../../../firmware/sensing/channel.ts";
import { QualityLimits } from "../../../firmware/sensing/qualitylimits.ts";
import { ShadowClient, ShadowState } from "../../../firmware/shadow/client.ts";
import { StationConfig } from "../../../firmware/shadow/config.ts";
import type { Setting } from "../../../firmware/shadow/setting.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const prefix = "$aws/things/st-1/shadow/";
const at = (ms: number) => ms as Ticks;
const bytes = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));

/** A client with everything it sends in a list. */
class Bench {
	/** What is reported beside the settings; read at each report. */
	readonly facts: Record<string, unknown> = { firmware: "1.2.3" };
	readonly sent: { topic: string; document: Record<string, unknown> }[] = [];
	readonly log: string[] = [];
	readonly config = new StationConfig(
		{ sampleSeconds: 2, observeSeconds: 5, reportSeconds: 30 },
		new MapKeyValue(),
	);
	/** A setting that takes numbers, and none below zero. */
	level = 5;
	readonly settings: Setting[] = [];
	subscriptions = 0;
	configChanges = 0;
	accepts = true;
	readonly client: ShadowClient = new ShadowClient({
		thingName: "st-1",
		config: this.config,
		random: { next: () => 0x8000_0000 },
		settings: this.settings,
		payload: new Uint8Array(Limits.controlBytes),
		facts: this.facts,
		publish: (topic, payload, length) => {
			if (!this.accepts) return -Status.NoRoom;
			const text = new TextDecoder().decode(payload.subarray(0, length));
			this.sent.push({ topic: topic.slice(prefix.length), document: JSON.parse(text) });
			return this.sent.length;
		},
		subscribe: () => {
			if (!this.accepts) return -Status.NoRoom;
			this.subscriptions += 1;
			return 100 + this.subscriptions;
		},
		onConfig: () => {
			this.configChanges += 1;
		},
		log: (line) => this.log.push(line),
	});

	get last() {
		return this.sent.at(-1)!;
	}

	/** The service's answer to what was sent last. */
	answer(suffix: string, document: Record<string, unknown> = {}) {
		const clientToken = this.last.document.clientToken;
		return this.message(suffix, { clientToken, ...document });
	}

	message(suffix: string, document: unknown, now = 10) {
		return this.client.onMessage(prefix + suffix, bytes(document), at(now));
	}

	/** Brings the client from offline to the given state. */
	to(state: ShadowState): this {
		if (state === ShadowState.Offline) return this;
		this.client.onOpen(at(0));
		if (state === ShadowState.Subscribing) return this;
		if (state === ShadowState.Pausing) {
			this.client.onDeadline(this.client.deadline);
			return this;
		}
		this.client.onSubscribed(100 + this.subscriptions, [1, 1, 1, 1, 1], at(1));
		if (state === ShadowState.Getting) return this;
		this.answer("get/accepted", { version: 3, state: {} });
		if (state === ShadowState.Reporting) return this;
		this.answer("update/accepted", { version: 4 });
		return this;
	}
}

describe("ShadowClient, the flow on connect (contract §3.7)", () => {
	test("subscribes, gets, applies the delta, reports what holds", () => {
		const bench = new Bench().to(ShadowState.Getting);
		expect(bench.last.topic).toBe("get");
		bench.answer("get/accepted", { version: 7, state: { delta: { reportSeconds: 60 } } });
		expect(bench.configChanges).toBe(1);
		expect(bench.last.topic).toBe("update");
		expect(bench.last.document.state).toEqual({
			reported: {
				firmware: "1.2.3",
				sampleSeconds: 2,
				observeSeconds: 5,
				reportSeconds: 60,
				refused: null,
			},
		});
		bench.answer("update/accepted", { version: 8 });
		expect(bench.client.state).toBe(ShadowState.Synced);
		expect(bench.client.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	test("a shadow that does not exist is created by a full report (404)", () => {
		const bench = new Bench().to(ShadowState.Getting);
		bench.answer("get/rejected", { code: 404 });
		expect(bench.last.topic).toBe("update");
	});

	test("a version conflict is followed by a get (409)", () => {
		const bench = new Bench().to(ShadowState.Reporting);
		bench.answer("update/rejected", { code: 409 });
		expect(bench.last.topic).toBe("get");
		expect(bench.client.state).toBe(ShadowState.Getting);
	});

	test.each([400, 413, 429, 500])("code %i is followed by a pause, then by all anew", (code) => {
		const bench = new Bench().to(ShadowState.Getting);
		bench.answer("get/rejected", { code });
		expect(bench.client.state).toBe(ShadowState.Pausing);
		bench.client.onDeadline(bench.client.deadline);
		expect(bench.client.state).toBe(ShadowState.Subscribing);
	});

	test("a refused filter pauses and is said", () => {
		const bench = new Bench().to(ShadowState.Subscribing);
		bench.client.onSubscribed(101, [1, 1, 128, 1, 1], at(1));
		expect(bench.client.state).toBe(ShadowState.Pausing);
		expect(bench.log).toEqual(["shadow: subscription refused"]);
	});

	test("pauses grow", () => {
		const bench = new Bench().to(ShadowState.Subscribing);
		const pauses = [1, 2, 3, 4].map(() => {
			const from = bench.client.deadline;
			bench.client.onDeadline(from);
			const pause = bench.client.deadline - from;
			bench.client.onDeadline(bench.client.deadline);
			return pause;
		});
		expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
		expect(pauses[3]).toBeGreaterThan(pauses[0]!);
	});
});

describe("ShadowClient, deltas", () => {
	test("a change of desired reaches the settings and is reported", () => {
		const bench = new Bench().to(ShadowState.Synced);
		bench.message("update/delta", { version: 5, state: { reportSeconds: 10 } });
		expect(bench.config.reportSeconds).toBe(10);
		expect(bench.last.document.state).toMatchObject({ reported: { reportSeconds: 10 } });
	});

	test("an invalid value is refused and reported with its reason, once", () => {
		const bench = new Bench().to(ShadowState.Synced);
		bench.message("update/delta", { version: 5, state: { reportSeconds: 0 } });
		expect(bench.last.document.state).toMatchObject({
			reported: {
				reportSeconds: 30,
				refused: {
					field: "reportSeconds",
					reason: "expected a whole number 1..86400, got 0",
				},
			},
		});
		bench.answer("update/accepted");
		const { length } = bench.sent;
		// Our own report makes the service send the delta again: desired still differs.
		bench.message("update/delta", { version: 6, state: { reportSeconds: 0 } });
		expect(bench.sent).toHaveLength(length);
		expect(bench.client.state).toBe(ShadowState.Synced);
	});

	test("an older version is ignored, an equal one is taken", () => {
		const bench = new Bench().to(ShadowState.Synced);
		bench.message("update/delta", { version: 9, state: { reportSeconds: 90 } });
		bench.message("update/delta", { version: 8, state: { reportSeconds: 80 } });
		expect(bench.config.reportSeconds).toBe(90);
		bench.message("update/delta", { version: 9, state: { reportSeconds: 91 } });
		expect(bench.config.reportSeconds).toBe(91);
	});

	test("a delta during a report is reported after it", () => {
		const bench = new Bench().to(ShadowState.Reporting);
		bench.message("update/delta", { version: 5, state: { reportSeconds: 50 } });
		expect(bench.sent).toHaveLength(2);
		bench.answer("update/accepted", { version: 4 });
		expect(bench.last.document.state).toMatchObject({ reported: { reportSeconds: 50 } });
	});

	test("a delta missed while away comes with the get after the next connect", () => {
		const bench = new Bench().to(ShadowState.Synced);
		bench.client.onClosed(at(20));
		bench.client.onOpen(at(30));
		bench.client.onSubscribed(100 + bench.subscriptions, [1, 1, 1, 1, 1], at(31));
		bench.answer("get/accepted", { version: 12, state: { delta: { reportSeconds: 25 } } });
		expect(bench.config.reportSeconds).toBe(25);
	});

	test("answers with somebody else's token are not ours", () => {
		const bench = new Bench().to(ShadowState.Getting);
		bench.message("get/accepted", { clientToken: "app", version: 1, state: {} });
		expect(bench.client.state).toBe(ShadowState.Getting);
	});

	test.each([
		["not JSON", new TextEncoder().encode("{")],
		["no object", new TextEncoder().encode("[1]")],
		["not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d)],
		["too long", new Uint8Array(8_193).fill(0x20)],
		["too deep", new TextEncoder().encode(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`)],
	])("a document that is %s changes nothing and is said", (_, payload) => {
		const bench = new Bench().to(ShadowState.Synced);
		expect(bench.client.onMessage(`${prefix}update/delta`, payload, at(9))).toBe(Status.Ok);
		expect(bench.log).toEqual(["shadow: a document that cannot be read was ignored"]);
		expect(bench.client.state).toBe(ShadowState.Synced);
	});

	test("a topic of another room is not taken", () => {
		const bench = new Bench().to(ShadowState.Synced);
		expect(bench.client.onMessage("isobar/st-1/x", bytes({}), at(9))).toBe(Status.NotFound);
	});
});

describe("ShadowClient, every state × input", () => {
	const { Offline, Subscribing, Getting, Reporting, Synced, Pausing } = ShadowState;
	const inputs: Record<string, (bench: Bench) => unknown> = {
		open: (bench) => bench.client.onOpen(at(5)),
		closed: (bench) => bench.client.onClosed(at(5)),
		deadline: (bench) => bench.client.onDeadline(at(5)),
		subscribed: (bench) => bench.client.onSubscribed(100 + bench.subscriptions, [1], at(5)),
		refused: (bench) => bench.client.onSubscribed(100 + bench.subscriptions, [128], at(5)),
		got: (bench) =>
			bench.sent.length > 0 && bench.answer("get/accepted", { version: 9, state: {} }),
		absent: (bench) => bench.sent.length > 0 && bench.answer("get/rejected", { code: 404 }),
		notGot: (bench) => bench.sent.length > 0 && bench.answer("get/rejected", { code: 500 }),
		updated: (bench) => bench.sent.length > 0 && bench.answer("update/accepted", { version: 9 }),
		conflict: (bench) => bench.sent.length > 0 && bench.answer("update/rejected", { code: 409 }),
		notUpdated: (bench) => bench.sent.length > 0 && bench.answer("update/rejected", { code: 429 }),
		delta: (bench) => bench.message("update/delta", { version: 9, state: { reportSeconds: 99 } }),
	};
	const same = (state: ShadowState) =>
		Object.fromEntries(Object.keys(inputs).map((input) => [input, state]));
	// Only states with a deadline get the input `deadline`.
	const expected: Record<ShadowState, Record<string, ShadowState>> = {
		[Offline]: { ...same(Offline), open: Subscribing },
		[Subscribing]: {
			...same(Subscribing),
			closed: Offline,
			deadline: Pausing,
			subscribed: Getting,
			refused: Pausing,
		},
		[Getting]: {
			...same(Getting),
			open: Subscribing,
			closed: Offline,
			deadline: Pausing,
			got: Reporting,
			absent: Reporting,
			notGot: Pausing,
		},
		[Reporting]: {
			...same(Reporting),
			open: Subscribing,
			closed: Offline,
			deadline: Pausing,
			updated: Synced,
			conflict: Getting,
			notUpdated: Pausing,
		},
		[Synced]: { ...same(Synced), open: Subscribing, closed: Offline, delta: Reporting },
		[Pausing]: { ...same(Pausing), open: Subscribing, closed: Offline, deadline: Subscribing },
	};
	const cells = Object.values(ShadowState).flatMap((state) =>
		Object.keys(inputs)
			.filter((input) => input !== "deadline" || (state !== Offline && state !== Synced))
			.map((input) => ({ state, input, next: expected[state][input]! })),
	);

	test.each(cells)("state $state, $input → $next", ({ state, input, next }) => {
		const bench = new Bench().to(state);
		expect(bench.client.state).toBe(state);
		inputs[input]!(bench);
		expect(bench.client.state).toBe(next);
		const waits = next !== Offline && next !== Synced;
		expect(Number.isFinite(bench.client.deadline)).toBe(waits);
	});

	test.each([Offline, Getting, Reporting, Synced, Pausing])(
		"a session without room in state %i leads to a pause, never to a throw",
		(state) => {
			const bench = new Bench().to(state);
			bench.accepts = false;
			bench.client.onOpen(at(50));
			expect(bench.client.state).toBe(Pausing);
		},
	);
});

describe("ShadowClient, other settings", () => {
	test("the largest report fits Limits.controlBytes", () => {
		const channels = new ChannelTable([], ["luminousExposureSinceMidnightLocal"]);
		const limits = new QualityLimits(channels, new MapKeyValue());
		const values = {
			minimum: 1 / 7,
			maximum: 1e22 / 3,
			step: 1e-7 / 3,
			night: -1e-7 / 3,
		};
		const wanted = { luminousExposureSinceMidnightLocal: values, relativeHumidity: values };
		expect(limits.apply(wanted)).toBeUndefined();
		const bench = new Bench();
		bench.facts.text = "x".repeat(Limits.metadataBytes);
		bench.settings.push(limits);
		bench.to(ShadowState.Getting);
		const refused = {
			limits: { airTemperature: { ["x".repeat(500)]: 1 } },
			reportSeconds: "x".repeat(500),
		};
		bench.answer("get/accepted", { version: 1, state: { delta: refused } });
		expect(bench.last.topic).toBe("update");
	});

	function benchWithLevel(): Bench {
		const bench = new Bench();
		bench.settings.push({
			member: "level",
			apply: (wanted) => {
				if ((wanted as { value: number }).value < 0) return "value: expected 0 or more";
				bench.level = (wanted as { value: number }).value;
				return undefined;
			},
			reported: () => ({ value: bench.level }),
		});
		return bench.to(ShadowState.Getting);
	}

	const reportedBy = (bench: Bench) =>
		(bench.last.document.state as { reported: Record<string, unknown> }).reported;

	test("are given what is wanted of them, and reported", () => {
		const bench = benchWithLevel();
		bench.answer("get/accepted", { version: 1, state: { delta: { level: { value: 7 } } } });
		expect(reportedBy(bench)).toMatchObject({ level: { value: 7 }, refused: null });
		expect(bench.configChanges).toBe(0);
	});

	test("are left alone by a delta without them", () => {
		const bench = benchWithLevel();
		bench.answer("get/accepted", { version: 1, state: { delta: { reportSeconds: 60 } } });
		expect(reportedBy(bench)).toMatchObject({ level: { value: 5 }, reportSeconds: 60 });
	});

	test("say why they refuse, until they take what is wanted", () => {
		const bench = benchWithLevel();
		bench.answer("get/accepted", { version: 1, state: { delta: { level: { value: -1 } } } });
		expect(reportedBy(bench)).toMatchObject({
			level: { value: 5 },
			refused: { field: "level", reason: "value: expected 0 or more" },
		});
		expect(bench.log).toContain("shadow: level refused, value: expected 0 or more");
		bench.answer("update/accepted", { version: 2 });
		bench.message("update/delta", { version: 3, state: { level: { value: 8 } } });
		expect(reportedBy(bench)).toMatchObject({ level: { value: 8 }, refused: null });
	});
});

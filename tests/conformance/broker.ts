import { Status } from "../../firmware/base/status.ts";
import { Limits } from "../../firmware/limits.ts";
import { PacketType, type Qos } from "../../firmware/mqtt/packet.ts";
import { type BrokerBench, BrokerClient, type ClientOptions } from "./brokerclient.ts";

/** One requirement on every broker, and on our client beside it. `run` throws when it is not met. */
export interface BrokerCase {
	readonly name: string;
	run(bench: BrokerBench): Promise<void>;
}

const allQos: readonly Qos[] = [0, 1, 2];

function check(condition: boolean, message: string): asserts condition {
	if (!condition) throw new Error(message);
}

function same(actual: unknown, expected: unknown, what: string): void {
	const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
	check(one === other, `${what}: ${one}, expected ${other}`);
}

function up(bench: BrokerBench, clientId: string, options?: ClientOptions): Promise<BrokerClient> {
	return new BrokerClient(bench, clientId, options).connect();
}

/** A client that hears these filters. */
async function listener(
	bench: BrokerBench,
	clientId: string,
	qos: Qos,
	...filters: string[]
): Promise<BrokerClient> {
	const client = await up(bench, clientId);
	await client.subscribe(qos, ...filters);
	return client;
}

const counting = (length: number): Uint8Array =>
	Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

const sessions: readonly BrokerCase[] = [
	{
		name: "a new session is not present, one that was kept is [MQTT-3.2.2-2] [MQTT-3.2.2-3]",
		async run(bench) {
			const client = await listener(bench, "one", 1, "a");
			check(!client.wire.sessionPresent, "present at the first connection");
			await client.disconnect();
			await client.connect();
			check(client.wire.sessionPresent, "not present at the second connection");
			await client.drop();
			await client.connect();
			check(client.wire.sessionPresent, "not present after a loss");
			const bare = await up(bench, "bare");
			await bare.drop();
			await bare.connect();
			same(bare.wire.sessionPresent, bench.traits.keepsEmptySessions, "without a subscription");
		},
	},
	{
		name: "a clean session takes over nothing and leaves nothing [MQTT-3.1.2-6]",
		async run(bench) {
			const before = await listener(bench, "one", 1, "a");
			await before.disconnect();
			const clean = await up(bench, "one", { cleanSession: true });
			check(!clean.wire.sessionPresent, "present in a clean session");
			const sender = await up(bench, "sender");
			sender.publish("a", "for nobody", 1);
			await sender.delivered();
			await clean.hears(0);
			same(clean.texts, [], "heard with the subscription of before");
			await clean.subscribe(1, "a");
			await clean.disconnect();
			const later = await up(bench, "one");
			check(!later.wire.sessionPresent, "a clean session was kept");
		},
	},
	{
		name: "subscriptions and messages of QoS 1 and 2 are kept [MQTT-3.1.2-5], those of QoS 0 or not",
		async run(bench) {
			const client = await listener(bench, "one", 2, "a");
			for (const leave of ["disconnect", "drop"] as const) {
				await client[leave]();
				const sender = await up(bench, `sender-${leave}`);
				for (const qos of allQos) sender.publish("a", `q${qos}`, qos);
				await sender.delivered();
				await sender.disconnect();
				await client.connect();
				same(client.opened.at(-1), true, "subscribed");
				const expected = bench.traits.keepsQos0 ? ["q0", "q1", "q2"] : ["q1", "q2"];
				await client.hears(expected.length);
				same(client.texts.sort(), expected, `heard after ${leave}`);
				client.heard.length = 0;
			}
		},
	},
	{
		name: "a client that has lost its session gets on with the one that the broker has kept",
		async run(bench) {
			const client = await listener(bench, "one", 2, "a");
			await client.drop();
			const sender = await up(bench, "sender");
			for (const qos of [1, 2] as const) sender.publish("a", `q${qos}`, qos);
			await sender.delivered();
			const other = new BrokerClient(bench, "one");
			await other.connect();
			check(other.wire.sessionPresent, "not present");
			same(other.opened, [false], "subscribed");
			await other.hears(2);
			same(other.texts, ["q1", "q2"], "heard");
			await other.subscribe(1, "b");
			sender.publish("b", "more", 1);
			await other.hears(3);
		},
	},
	{
		name: "a broker that has lost the session is sent everything as new, without DUP [MQTT-3.3.1-1]",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 2, "a");
			const client = await up(bench, "one");
			await client.dropBefore("down", PacketType.Puback, () => {
				client.publishRun("a", 1, 1, 1);
			});
			await client.connect();
			await client.dropBefore("down", PacketType.Pubrec, () => {
				client.publishRun("a", 2, 2, 2);
			});
			const thief = await up(bench, "one", { cleanSession: true });
			await thief.disconnect();
			client.wire.packets.length = 0;
			await client.connect();
			check(!client.wire.sessionPresent, "present after a clean session");
			same(client.opened, [false, false, false], "subscribed");
			await client.delivered();
			const sent = client.wire.passed("up publish");
			check(sent.length > 0 && !sent.some((packet) => packet.includes(" dup ")), `sent ${sent}`);
			// Of the message of QoS 2 the broker knows nothing any more: it may pass it on again.
			const texts = new Set((await heardAll(hearer)).map((text) => text.trim().slice(0, 4)));
			same([...texts], ["1..1", "2..2"], "heard");
		},
	},
	{
		name: "an empty client identifier is let in with a clean session [MQTT-3.1.3-6], or closed",
		async run(bench) {
			const options = { cleanSession: true };
			if (bench.traits.assignsClientIds) {
				const one = await up(bench, "", options);
				const other = await up(bench, "", options);
				await other.hears(0);
				check(one.isUp && other.isUp, "two clients without an identifier are one");
			} else {
				const client = new BrokerClient(bench, "", options);
				const failure = await client.connect().then(String, String);
				same(failure, "Error: no connection: ClosedBeforeConnack", "answer");
			}
		},
	},
	{
		name: "user name and password come through [MQTT-3.1.3-11]",
		async run(bench) {
			await up(bench, "one", { userName: "störung", password: counting(300) });
		},
	},
	{
		name: "after DISCONNECT the broker closes the connection [MQTT-3.14.4-1]",
		async run(bench) {
			const client = await up(bench, "one");
			await client.disconnect();
			same(client.closed, ["ClosedByStation"], "closed");
			same(client.wire.passed("up disconnect").length, 1, "DISCONNECT");
		},
	},
	{
		name: "take-over: the connection of before is closed, its session goes on [MQTT-3.1.4-2]",
		async run(bench) {
			const first = await listener(bench, "one", 1, "a");
			const second = await up(bench, "one");
			await first.until(() => !first.isUp, "the first is out");
			same(first.closed, ["Kicked"], "closed");
			check(second.wire.sessionPresent, "not present");
			const sender = await up(bench, "sender");
			sender.publish("a", "hello", 1);
			await second.hears(1);
			same([first.texts, second.texts], [[], ["hello"]], "heard");
		},
	},
];

/** Everything a client hears until nothing more comes. */
async function heardAll(client: BrokerClient): Promise<string[]> {
	for (let count = -1; count !== client.heard.length; ) {
		count = client.heard.length;
		await client.hears(count);
	}
	return client.texts;
}

/** One message to two clients, one of which has asked for it by a wildcard. */
async function matrix(bench: BrokerBench, published: Qos, subscribed: Qos): Promise<void> {
	const exact = await up(bench, "exact");
	same(await exact.subscribe(subscribed, "a/b"), [subscribed], "granted");
	const wild = await listener(bench, "wild", subscribed, "a/+");
	const sender = await up(bench, "sender");
	sender.publish("a/b", "hello", published);
	await sender.delivered();
	const lower = Math.min(published, subscribed);
	const { lowersQosOfWildcards } = bench.traits;
	const wildQos = lowersQosOfWildcards || subscribed === 0 ? lower : published;
	for (const [client, expected] of [
		[exact, lower],
		[wild, wildQos],
	] as const) {
		await client.hears(1);
		same(
			client.heard.map(({ topicName, text, qos, retain }) => [topicName, text, qos, retain]),
			[["a/b", "hello", expected, false]],
			client.clientId,
		);
		check(!client.wire.packets.some((packet) => packet.includes(" dup ")), "DUP");
	}
	same(sender.acknowledged.length, published > 0 ? 1 : 0, "acknowledged");
	same(sender.downgrades, [], "downgrades");
}

const messages: readonly BrokerCase[] = [
	...allQos.flatMap((published) =>
		allQos.map((subscribed) => ({
			name: `published at QoS ${published}, subscribed at ${subscribed}: once, at the lower of both [MQTT-3.8.4-6]`,
			run: (bench: BrokerBench) => matrix(bench, published, subscribed),
		})),
	),
	{
		name: "payloads of any size and any bytes, topic names in UTF-8 [MQTT-1.5.3-1]",
		async run(bench) {
			const names = ["a", "räume/°C/💨/ ", "/", "//", `long/${"x".repeat(200)}`];
			const hearer = await listener(bench, "hearer", 1, "#");
			const sender = await up(bench, "sender");
			const sent: string[] = [];
			for (const name of names) {
				for (const size of [0, 1, 119, 120, 121, 122, 123, Limits.controlBytes]) {
					sender.publish(name, counting(size), 1);
					sent.push(`${name} ${counting(size)}`);
					await sender.delivered();
				}
			}
			const large = counting(4_096);
			sender.publish("large", large, 0);
			sent.push(`large ${large}`);
			await hearer.hears(sent.length);
			const heard = hearer.heard.map(({ topicName, payload }) => `${topicName} ${payload}`);
			check(JSON.stringify(heard) === JSON.stringify(sent), "other messages than were sent");
		},
	},
	...allQos.map((qos) => ({
		name: `200 messages of QoS ${qos}, as many under way as may be, arrive once and in order [MQTT-4.6.0-6]`,
		async run(bench: BrokerBench) {
			const hearer = await listener(bench, "hearer", qos, "a");
			const sender = await up(bench, "sender");
			let most = 0;
			for (let count = 1; count <= 200; count++) {
				if (qos === 0) await sender.publishSoon("a", `${count}..${count} `.padEnd(50, "x"));
				else {
					await sender.until(() => sender.session.canPublishRun, "room for one more");
					sender.publishRun("a", count, count, qos);
				}
				most = Math.max(most, sender.session.inflightCount);
			}
			await hearer.hears(200);
			same(
				hearer.texts.map((text) => Number.parseInt(text, 10)),
				Array.from({ length: 200 }, (_, index) => index + 1),
				"order",
			);
			if (qos === 0) return;
			await sender.delivered();
			same(most, Limits.inflight, "under way at once");
			same(
				sender.acknowledged.map(({ first }) => first),
				Array.from({ length: 200 }, (_, index) => index + 1),
				"order of acknowledgements",
			);
		},
	})),
	...([1, 2] as const).map((qos) => ({
		name: `200 messages of QoS ${qos} that have waited come once and in order [MQTT-4.6.0-6]`,
		async run(bench: BrokerBench) {
			const hearer = await listener(bench, "hearer", qos, "a");
			await hearer.drop();
			const sender = await up(bench, "sender");
			for (let count = 1; count <= 200; count++) {
				await sender.until(() => sender.session.canPublishRun, "room for one more");
				sender.publishRun("a", count, count, qos);
			}
			await sender.delivered();
			await hearer.hearsInTheEnd(200);
			same(
				hearer.texts.map((text) => Number.parseInt(text, 10)),
				Array.from({ length: 200 }, (_, index) => index + 1),
				"order",
			);
			// What is more than Limits.inboundQos2 at once comes in the next connection.
			const most = bench.traits.holdsBack ? 1 : 1 + Math.ceil(200 / Limits.inboundQos2);
			check(hearer.closed.length <= most, `connections that have ended: ${hearer.closed}`);
		},
	})),
	{
		name: "a message that the application does not take comes again in the next connection",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 2, "a");
			hearer.taken = Status.NoRoom;
			const sender = await up(bench, "sender");
			sender.publish("a", "one", 1);
			sender.publish("a", "two", 2);
			await sender.delivered();
			const came = (): boolean => hearer.wire.passed("down publish").length >= 2;
			await hearer.until(came, "two messages that are not taken");
			await hearer.drop();
			hearer.taken = Status.Ok;
			await hearer.connect();
			await hearer.hears(2);
			same(hearer.texts, ["one", "two"], "heard");
		},
	},
];

const retained: readonly BrokerCase[] = [
	{
		name: "a retained message comes marked to who subscribes later [MQTT-3.3.1-6] [MQTT-3.3.1-8], unmarked to who is there [MQTT-3.3.1-9]",
		async run(bench) {
			const levels = allQos.filter((qos) => qos <= bench.traits.retainedQos);
			const early = await listener(bench, "early", 2, "a/#");
			const sender = await up(bench, "sender");
			for (const qos of levels) sender.publish(`a/${qos}`, `q${qos}`, qos, true);
			await sender.delivered();
			await early.hears(levels.length);
			const wild = await listener(bench, "wild", 2, "a/#");
			await wild.hears(bench.traits.retainedToWildcards ? levels.length : 0);
			const late = await listener(bench, "late", 2, ...levels.map((qos) => `a/${qos}`));
			await late.hears(levels.length);
			const describe = (client: BrokerClient): unknown[] =>
				client.heard.map(({ text, qos, retain }) => `${text} at ${qos} ${retain}`).sort();
			const expect = (retain: boolean): unknown[] =>
				levels.map((qos) => `q${qos} at ${qos} ${retain}`);
			same(describe(early), expect(false), "early");
			same(describe(late), expect(true), "late");
			same(describe(wild), bench.traits.retainedToWildcards ? expect(true) : [], "by a wildcard");
		},
	},
	{
		name: "a retained message of QoS 2 comes to a session that is kept, or ends its connection",
		async run(bench) {
			const sender = await up(bench, "sender");
			sender.publish("a", "kept", 2, true);
			await sender.delivered();
			const hearer = await listener(bench, "hearer", 2, "a");
			await hearer.hears(1);
			same(hearer.texts, ["kept"], "heard");
			same(hearer.isUp, bench.traits.retainedQos === 2, "still connected");
		},
	},
	{
		name: "the last one counts [MQTT-3.3.1-5], an empty one removes it [MQTT-3.3.1-10] and is not kept [MQTT-3.3.1-11]",
		async run(bench) {
			const sender = await up(bench, "sender");
			for (const text of ["old", "new"]) sender.publish("a", text, 1, true);
			sender.publish("b", "gone", 1, true);
			await sender.delivered();
			const there = await listener(bench, "there", 1, "b");
			sender.publish("b", "", 1, true);
			sender.publish("a", "not retained", 1, false);
			await sender.delivered();
			await there.hears(2);
			same(
				there.heard.map(({ text, retain }) => [text, retain]),
				[
					["gone", true],
					["", false],
				],
				"there",
			);
			const late = await listener(bench, "late", 1, "a", "b");
			await late.hears(1);
			same(late.texts, ["new"], "late");
		},
	},
	{
		name: "a subscription that is made again brings retained messages again [MQTT-3.8.4-3]",
		async run(bench) {
			const sender = await up(bench, "sender");
			sender.publish("a", "kept", 1, true);
			await sender.delivered();
			const hearer = await listener(bench, "hearer", 0, "a");
			await hearer.hears(1);
			await hearer.subscribe(1, "a");
			await hearer.hears(2);
			sender.publish("a", "once", 1);
			await hearer.hears(3);
			same(
				hearer.heard.map(({ text, qos }) => `${text} at ${qos}`),
				["kept at 0", "kept at 1", "once at 1"],
				"heard",
			);
		},
	},
];

const wills: readonly BrokerCase[] = [
	...allQos.map((qos) => ({
		name: `the will of QoS ${qos} is published when the connection is lost [MQTT-3.1.2-8], retained where it says so [MQTT-3.1.2-17]`,
		async run(bench: BrokerBench) {
			const hearer = await listener(bench, "hearer", 2, "will");
			const payload = new TextEncoder().encode("lost");
			const will = { topicName: "will", payload, qos, retain: true };
			const client = await up(bench, "one", { will });
			await client.drop();
			await hearer.hears(1);
			same(
				hearer.heard.map(({ text, qos, retain }) => [text, qos, retain]),
				[["lost", qos, false]],
				"heard",
			);
			const late = await listener(bench, "late", bench.traits.retainedQos, "will");
			await late.hears(1);
			same(
				late.heard.map(({ text, retain }) => [text, retain]),
				[["lost", true]],
				"heard later",
			);
		},
	})),
	{
		name: "the will is dropped with DISCONNECT [MQTT-3.1.2-10], also when it comes after a loss",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 1, "will");
			const payload = new TextEncoder().encode("lost");
			const will = { topicName: "will", payload, qos: 1, retain: false } as const;
			const client = await up(bench, "one", { will });
			await client.disconnect();
			await client.connect();
			await client.disconnect();
			await hearer.hears(0);
			same(hearer.texts, [], "heard");
			await client.connect();
			await client.drop();
			await hearer.hears(1);
		},
	},
	{
		name: "a take-over publishes the will of the connection of before [MQTT-3.1.2-8], or not",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 1, "will");
			const payload = new TextEncoder().encode("taken over");
			const will = { topicName: "will", payload, qos: 1, retain: false } as const;
			const before = await up(bench, "one", { will });
			await up(bench, "one");
			await before.until(() => !before.isUp, "the first is out");
			const expected = bench.traits.publishesWillOnTakeOver ? ["taken over"] : [];
			await hearer.hears(expected.length);
			same(hearer.texts, expected, "heard");
		},
	},
	{
		name: "keep-alive: PINGREQ holds a quiet connection [MQTT-3.12.4-1], a silent one ends after 1.5 times of it and leaves its will [MQTT-3.1.2-24]",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 1, "will");
			const payload = new TextEncoder().encode("silent");
			const will = { topicName: "will", payload, qos: 1, retain: false } as const;
			const keepAlive = Limits.keepAliveMinimum;
			const quiet = await up(bench, "quiet", { keepAlive });
			const silent = await up(bench, "silent", { keepAlive, will });
			silent.freeze();
			await bench.pass(keepAlive * 1_000);
			same(hearer.texts, [], "heard within the keep-alive");
			await hearer.hears(1);
			await silent.until(() => !silent.isUp, "the silent one is out");
			check(quiet.isUp, `the quiet one is out: ${quiet.closed}`);
			const pings = quiet.wire.passed("up pingreq").length;
			check(pings >= 1, "no PINGREQ");
			same(quiet.wire.passed("down pingresp").length, pings, "PINGRESP");
		},
	},
];

/** Filters and the names that they match; MQTT 3.1.1 §4.7.1 has most of them. */
const matches: readonly (readonly [filter: string, names: readonly string[]])[] = [
	["sport/tennis/player1/#", ["sport/tennis/player1", "sport/tennis/player1/ranking"]],
	["sport/#", ["sport", "sport/", "sport/tennis/player1", "sport/tennis/player1/ranking"]],
	["sport/tennis/+", ["sport/tennis/player1"]],
	["sport/+", ["sport/"]],
	["+", ["sport"]],
	["+/+", ["/finance", "sport/"]],
	["/+", ["/finance"]],
	["+/tennis/#", ["sport/tennis/player1", "sport/tennis/player1/ranking"]],
	["sport/+/player1", ["sport/tennis/player1"]],
	["SPORT", []],
	["sport", ["sport"]],
	["/", []],
	[
		"#",
		["sport", "sport/", "sport/tennis/player1", "sport/tennis/player1/ranking", "/finance", "a//b"],
	],
	["a/+/b", ["a//b"]],
];

/** Whether a `+` of the filter stands for a level of no characters. */
function needsEmptyLevel(filter: string, name: string): boolean {
	const levels = name.split("/");
	return filter.split("/").some((level, index) => level === "+" && levels[index] === "");
}

/** Whether the name is what stands before the `/#` of the filter. */
function isParent(filter: string, name: string): boolean {
	return filter.endsWith("/#") && filter.split("/").length === name.split("/").length + 1;
}

const filters: readonly BrokerCase[] = [
	...matches.map(([filter, names]) => ({
		name: `filter ${filter} matches what the standard says [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-4]`,
		async run(bench: BrokerBench) {
			const hearer = await listener(bench, "hearer", 1, filter);
			const sender = await up(bench, "sender");
			for (const name of new Set(matches.flatMap(([, all]) => all))) {
				sender.publish(name, "x", 1);
				await sender.delivered();
			}
			const isExpected = (name: string): boolean =>
				(bench.traits.matchesEmptyLevels || !needsEmptyLevel(filter, name)) &&
				(bench.traits.matchesParent || !isParent(filter, name));
			const expected = names.filter(isExpected).sort();
			await hearer.hears(expected.length);
			same(hearer.heard.map(({ topicName }) => topicName).sort(), expected, "heard");
		},
	})),
	{
		name: "a wildcard at the beginning matches no name that begins with $ [MQTT-4.7.2-1]",
		async run(bench) {
			const { dollarTopic } = bench.traits;
			const [first, middle, last] = dollarTopic.split("/");
			const blind = await listener(bench, "blind", 1, "#");
			const halfBlind = await listener(bench, "half", 1, `+/${middle}/${last}`);
			const hearer = await listener(bench, "hearer", 1, `${first}/${middle}/#`);
			const sender = await up(bench, "sender");
			sender.publish(dollarTopic, "hidden", 1);
			sender.publish(`x/${middle}/${last}`, "seen", 1);
			await sender.delivered();
			await hearer.hears(1);
			same(hearer.texts, ["hidden"], "heard by name");
			for (const client of [blind, halfBlind]) {
				await client.hears(1);
				same(client.texts, ["seen"], `heard by ${client.clientId}`);
			}
		},
	},
	{
		name: "filters that overlap bring a message at the highest QoS, once or once for each [MQTT-3.3.5-1], or do not",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 1, "a/#");
			await hearer.subscribe(2, "a/+");
			await hearer.subscribe(0, "a/b");
			const sender = await up(bench, "sender");
			sender.publish("a/b", "x", 2);
			await sender.delivered();
			await hearer.hears(1);
			same(
				hearer.heard.map(({ qos }) => qos),
				bench.traits.overlap,
				"heard at",
			);
		},
	},
	{
		name: "one SUBSCRIBE with as many filters as may be is granted filter by filter [MQTT-3.8.4-5]",
		async run(bench) {
			const names = Array.from({ length: Limits.filtersPerSubscribe }, (_, index) => `t/${index}`);
			const hearer = await up(bench, "hearer");
			same(
				await hearer.subscribe(2, ...names),
				names.map(() => 2),
				"granted",
			);
			const sender = await up(bench, "sender");
			for (const name of names) sender.publish(name, "x", 0);
			await hearer.hears(names.length);
			same(hearer.heard.map(({ topicName }) => topicName).sort(), names, "heard");
		},
	},
	{
		name: "after UNSUBACK nothing more comes [MQTT-3.10.4-2], filters are compared letter by letter [MQTT-3.10.4-1]",
		async run(bench) {
			const hearer = await listener(bench, "hearer", 1, "a/+", "b", "c/#");
			await hearer.unsubscribe("a/b", "b", "never/there");
			const sender = await up(bench, "sender");
			for (const name of ["b", "a/b", "c/d"]) sender.publish(name, name, 1);
			await sender.delivered();
			await hearer.hears(2);
			same(hearer.texts, ["a/b", "c/d"], "heard");
			await hearer.unsubscribe("a/+", "c/#");
			for (const name of ["b", "a/b", "c/d"]) sender.publish(name, name, 1);
			await sender.delivered();
			await hearer.hears(2);
			same(hearer.heard.length, 2, "heard after the second");
			await hearer.drop();
			await hearer.connect();
			sender.publish("a/b", "again", 1);
			await sender.delivered();
			await hearer.hears(2);
			same(hearer.heard.length, 2, "heard in the next connection");
		},
	},
];

interface Loss {
	readonly qos: 1 | 2;
	readonly direction: "up" | "down";
	readonly type: PacketType;
	/** How often a message is heard. */
	readonly times: number;
	readonly name: string;
}

/** Where an exchange from the station to the broker can break off; §4.3. */
const lossesUp: readonly Loss[] = [
	{ qos: 1, direction: "up", type: PacketType.Publish, times: 1, name: "PUBLISH" },
	{ qos: 1, direction: "down", type: PacketType.Puback, times: 2, name: "PUBACK" },
	{ qos: 2, direction: "up", type: PacketType.Publish, times: 1, name: "PUBLISH" },
	{ qos: 2, direction: "down", type: PacketType.Pubrec, times: 1, name: "PUBREC" },
	{ qos: 2, direction: "up", type: PacketType.Pubrel, times: 1, name: "PUBREL" },
	{ qos: 2, direction: "down", type: PacketType.Pubcomp, times: 1, name: "PUBCOMP" },
];

/** The same from the broker to the station. */
const lossesDown: readonly Loss[] = [
	{ qos: 1, direction: "down", type: PacketType.Publish, times: 1, name: "PUBLISH" },
	{ qos: 1, direction: "up", type: PacketType.Puback, times: 2, name: "PUBACK" },
	{ qos: 2, direction: "down", type: PacketType.Publish, times: 1, name: "PUBLISH" },
	{ qos: 2, direction: "up", type: PacketType.Pubrec, times: 1, name: "PUBREC" },
	{ qos: 2, direction: "down", type: PacketType.Pubrel, times: 1, name: "PUBREL" },
	{ qos: 2, direction: "up", type: PacketType.Pubcomp, times: 1, name: "PUBCOMP" },
];

const redelivery: readonly BrokerCase[] = [
	...lossesUp.flatMap((loss) =>
		[false, true]
			// What a QoS 1 run is made of survives a reboot in the outbox and not in the session.
			.filter((reboots) => !reboots || loss.qos === 2)
			.map((reboots) => ({
				name: `to the broker at QoS ${loss.qos}, cut before ${loss.name}${reboots ? ", and a reboot" : ""}: heard ${loss.times === 1 ? "exactly once" : "twice"} [MQTT-4.4.0-1]`,
				run: (bench: BrokerBench) => losesUp(bench, loss, reboots),
			})),
	),
	...lossesDown.flatMap((loss) =>
		[false, true].map((reboots) => ({
			name: `to the station at QoS ${loss.qos}, cut before ${loss.name}${reboots ? ", and a reboot" : ""}: heard ${loss.times === 1 ? "exactly once" : "twice"} [MQTT-4.4.0-1]`,
			run: (bench: BrokerBench) => losesDown(bench, loss, reboots),
		})),
	),
];

/** Three runs, the second of which breaks off. */
async function losesUp(bench: BrokerBench, loss: Loss, reboots: boolean): Promise<void> {
	const { qos, direction, type, times } = loss;
	const hearer = await listener(bench, "hearer", 2, "a");
	// Some brokers keep no session without a subscription.
	const client = await listener(bench, "one", 1, "for/one");
	client.publishRun("a", 1, 1, qos);
	await client.delivered();
	await client.dropBefore(direction, type, () => {
		client.publishRun("a", 2, 3, qos);
	});
	const passed = client.wire.packets.length;
	if (reboots) client.reboot();
	await client.connect();
	check(client.wire.sessionPresent, "not present");
	await client.delivered();
	client.publishRun("a", 4, 4, qos);
	await client.delivered();
	await hearer.hears(2 + times);
	const expected = ["1..1", ...Array.from({ length: times }, () => "2..3"), "4..4"];
	same(
		hearer.texts.map((text) => text.slice(0, 4)),
		expected,
		"heard",
	);
	same(
		client.acknowledged.map(({ first, last }) => [first, last]),
		[
			[1, 1],
			[2, 3],
			[4, 4],
		],
		"acknowledged",
	);
	const again = client.wire.packets.slice(passed).filter((packet) => packet.includes("2..3"));
	// Before PUBREC the PUBLISH goes again, after it PUBREL alone [MQTT-4.3.3-1].
	const isReleased = type === PacketType.Pubrel || type === PacketType.Pubcomp;
	same(again.length, isReleased ? 0 : 1, "PUBLISH in the second connection");
	for (const packet of again) check(packet.includes(" dup "), `without DUP: ${packet}`);
}

async function losesDown(bench: BrokerBench, loss: Loss, reboots: boolean): Promise<void> {
	const { qos, direction, type, times } = loss;
	const hearer = await listener(bench, "hearer", qos, "a");
	const sender = await up(bench, "sender");
	sender.publish("a", "before", qos);
	await hearer.hears(1);
	await hearer.dropBefore(direction, type, () => {
		sender.publish("a", "in the middle", qos);
	});
	await sender.delivered();
	sender.publish("a", "after", qos);
	await sender.delivered();
	if (reboots) hearer.reboot();
	await hearer.connect();
	check(hearer.wire.sessionPresent, "not present");
	await hearer.hears(2 + times);
	const expected = ["before", ...Array.from({ length: times }, () => "in the middle"), "after"];
	same(hearer.texts, expected, "heard");
}

/** What every broker must do with our client, one case at a time, each with a broker that is new. */
export const brokerCases: readonly BrokerCase[] = [
	...sessions,
	...messages,
	...retained,
	...wills,
	...filters,
	...redelivery,
];

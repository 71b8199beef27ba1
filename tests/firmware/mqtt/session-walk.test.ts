import { describe, expect, test } from "@jest/globals";
import type { Packet as Witnessed } from "mqtt-packet";
import { Status, statusName } from "../../../firmware/base/status.ts";
import { SessionState } from "../../../firmware/mqtt/session.ts";
import { at, publishPacket, SessionBench } from "./bench.ts";

type StateName = keyof typeof SessionState;

/** How a bench gets into each state, at 0 ms, with a SUBSCRIBE of packet identifier 1 under way. */
const setUps: Readonly<Record<StateName, (bench: SessionBench) => void>> = {
	Closed: () => {},
	Opening: (bench) => bench.open(),
	Open: (bench) => {
		bench.connect();
		bench.session.subscribe(["s"], 1, at(0));
	},
	Closing: (bench) => {
		bench.connect();
		bench.outlet.room = 0;
		bench.session.close(at(0));
	},
	Failed: (bench) => {
		bench.connect();
		bench.outlet.failure = Status.ConnectionLost;
		bench.publish(0, "x", 0);
		bench.outlet.failure = Status.Ok;
	},
};

type Input = (bench: SessionBench) => number | undefined;

const ack = (cmd: "puback" | "pubrec" | "pubrel" | "pubcomp" | "unsuback"): Input => {
	return (bench) => bench.feed(1, { cmd, messageId: 9 } as Witnessed);
};

/** Everything that can be done to a session, at 1 ms unless it says otherwise. */
const inputs: Readonly<Record<string, Input>> = {
	open: (bench) => bench.session.open(bench.outlet, at(1)),
	"open, dead outlet": (bench) => {
		bench.outlet.failure = Status.SocketFailed;
		return bench.session.open(bench.outlet, at(1));
	},
	"CONNACK 0": (bench) => bench.feed(1, { cmd: "connack", returnCode: 0, sessionPresent: false }),
	"CONNACK 1": (bench) => bench.feed(1, { cmd: "connack", returnCode: 1, sessionPresent: false }),
	"CONNACK 2": (bench) => bench.feed(1, { cmd: "connack", returnCode: 2, sessionPresent: false }),
	"CONNACK 3": (bench) => bench.feed(1, { cmd: "connack", returnCode: 3, sessionPresent: false }),
	"CONNACK 4": (bench) => bench.feed(1, { cmd: "connack", returnCode: 4, sessionPresent: false }),
	"CONNACK 5": (bench) => bench.feed(1, { cmd: "connack", returnCode: 5, sessionPresent: false }),
	"PUBLISH 0": (bench) => bench.feed(1, publishPacket(0, 0)),
	"PUBLISH 1": (bench) => bench.feed(1, publishPacket(5, 1)),
	"PUBLISH 2": (bench) => bench.feed(1, publishPacket(5, 2)),
	PUBACK: ack("puback"),
	PUBREC: ack("pubrec"),
	PUBREL: ack("pubrel"),
	PUBCOMP: ack("pubcomp"),
	SUBACK: (bench) => bench.feed(1, { cmd: "suback", messageId: 1, granted: [1] }),
	UNSUBACK: ack("unsuback"),
	PINGRESP: (bench) => bench.feed(1, { cmd: "pingresp" }),
	"no byte": (bench) => bench.feedBytes(1, new Uint8Array(0)),
	"half a packet": (bench) => bench.feedBytes(1, Uint8Array.from([0xd0])),
	"bad bytes": (bench) => bench.feedBytes(1, Uint8Array.from([0xff])),
	"CONNECT from the broker": (bench) => bench.feedBytes(1, Uint8Array.from([0x10, 0])),
	"publish 0": (bench) => bench.publish(1, "p", 0),
	"publish 1": (bench) => bench.publish(1, "p", 1),
	"publish 2": (bench) => bench.publish(1, "p", 2),
	publishRun: (bench) => bench.publishRun(1, 4, 6),
	subscribe: (bench) => bench.session.subscribe(["f"], 1, at(1)),
	unsubscribe: (bench) => bench.session.unsubscribe(["f"], at(1)),
	writable: (bench) => {
		bench.outlet.room = Number.POSITIVE_INFINITY;
		return bench.session.writable(at(1));
	},
	"writable, still full": (bench) => {
		bench.outlet.room = 0;
		return bench.session.writable(at(1));
	},
	"writable, dead outlet": (bench) => {
		bench.outlet.failure = Status.SocketFailed;
		return bench.session.writable(at(1));
	},
	close: (bench) => void bench.session.close(at(1)),
	"close, dead outlet": (bench) => {
		bench.outlet.failure = Status.SocketFailed;
		bench.session.close(at(1));
		return undefined;
	},
	lost: (bench) => void bench.session.lost(Status.NetworkDown, at(1)),
	"onDeadline, too early": (bench) => void bench.session.onDeadline(at(0.5)),
	onDeadline: (bench) => {
		const { deadline } = bench.session;
		bench.session.onDeadline(deadline === Number.POSITIVE_INFINITY ? at(1) : deadline);
		return undefined;
	},
};

/**
 * What comes of each input in each state: the result, the state after it, what goes out and what
 * the host is told. A cell that is not here is the last line of its state.
 */
const expected: Readonly<Record<StateName, Readonly<Record<string, string>>>> = {
	Closed: {
		open: "Ok → Opening | connect",
		"open, dead outlet": "SocketFailed → Closed",
		"publish 0": "-NotReady → Closed",
		"publish 1": "-NotReady → Closed",
		"publish 2": "-NotReady → Closed",
		publishRun: "-NotReady → Closed",
		subscribe: "-NotReady → Closed",
		unsubscribe: "-NotReady → Closed",
		close: "→ Closed",
		"close, dead outlet": "→ Closed",
		lost: "→ Closed",
		onDeadline: "→ Closed",
		"onDeadline, too early": "→ Closed",
		else: "NotReady → Closed",
	},
	Opening: {
		open: "NotReady → Opening",
		"open, dead outlet": "NotReady → Opening",
		"CONNACK 0": "Ok → Open | | open anew",
		"CONNACK 1": "ConnackProtocolVersion → Closed | | closed ConnackProtocolVersion",
		"CONNACK 2": "ConnackIdentifierRejected → Closed | | closed ConnackIdentifierRejected",
		"CONNACK 3": "ConnackServerUnavailable → Closed | | closed ConnackServerUnavailable",
		"CONNACK 4": "ConnackBadCredentials → Closed | | closed ConnackBadCredentials",
		"CONNACK 5": "ConnackNotAuthorized → Closed | | closed ConnackNotAuthorized",
		"no byte": "Ok → Opening",
		"half a packet": "Ok → Opening",
		"bad bytes": "Malformed → Closed | | closed Malformed",
		"publish 0": "-NotReady → Opening",
		"publish 1": "-NotReady → Opening",
		"publish 2": "-NotReady → Opening",
		publishRun: "-NotReady → Opening",
		subscribe: "-NotReady → Opening",
		unsubscribe: "-NotReady → Opening",
		writable: "Ok → Opening",
		"writable, still full": "Ok → Opening",
		"writable, dead outlet": "Ok → Opening",
		close: "→ Closed | | closed ClosedByStation",
		"close, dead outlet": "→ Closed | | closed ClosedByStation",
		lost: "→ Closed | | closed NetworkDown",
		onDeadline: "→ Closed | | closed ConnackTimedOut",
		"onDeadline, too early": "→ Opening",
		else: "ProtocolError → Closed | | closed ProtocolError",
	},
	Open: {
		open: "NotReady → Open",
		"open, dead outlet": "NotReady → Open",
		"PUBLISH 0": "Ok → Open | | message in q0 false m",
		"PUBLISH 1": "Ok → Open | puback 5 | message in q1 false m",
		"PUBLISH 2": "Ok → Open | pubrec 5 | message in q2 false m",
		PUBACK: "Ok → Open",
		PUBREC: "Ok → Open | pubrel 9",
		PUBREL: "Ok → Open | pubcomp 9",
		PUBCOMP: "Ok → Open",
		SUBACK: "Ok → Open | | subscribed 1 1",
		UNSUBACK: "Ok → Open",
		PINGRESP: "Ok → Open",
		"no byte": "Ok → Open",
		"half a packet": "Ok → Open",
		"bad bytes": "Malformed → Closed | | closed Malformed",
		"publish 0": "0 → Open | publish q0 t=p",
		"publish 1": "2 → Open | publish 2 q1 t=p",
		"publish 2": "2 → Open | publish 2 q2 t=p",
		publishRun: "2 → Open | publish 2 q1 t=run",
		subscribe: "2 → Open | subscribe 2 f:1",
		unsubscribe: "2 → Open | unsubscribe 2 f",
		writable: "Ok → Open",
		"writable, still full": "Ok → Open",
		"writable, dead outlet": "Ok → Open",
		close: "→ Closed | disconnect | closed ClosedByStation",
		"close, dead outlet": "→ Closed | | closed SocketFailed",
		lost: "→ Closed | | closed NetworkDown",
		onDeadline: "→ Closed | | closed AcknowledgementTimedOut",
		"onDeadline, too early": "→ Open",
		else: "ProtocolError → Closed | | closed ProtocolError",
	},
	Closing: {
		open: "NotReady → Closing",
		"open, dead outlet": "NotReady → Closing",
		"publish 0": "-NotReady → Closing",
		"publish 1": "-NotReady → Closing",
		"publish 2": "-NotReady → Closing",
		publishRun: "-NotReady → Closing",
		subscribe: "-NotReady → Closing",
		unsubscribe: "-NotReady → Closing",
		writable: "Ok → Closed | disconnect | closed ClosedByStation",
		"writable, dead outlet": "SocketFailed → Closed | | closed SocketFailed",
		close: "→ Closing",
		"close, dead outlet": "→ Closing",
		lost: "→ Closed | | closed NetworkDown",
		onDeadline: "→ Closed | | closed ClosedByStation",
		"onDeadline, too early": "→ Closing",
		else: "Ok → Closing",
	},
	Failed: {
		open: "NotReady → Failed",
		"open, dead outlet": "NotReady → Failed",
		"publish 0": "-NotReady → Failed",
		"publish 1": "-NotReady → Failed",
		"publish 2": "-NotReady → Failed",
		publishRun: "-NotReady → Failed",
		subscribe: "-NotReady → Failed",
		unsubscribe: "-NotReady → Failed",
		close: "→ Closed | | closed ConnectionLost",
		"close, dead outlet": "→ Closed | | closed ConnectionLost",
		lost: "→ Closed | | closed NetworkDown",
		onDeadline: "→ Closed | | closed ConnectionLost",
		"onDeadline, too early": "→ Closed | | closed ConnectionLost",
		else: "ConnectionLost → Closed | | closed ConnectionLost",
	},
};

const stateNames = Object.keys(SessionState) as StateName[];

function resultName(result: number | undefined, input: string): string {
	if (result === undefined) return "";
	const isCount = /^(publish|subscribe|unsubscribe)/.test(input);
	if (!isCount) return `${statusName(result)} `;
	return result < 0 ? `-${statusName(-result)} ` : `${result} `;
}

describe("every state and every input", () => {
	const cells = stateNames.flatMap((state) =>
		Object.keys(inputs).map((input) => [state, input] as const),
	);

	test("the walk is complete, and no line of the table is idle", () => {
		expect(cells).toHaveLength(5 * 36);
		for (const state of stateNames) {
			const lines = Object.keys(expected[state]).filter((line) => line !== "else");
			expect(lines.filter((line) => !(line in inputs))).toEqual([]);
			expect(Object.keys(inputs).length).toBeGreaterThan(lines.length);
		}
	});

	test.each(cells)("%s, %s", (state, input) => {
		const bench = new SessionBench();
		setUps[state](bench);
		expect(bench.session.state).toBe(SessionState[state]);
		bench.outlet.take();
		bench.take();
		const result = resultName(inputs[input]!(bench), input);
		const next = stateNames.find((name) => SessionState[name] === bench.session.state);
		const parts = [`${result}→ ${next}`, bench.outlet.take().join(", "), bench.take().join(", ")];
		while (parts.at(-1) === "") parts.pop();
		const line = parts
			.map((part) => part || " ")
			.join(" | ")
			.replace("|   |", "| |");
		expect(line).toBe(expected[state][input] ?? expected[state].else);
	});
});

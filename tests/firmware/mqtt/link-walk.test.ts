import { describe, expect, test } from "@jest/globals";
import { Status, statusName } from "../../../firmware/base/status.ts";
import { Durations } from "../../../firmware/limits.ts";
import { LinkState } from "../../../firmware/mqtt/link.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { LinkBench, type LinkStateName } from "./linkbench.ts";

type Input = (bench: LinkBench) => void;

/** Everything that can happen to a link. What the state has no socket or question for is left out. */
const inputs: Readonly<Record<string, Input>> = {
	start: (bench) => bench.link.start(bench.ticks),
	stop: (bench) => bench.link.stop(bench.ticks),
	"drain, nothing under way": (bench) =>
		bench.link.drain((bench.now + 5_000) as Ticks, bench.ticks),
	"drain, deadline": (bench) => {
		bench.link.drain(bench.ticks, bench.ticks);
		bench.link.onDeadline(bench.ticks);
	},
	"network up": (bench) => bench.link.networkUp(bench.ticks),
	"network down": (bench) => bench.link.networkDown(bench.ticks),
	"network changed": (bench) => bench.link.networkChanged(bench.ticks),
	"onDeadline, too early": (bench) => bench.link.onDeadline(bench.ticks),
	onDeadline: (bench) => {
		if (bench.link.deadline !== Number.POSITIVE_INFINITY) bench.next();
		else bench.link.onDeadline(bench.ticks);
	},
	"onDeadline, clock not set": (bench) => {
		bench.isClockSet = false;
		inputs.onDeadline!(bench);
	},
	address: (bench) => bench.questions.at(-1)?.("10.0.0.1"),
	"no address": (bench) => bench.questions.at(-1)?.(undefined),
	"address, no socket": (bench) => {
		bench.throwing = "socket";
		bench.questions.at(-1)?.("10.0.0.1");
	},
	connected: (bench) => bench.socket?.options.onConnected?.(),
	writable: (bench) => bench.socket?.options.onWritable(100),
	"writable, dead socket": (bench) => {
		if (bench.socket === undefined) return;
		bench.socket.throwing = "write";
		bench.socket.options.onWritable(100);
	},
	"CONNACK 0": (bench) => bench.sockets.length > 0 && bench.connack(0),
	"CONNACK 5": (bench) => bench.sockets.length > 0 && bench.connack(5),
	message: (bench) => bench.socket?.receive({ cmd: "pingresp" }),
	"nothing to read": (bench) => bench.socket?.options.onReadable(1),
	"read throws": (bench) => {
		if (bench.socket === undefined) return;
		bench.socket.throwing = "read";
		bench.socket.options.onReadable(1);
	},
	"end of the connection": (bench) => bench.socket?.options.onError(undefined),
	"error with a reason": (bench) => bench.socket?.options.onError(Status.UnknownAuthority),
	"error ConnectionLost": (bench) => bench.socket?.options.onError(Status.ConnectionLost),
	"close throws, network down": (bench) => {
		if (bench.socket !== undefined) bench.socket.throwing = "close";
		bench.link.networkDown(bench.ticks);
	},
	"message of an earlier attempt": (bench) => {
		for (const socket of bench.sockets.slice(0, -1)) socket.options.onError(Status.WrongHost);
	},
	"session fails in a publish": (bench) => {
		if (bench.socket !== undefined) bench.socket.throwing = "write";
		bench.session.publish("t", new Uint8Array(1), 1, 0, false, bench.ticks);
		if (bench.link.deadline <= bench.now) bench.link.onDeadline(bench.ticks);
	},
};

/** Next state, and the reason that is counted; what is not listed stays as it is. */
const expected: Readonly<Record<LinkStateName, Readonly<Record<string, string>>>> = {
	Stopped: { start: "Waiting" },
	Waiting: {
		stop: "Stopped",
		"drain, deadline": "Stopped",
		onDeadline: "Resolving",
		"onDeadline, clock not set": "AwaitingClock ClockNotSet",
	},
	AwaitingClock: {
		stop: "Stopped",
		"drain, deadline": "Stopped",
	},
	Resolving: {
		stop: "Stopped",
		"drain, deadline": "Stopped",
		"network down": "Waiting NetworkDown",
		"network changed": "Waiting NetworkChanged",
		onDeadline: "Waiting NameNotResolved",
		"onDeadline, clock not set": "Waiting NameNotResolved",
		address: "Connecting",
		"no address": "Waiting NameNotResolved",
		"address, no socket": "Waiting SocketFailed",
		"close throws, network down": "Waiting NetworkDown",
	},
	Connecting: {
		stop: "Stopped",
		"drain, deadline": "Stopped",
		"network down": "Waiting NetworkDown",
		"network changed": "Waiting NetworkChanged",
		onDeadline: "Waiting ConnectTimedOut",
		"onDeadline, clock not set": "Waiting ConnectTimedOut",
		connected: "Handshaking",
		writable: "Opening",
		"writable, dead socket": "Waiting SocketFailed",
		"end of the connection": "Waiting Unreachable",
		"error with a reason": "Waiting UnknownAuthority",
		"error ConnectionLost": "Waiting Unreachable",
		"close throws, network down": "Waiting NetworkDown",
	},
	Handshaking: {
		stop: "Stopped",
		"drain, deadline": "Stopped",
		"network down": "Waiting NetworkDown",
		"network changed": "Waiting NetworkChanged",
		onDeadline: "Waiting HandshakeTimedOut",
		"onDeadline, clock not set": "Waiting HandshakeTimedOut",
		writable: "Opening",
		"writable, dead socket": "Waiting SocketFailed",
		"end of the connection": "Waiting TlsFailed",
		"error with a reason": "Waiting UnknownAuthority",
		"error ConnectionLost": "Waiting TlsFailed",
		"close throws, network down": "Waiting NetworkDown",
	},
	Opening: {
		stop: "Stopped",
		"drain, deadline": "Stopped",
		"network down": "Waiting NetworkDown",
		"network changed": "Waiting NetworkChanged",
		onDeadline: "Waiting ConnackTimedOut",
		"onDeadline, clock not set": "Waiting ConnackTimedOut",
		"CONNACK 0": "Up",
		"CONNACK 5": "Waiting ConnackNotAuthorized",
		message: "Waiting ProtocolError",
		"read throws": "Waiting SocketFailed",
		"end of the connection": "Waiting ClosedBeforeConnack",
		"error with a reason": "Waiting UnknownAuthority",
		"error ConnectionLost": "Waiting ClosedBeforeConnack",
		"close throws, network down": "Waiting NetworkDown",
	},
	Up: {
		stop: "Closing",
		"drain, nothing under way": "Closing",
		"drain, deadline": "Closing",
		"network down": "Waiting NetworkDown",
		"network changed": "Waiting NetworkChanged",
		"CONNACK 0": "Waiting ProtocolError",
		"CONNACK 5": "Waiting ProtocolError",
		"read throws": "Waiting SocketFailed",
		"end of the connection": "Waiting Kicked",
		"error with a reason": "Waiting UnknownAuthority",
		"error ConnectionLost": "Waiting Kicked",
		"close throws, network down": "Waiting NetworkDown",
		"session fails in a publish": "Waiting SocketFailed",
	},
	Closing: {
		start: "Waiting",
		onDeadline: "Stopped",
		"onDeadline, clock not set": "Stopped",
		"end of the connection": "Stopped",
		"error with a reason": "Stopped",
		"error ConnectionLost": "Stopped",
	},
};

const states = Object.keys(LinkState) as LinkStateName[];

/** A bench that has failed once before, so that there is an earlier attempt to hear from. */
function benchIn(state: LinkStateName): LinkBench {
	const bench = new LinkBench();
	bench.reach("Connecting");
	bench.socket.options.onError(Status.ConnectionRefused);
	bench.link.stop(bench.ticks);
	return bench.reach(state);
}

describe("every state and every input", () => {
	const cells = states.flatMap((state) =>
		Object.keys(inputs).map((input) => [state, input] as const),
	);

	test("the walk is complete, and no line of the table is idle", () => {
		expect(cells).toHaveLength(9 * 27);
		for (const state of states) {
			expect(Object.keys(expected[state]).filter((line) => !(line in inputs))).toEqual([]);
		}
	});

	test.each(cells)("%s, %s", (state, input) => {
		const bench = benchIn(state);
		const before = counts(bench);
		inputs[input]!(bench);
		const reasons = counts(bench).filter(([name, count], place) => {
			expect(name).toBe(before[place]![0]);
			return count !== before[place]![1];
		});
		const outcome = [bench.state, ...reasons.map(([name]) => name)].join(" ");
		expect(outcome).toBe(expected[state][input] ?? state);
		const hasSocket = ["Connecting", "Handshaking", "Opening", "Up", "Closing"].includes(
			bench.state,
		);
		const open = bench.sockets.filter(({ isClosed }) => !isClosed).length;
		expect(open).toBe(hasSocket ? 1 : 0);
	});
});

function counts(bench: LinkBench): [string, number][] {
	return Object.entries(Status).map(([name, status]) => [name, bench.link.reasonCount(status)]);
}

describe("every state but Stopped has a deadline", () => {
	test.each<[LinkStateName, number]>([
		["Stopped", Number.POSITIVE_INFINITY],
		["Waiting", Durations.backoffFloor],
		["AwaitingClock", Durations.clockCheck],
		["Resolving", Durations.resolve],
		["Connecting", Durations.connect],
		["Handshaking", Durations.handshake],
		["Opening", Durations.connack],
		["Up", 60_000],
		["Closing", Durations.linger],
	])("%s: %d ms", (state, duration) => {
		const bench = new LinkBench();
		bench.share = 0;
		bench.reach(state);
		expect(bench.link.deadline - bench.now).toBe(duration);
	});
});

test("every failure has a line in the log with its name and the wait", () => {
	const bench = benchIn("Connecting");
	bench.socket.options.onError(Status.WrongHost);
	const wait = bench.link.deadline - bench.now;
	expect(bench.lines.at(-1)).toBe(
		`link: ${statusName(Status.WrongHost)}, next attempt in ${wait} ms`,
	);
});

import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Durations, Limits } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { LinkBench } from "./linkbench.ts";

const { backoffBase, backoffCap, backoffFloor, refusalFloor, stable, kick } = Durations;

/** Fails the present attempt, from a link that is Connecting, and gives the wait after it. */
function failWith(bench: LinkBench, status: Status): number {
	bench.reach("Connecting");
	bench.socket.options.onError(status);
	return bench.link.deadline - bench.now;
}

/** Ends a connection that has lasted so long, and gives the wait after it. */
function loseAfter(bench: LinkBench, duration: number): number {
	bench.reach("Up");
	bench.now += duration;
	bench.socket.options.onError(undefined);
	return bench.link.deadline - bench.now;
}

describe("delays", () => {
	test.each([
		[0, backoffFloor],
		[1, backoffBase - 1],
	])("the first attempt waits too, between floor and base (share %d)", (share, wait) => {
		const bench = new LinkBench();
		bench.share = share;
		bench.reach("Waiting");
		expect(bench.link.deadline).toBe(wait);
	});

	test("the wait counts from the end of the attempt, however long that took", () => {
		const bench = new LinkBench();
		bench.reach("Connecting");
		bench.now += 19_999;
		bench.socket.options.onError(Status.ConnectionRefused);
		expect(bench.link.deadline).toBeGreaterThanOrEqual(bench.now + backoffFloor);
	});

	test("never is there less than the floor between two attempts, whatever happens", () => {
		const bench = new LinkBench();
		bench.share = 0;
		for (const status of [Status.NetworkDown, Status.ConnectionRefused, Status.Kicked]) {
			expect(failWith(bench, status)).toBeGreaterThanOrEqual(backoffFloor);
			bench.link.networkUp(bench.ticks);
			expect(bench.link.deadline - bench.now).toBeGreaterThanOrEqual(backoffFloor);
			bench.link.networkChanged(bench.ticks);
			expect(bench.link.deadline - bench.now).toBeGreaterThanOrEqual(backoffFloor);
		}
	});

	test("they grow to the cap and no further", () => {
		for (const status of [
			Status.NetworkDown,
			Status.ConnectionRefused,
			Status.ConnackNotAuthorized,
		]) {
			const bench = new LinkBench();
			bench.share = 1;
			const waits = Array.from({ length: 14 }, () => failWith(bench, status));
			expect(waits).toEqual([...waits].sort((a, b) => a - b));
			expect(waits.at(-1)).toBeGreaterThanOrEqual(backoffCap - 1);
			expect(Math.max(...waits)).toBeLessThanOrEqual(backoffCap);
		}
	});

	test("with a broker that is not there they grow by three, so that a fleet comes back slowly", () => {
		const bench = new LinkBench();
		bench.share = 1;
		bench.reach("Connecting");
		const waits = [1, 2, 3].map(() => failWith(bench, Status.ConnectionRefused));
		expect(waits.map((wait) => Math.ceil(wait / 1_000))).toEqual([3, 9, 27]);
	});

	test("they begin anew after a connection of 60 s, not after one of less", () => {
		const bench = new LinkBench();
		bench.share = 1;
		for (let count = 0; count < 4; count++) failWith(bench, Status.NetworkDown);
		expect(loseAfter(bench, stable - 1)).toBeGreaterThan(10_000);
		expect(loseAfter(bench, stable)).toBeLessThan(backoffBase);
	});

	test.each([
		Status.ConnackProtocolVersion,
		Status.ConnackIdentifierRejected,
		Status.ConnackBadCredentials,
		Status.ConnackNotAuthorized,
		Status.ClientCertificateRefused,
		Status.CertificateExpired,
		Status.WrongHost,
		Status.UnknownAuthority,
	])("a refusal waits long from the start (status %d)", (status) => {
		const bench = new LinkBench();
		bench.share = 0;
		expect(failWith(bench, status)).toBeGreaterThanOrEqual(refusalFloor);
		bench.link.stop(bench.ticks);
		bench.share = 1;
		expect(failWith(bench, status)).toBeGreaterThan(30_000);
	});
});

describe("a broker that kicks", () => {
	test("right after CONNACK, again and again, is a fight about the client id: the wait is long", () => {
		const bench = new LinkBench();
		bench.share = 0;
		const waits = Array.from({ length: Limits.kicks }, () => loseAfter(bench, kick - 1));
		expect(waits.slice(0, -1).every((wait) => wait === backoffFloor)).toBe(true);
		expect(waits.at(-1)).toBeGreaterThanOrEqual(refusalFloor);
		expect(bench.link.reasonCount(Status.Kicked)).toBe(Limits.kicks);
		loseAfter(bench, stable);
		expect(loseAfter(bench, 0)).toBe(backoffFloor);
		expect(bench.link.reasonCount(Status.ConnectionLost)).toBe(1);
	});

	test("before CONNACK, as AWS does with a policy, counts the same", () => {
		const bench = new LinkBench();
		bench.share = 0;
		let wait = 0;
		for (let count = 0; count < Limits.kicks; count++) {
			bench.reach("Opening");
			bench.socket.options.onError(undefined);
			wait = bench.link.deadline - bench.now;
		}
		expect(wait).toBeGreaterThanOrEqual(refusalFloor);
	});
});

describe("the network", () => {
	/** A link that waits long after many failures. */
	function waiting(status: Status = Status.ConnectTimedOut): LinkBench {
		const bench = new LinkBench();
		bench.share = 1;
		for (let count = 0; count < 8; count++) failWith(bench, status);
		expect(bench.link.deadline - bench.now).toBeGreaterThan(60_000);
		return bench;
	}

	test("that comes up brings one early attempt, jittered, until the next good connection", () => {
		const bench = waiting();
		bench.share = 0.5;
		bench.link.networkUp(bench.ticks);
		const wait = bench.link.deadline - bench.now;
		expect(wait).toBeGreaterThan(backoffFloor);
		expect(wait).toBeLessThan(backoffBase);
		bench.share = 1;
		expect(failWith(bench, Status.ConnectTimedOut)).toBeGreaterThan(60_000);
		const before = bench.link.deadline;
		bench.link.networkUp(bench.ticks);
		expect(bench.link.deadline).toBe(before);
		loseAfter(bench, stable);
		for (let count = 0; count < 8; count++) failWith(bench, Status.ConnectTimedOut);
		bench.link.networkUp(bench.ticks);
		expect(bench.link.deadline - bench.now).toBeLessThan(backoffBase);
	});

	test("that comes up changes nothing for a station that was refused or kicked", () => {
		for (const bench of [waiting(Status.ConnackNotAuthorized), new LinkBench()]) {
			if (bench.sockets.length === 0) {
				for (let count = 0; count < Limits.kicks; count++) loseAfter(bench, 0);
			}
			const before = bench.link.deadline;
			bench.link.networkUp(bench.ticks);
			expect(bench.link.deadline).toBe(before);
		}
	});

	test("that has changed makes the connection a dead one, and the next comes soon", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		const { socket } = bench;
		bench.link.networkChanged(bench.ticks);
		expect([socket.isClosed, bench.state]).toEqual([true, "Waiting"]);
		expect(bench.link.deadline - bench.now).toBeLessThan(backoffBase);
		expect(bench.events).toEqual([
			"up",
			`closed ${Status.NetworkChanged}`,
			`down ${Status.NetworkChanged}`,
		]);
	});

	test("is tried again also when nobody says that it is up", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		bench.link.networkDown(bench.ticks);
		bench.reach("Up");
		expect(bench.link.connects).toBe(2);
	});
});

describe("a connection that is dead without a word", () => {
	test("from the broker to us: no PINGRESP", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		bench.next();
		expect(bench.socket.take()).toEqual(["connect", "pingreq"]);
		bench.next();
		expect(bench.link.reasonCount(Status.KeepAliveTimedOut)).toBe(1);
		expect(bench.state).toBe("Waiting");
	});

	test("from us to the broker: nothing is taken any more", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		bench.socket.room = 0;
		bench.session.publish("t", new Uint8Array(9), 9, 1, false, bench.ticks);
		const since = bench.now;
		bench.next();
		expect(bench.link.reasonCount(Status.WriteStalled)).toBe(1);
		expect(bench.now - since).toBe(Durations.write);
	});

	test("in both: the message under way goes again in the next connection", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		const packetId = bench.session.publish("t", Uint8Array.from([0x62]), 1, 1, false, bench.ticks);
		bench.next();
		expect(bench.link.reasonCount(Status.AcknowledgementTimedOut)).toBe(1);
		bench.reach("Opening");
		bench.connack(0, true);
		expect(bench.socket.take()).toEqual(["connect", `publish ${packetId} q1 dup t=b`]);
	});
});

describe("the clock", () => {
	test("that is not set holds the attempt, with one line and one count", () => {
		const bench = new LinkBench();
		bench.reach("AwaitingClock");
		for (let count = 0; count < 5; count++) bench.next();
		expect(bench.state).toBe("AwaitingClock");
		expect(bench.link.reasonCount(Status.ClockNotSet)).toBe(1);
		expect(bench.lines.filter((line) => line.includes("ClockNotSet"))).toHaveLength(1);
		bench.isClockSet = true;
		bench.next();
		expect(bench.state).toBe("Resolving");
	});
});

describe("drain", () => {
	const publish = (bench: LinkBench): number =>
		bench.session.publish("t", Uint8Array.from([0x62]), 1, 1, false, bench.ticks);

	test("acknowledgements, then DISCONNECT, then it is over", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		const first = publish(bench);
		const second = publish(bench);
		bench.link.drain((bench.now + 5_000) as Ticks, bench.ticks);
		bench.socket.receive({ cmd: "puback", messageId: first });
		expect(bench.state).toBe("Up");
		bench.socket.receive({ cmd: "puback", messageId: second });
		expect(bench.state).toBe("Closing");
		expect(bench.socket.take().at(-1)).toBe("disconnect");
		bench.socket.options.onError(undefined);
		expect(bench.state).toBe("Stopped");
		expect(bench.session.inflightCount).toBe(0);
		expect(bench.link.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	test("at the deadline DISCONNECT goes in any case, and what remains is known", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		publish(bench);
		bench.link.drain((bench.now + 5_000) as Ticks, bench.ticks);
		bench.next();
		expect(bench.socket.take().at(-1)).toBe("disconnect");
		bench.next();
		expect(bench.state).toBe("Stopped");
		expect(bench.session.inflightCount).toBe(1);
	});

	test("connects first if need be, and gives up at the deadline if it cannot", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		const packetId = publish(bench);
		bench.socket.options.onError(undefined);
		bench.link.drain((bench.now + 50_000) as Ticks, bench.ticks);
		bench.reach("Opening");
		bench.connack(0, true);
		bench.socket.receive({ cmd: "puback", messageId: packetId });
		expect(bench.state).toBe("Closing");

		const offline = new LinkBench();
		offline.link.start(offline.ticks);
		offline.link.drain(9_000 as Ticks, offline.ticks);
		while (offline.state !== "Stopped") offline.next();
		expect(offline.now).toBe(9_000);
	});

	test("is forgotten by the next start", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		bench.link.drain(5_000 as Ticks, bench.ticks);
		bench.link.start(bench.ticks);
		bench.reach("Up");
		bench.now = 6_000;
		bench.link.onDeadline(bench.ticks);
		expect(bench.state).toBe("Up");
	});

	test("what was published in onOpen is waited for", () => {
		const bench = new LinkBench();
		bench.reach("Opening");
		bench.onOpenDo = () => void publish(bench);
		bench.link.drain((bench.now + 5_000) as Ticks, bench.ticks);
		bench.connack();
		expect(bench.state).toBe("Up");
		bench.socket.receive({ cmd: "puback", messageId: 1 });
		expect(bench.state).toBe("Closing");
	});
});

describe("closing", () => {
	test("DISCONNECT waits for a full socket, and what still arrives is read and dropped", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		bench.socket.take();
		bench.socket.room = 1;
		bench.link.stop(bench.ticks);
		expect(bench.socket.take()).toEqual([]);
		bench.socket.receive({ cmd: "pingresp" }, { cmd: "pingresp" });
		expect(bench.socket.unread).toBe(0);
		bench.socket.room = 9;
		bench.socket.options.onWritable(9);
		expect(bench.state).toBe("Closing");
		expect(bench.events.at(-1)).toBe(`closed ${Status.ClosedByStation}`);
		bench.socket.options.onError(undefined);
		expect(bench.events.at(-1)).toBe(`down ${Status.ClosedByStation}`);
		expect(bench.socket.isClosed).toBe(true);
	});

	test("a host may stop the link in the middle of what it is told", () => {
		const bench = new LinkBench();
		bench.reach("Opening");
		bench.onOpenDo = (now) => bench.link.stop(now);
		bench.connack();
		expect(bench.state).toBe("Closing");
		expect(bench.socket.take()).toEqual(["connect", "disconnect"]);

		const other = new LinkBench();
		other.reach("Up");
		other.onClosedDo = (now) => other.link.stop(now);
		other.socket.receive({ cmd: "connack", returnCode: 0, sessionPresent: false });
		expect(other.state).toBe("Stopped");
		expect(other.link.reasonCount(Status.ProtocolError)).toBe(1);
	});
});

describe("back-pressure", () => {
	test("what could not be answered stays in the socket until it can", () => {
		const bench = new LinkBench();
		bench.reach("Up");
		bench.socket.take();
		bench.socket.room = 0;
		while (bench.session.publish("t", new Uint8Array(50), 50, 0, false, bench.ticks) === 0);
		const messages = (4 * Limits.readBytes) / 4;
		for (let count = 0; count < messages; count++)
			bench.socket.put({ cmd: "pubrel", messageId: 7 });
		bench.socket.options.onReadable(1);
		expect(bench.state).toBe("Up");
		expect(bench.socket.unread).toBeGreaterThan(0);
		while (bench.socket.unread > 0) {
			bench.socket.room = 500;
			bench.socket.options.onWritable(500);
		}
		bench.socket.room = Number.POSITIVE_INFINITY;
		bench.socket.options.onWritable(1);
		expect(bench.socket.take().filter((line) => line === "pubcomp 7")).toHaveLength(messages);
	});
});

test("after every call of the network the station hears that deadlines may have moved", () => {
	let events = 0;
	const bench = new LinkBench({ onEvent: () => (events += 1) });
	bench.reach("Connecting");
	expect(events).toBe(1);
	bench.reach("Up");
	expect(events).toBe(4);
	bench.socket.options.onError(undefined);
	expect(events).toBe(5);
	bench.socket.options.onReadable(1);
	expect(events).toBe(5);
});

test("an address that comes late is not for the attempt that follows", () => {
	const bench = new LinkBench();
	bench.reach("Resolving");
	const late = bench.questions.pop()!;
	bench.next();
	bench.reach("Resolving");
	late("10.9.9.9");
	expect(bench.state).toBe("Resolving");
	expect(bench.sockets).toHaveLength(0);
	bench.throwing = "resolve";
	bench.next();
	bench.next();
	expect(bench.link.reasonCount(Status.NameNotResolved)).toBe(3);
});

test("a socket is asked for as the port says", () => {
	const bench = new LinkBench();
	bench.reach("Connecting");
	expect(bench.socket.options).toMatchObject({
		address: "10.0.0.1",
		host: "broker.example",
		port: 8883,
	});
});

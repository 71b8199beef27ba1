import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Status } from "../../../firmware/base/status.ts";
import {
	decodeSntpReply,
	encodeSntpRequest,
	type SntpReply,
	type SntpRequest,
	sntpBytes,
} from "../../../firmware/clock/sntp.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";
import { reply as goldenReply, request as goldenRequest } from "./sntpgolden.ts";

const noon = Date.UTC(2026, 2, 1, 12);
const receiveAt = 32;
const transmitAt = 40;

let request: SntpRequest;
let reply: Uint8Array;
let into: SntpReply;

beforeEach(() => {
	request = {
		nonceHigh: 0x01234567,
		nonceLow: 0x89abcdef,
		sentAt: 10_000 as Ticks,
		floor: Date.UTC(2026, 0, 1) as Epoch,
	};
	reply = Uint8Array.from(goldenReply);
	into = { epoch: 0 as Epoch, errorMs: 0 };
});

/** The reply comes 650 ms after the request: the server held it for 250, the way took 400. */
function decode(now = 10_650, bytes = reply): Status {
	return decodeSntpReply(bytes, 0, bytes.length, request, into, now as Ticks);
}

function setSeconds(at: number, seconds: number): void {
	new DataView(reply.buffer).setUint32(at, seconds);
}

describe("request", () => {
	test("RFC 4330 §5: version 4, client, and nothing of ours but the nonce", () => {
		const bytes = new Uint8Array(sntpBytes + 4).fill(0xaa);
		expect(encodeSntpRequest(request, bytes, 2)).toBe(sntpBytes);
		expect([...bytes.subarray(2, 2 + sntpBytes)]).toEqual(goldenRequest);
		expect([...bytes.subarray(0, 2), ...bytes.subarray(2 + sntpBytes)]).toEqual(
			Array(4).fill(0xaa),
		);
	});

	test("does not fit a buffer that is too short", () => {
		expect(encodeSntpRequest(request, new Uint8Array(sntpBytes), 1)).toBe(-Status.NoRoom);
	});
});

describe("reply", () => {
	test("RFC 4330 §5: the time is that of the server and half the way", () => {
		expect(decode()).toBe(Status.Ok);
		expect(into.epoch).toBe(noon + 500 + 200);
		expect(into.errorMs).toBeCloseTo(200 + 31.25 / 2 + 15.625, 9);
	});

	test("is read where it stands in a buffer", () => {
		const bytes = Uint8Array.from([9, 9, 9, ...reply, 9]);
		expect(decodeSntpReply(bytes, 3, bytes.length, request, into, 10_650 as Ticks)).toBe(Status.Ok);
		expect(into.epoch).toBe(noon + 700);
	});

	test("of version 3 is one too", () => {
		reply[0] = 0x1c;
		expect(decode()).toBe(Status.Ok);
	});

	test("a way that seems to take less than nothing by rounding takes nothing", () => {
		expect(decode(10_250)).toBe(Status.Ok);
		expect(into.epoch).toBe(noon + 500);
		expect(decode(10_249)).toBe(Status.Ok);
		expect(into.errorMs).toBeCloseTo(31.25 / 2 + 15.625, 9);
	});
});

describe("era", () => {
	/** Seconds of the NTP scale, without the era. */
	const ntpSeconds = (epoch: number): number => (epoch / 1000 + 2_208_988_800) % 2 ** 32;

	test.each([
		["the last second of era 0", Date.UTC(2036, 1, 7, 6, 28, 15), 0xffffffff],
		["the first second of era 1", Date.UTC(2036, 1, 7, 6, 28, 16), 0],
		["a day of era 1", Date.UTC(2050, 5, 1), ntpSeconds(Date.UTC(2050, 5, 1))],
	])("RFC 5905 §6, gmag11/NtpClient#70: %s", (_, epoch, seconds) => {
		request.floor = Date.UTC(2035, 0, 1) as Epoch;
		setSeconds(receiveAt, seconds);
		setSeconds(transmitAt, seconds);
		expect(decode(10_250)).toBe(Status.Ok);
		expect(into.epoch).toBe(epoch + 500);
	});

	test("a server that holds the request over the rollover", () => {
		request.floor = Date.UTC(2036, 0, 1) as Epoch;
		reply.set([0xff, 0xff, 0xff, 0xff, 0xc0, 0, 0, 0], receiveAt);
		reply.set([0, 0, 0, 0, 0x40, 0, 0, 0], transmitAt);
		expect(decode(10_500)).toBe(Status.Ok);
		expect(into.epoch).toBe(Date.UTC(2036, 1, 7, 6, 28, 16) + 250);
	});

	test("a firmware built in era 1 still reads its own time", () => {
		const epoch = Date.UTC(2100, 0, 1);
		request.floor = Date.UTC(2099, 0, 1) as Epoch;
		setSeconds(receiveAt, ntpSeconds(epoch));
		setSeconds(transmitAt, ntpSeconds(epoch));
		expect(decode(10_250)).toBe(Status.Ok);
		expect(into.epoch).toBe(epoch + 500);
	});
});

describe("refuses", () => {
	test("what is too short, at every length", () => {
		for (let length = 0; length < sntpBytes; length++) {
			expect(decode(10_650, reply.subarray(0, length))).toBe(Status.Malformed);
		}
	});

	test("every mode but server, every version but 3 and 4", () => {
		for (let header = 0; header < 0x40; header++) {
			const isServer = (header & 7) === 4;
			const version = header >> 3;
			reply[0] = header;
			expect(decode() === Status.Malformed).toBe(!isServer || version < 3 || version > 4);
		}
	});

	test("a reply that does not show our nonce, whichever bit of it is wrong", () => {
		for (let bit = 0; bit < 64; bit++) {
			reply = Uint8Array.from(goldenReply);
			reply[24 + (bit >> 3)]! ^= 1 << (bit & 7);
			expect(decode()).toBe(Status.NotFound);
		}
	});

	test("a server that is not synchronised", () => {
		reply[0] = 0xe4;
		expect(decode()).toBe(Status.NotReady);
	});

	test("kiss-o'-death and strata beyond 15", () => {
		for (let stratum = 0; stratum < 256; stratum++) {
			reply[1] = stratum;
			expect(decode() === Status.NotReady).toBe(stratum === 0 || stratum > 15);
		}
	});

	test.each([
		["a root delay of a second", 4],
		["a root dispersion of a second", 8],
	])("%s", (_, at) => {
		reply.set([0, 1, 0, 0], at);
		expect(decode()).toBe(Status.BadValue);
	});

	test("no transmit timestamp", () => {
		reply.fill(0, transmitAt, transmitAt + 8);
		expect(decode()).toBe(Status.BadValue);
	});

	test("a reply that was sent before the request came", () => {
		reply[transmitAt + 4] = 0x10;
		expect(decode()).toBe(Status.BadValue);
	});

	test("a request that was held for longer than we waited", () => {
		expect(decode(10_248)).toBe(Status.BadValue);
	});

	test("a time more than a day before the floor", () => {
		request.floor = (noon + 86_400_000 + 500) as Epoch;
		expect(decode()).toBe(Status.Ok);
		request.floor = (noon + 86_400_000 + 501) as Epoch;
		expect(decode()).toBe(Status.BadValue);
	});

	test("any bytes without a throw, and fills nothing unless it is Ok", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 47 }), (bytes, from) => {
				into = { epoch: -1 as Epoch, errorMs: -1 };
				const noisy = Uint8Array.from(reply);
				noisy.set(bytes.subarray(0, noisy.length - from), from);
				if (decode(10_650, noisy) !== Status.Ok) expect(into).toEqual({ epoch: -1, errorMs: -1 });
				else expect(Number.isSafeInteger(into.epoch)).toBe(true);
			}),
		);
	});
});

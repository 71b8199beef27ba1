import { Status } from "../base/status.ts";
import type { Epoch, Ticks } from "../ports/clock.ts";

/** Bytes of a request and of the part of a reply that is read. */
export const sntpBytes = 48;

/** Seconds from 1900-01-01, where the NTP time scale begins, to 1970-01-01 (RFC 5905 §6, figure 4). */
const secondsToUnix = 2_208_988_800;

/** Milliseconds of one NTP era, after which the 32-bit seconds begin anew; the first one ends in 2036. */
const eraMs = 4_294_967_296_000;

/** How far a reply may lie before the floor: the clock of a build machine can be wrong by hours. */
const floorSlackMs = 86_400_000;

/** Largest root delay or root dispersion of a server worth listening to (RFC 4330 §5: 1 s). */
const rootLimitMs = 1_000;

/** Leap indicator 0, version 4, mode 3 (client). */
const requestHeader = 0x23;
const modeMask = 0x07;
const modeServer = 4;
const versionShift = 3;
const leapShift = 6;
const leapAlarm = 3;
const stratumUnsynchronised = 16;

/** Offsets of RFC 4330 §4, figure 1. */
const Field = Object.freeze({
	header: 0,
	stratum: 1,
	rootDelay: 4,
	rootDispersion: 8,
	originate: 24,
	receive: 32,
	transmit: 40,
} as const);

/** What a reply is held against. */
export interface SntpRequest {
	/** 64 random bits that stand in for the transmit timestamp: they tell nobody our time. */
	nonceHigh: number;
	nonceLow: number;
	sentAt: Ticks;
	/** A moment that has certainly passed; also tells which era the reply is from. */
	floor: Epoch;
}

/** What a reply says. */
export interface SntpReply {
	/** UTC of the moment at which the reply came. */
	epoch: Epoch;
	/** How far that can be off, in ms: half the round trip, and what the server is off. */
	errorMs: number;
}

/**
 * Writes a client request.
 *
 * @param into  at least `sntpBytes` from `start` on
 * @returns sntpBytes, or -Status.NoRoom
 *
 * Source: RFC 4330 §5.
 */
export function encodeSntpRequest(request: SntpRequest, into: Uint8Array, start: number): number {
	if (into.length - start < sntpBytes) return -Status.NoRoom;
	into.fill(0, start, start + sntpBytes);
	into[start] = requestHeader;
	writeUint32(request.nonceHigh, into, start + Field.transmit);
	writeUint32(request.nonceLow, into, start + Field.transmit + 4);
	return sntpBytes;
}

/**
 * Reads a reply of a server. Nothing in it is trusted before it has shown our nonce.
 *
 * @param bytes    the datagram, from `start` to `end`
 * @param request  as it was sent
 * @param into     filled when the result is Ok
 * @param now      when the datagram came
 * @returns Ok; Malformed for what is no reply of a server; NotFound when it is no reply to this
 *   request; NotReady when the server is not synchronised or asks us to go away (kiss-o'-death);
 *   BadValue for a time that can't be
 *
 * Source: RFC 4330 §5 for the checks, RFC 5905 §6 for the eras.
 */
export function decodeSntpReply(
	bytes: Uint8Array,
	start: number,
	end: number,
	request: SntpRequest,
	into: SntpReply,
	now: Ticks,
): Status {
	if (end - start < sntpBytes) return Status.Malformed;
	const header = bytes[start + Field.header]!;
	const version = (header >> versionShift) & 7;
	if ((header & modeMask) !== modeServer || version < 3 || version > 4) return Status.Malformed;
	if (
		readUint32(bytes, start + Field.originate) !== request.nonceHigh >>> 0 ||
		readUint32(bytes, start + Field.originate + 4) !== request.nonceLow >>> 0
	) {
		return Status.NotFound;
	}
	const stratum = bytes[start + Field.stratum]!;
	if (header >> leapShift === leapAlarm || stratum === 0 || stratum >= stratumUnsynchronised) {
		return Status.NotReady;
	}
	return readTimes(bytes, start, request, into, now);
}

function readTimes(
	bytes: Uint8Array,
	start: number,
	request: SntpRequest,
	into: SntpReply,
	now: Ticks,
): Status {
	const rootDelayMs = readShort(bytes, start + Field.rootDelay);
	const rootDispersionMs = readShort(bytes, start + Field.rootDispersion);
	if (rootDelayMs >= rootLimitMs || rootDispersionMs >= rootLimitMs) return Status.BadValue;
	// RFC 4330 §3: zero means that there is no such time.
	if (isZero(bytes, start + Field.transmit)) return Status.BadValue;
	const receive = readTimestamp(bytes, start + Field.receive, request.floor);
	const transmit = readTimestamp(bytes, start + Field.transmit, request.floor);
	const roundTripMs = now - request.sentAt - (transmit - receive);
	// The server can't have held the request for longer than we waited; a millisecond is rounding.
	if (transmit < receive || roundTripMs < -1) return Status.BadValue;
	if (transmit < request.floor - floorSlackMs) return Status.BadValue;
	into.epoch = Math.round(transmit + roundTripMs / 2) as Epoch;
	into.errorMs = Math.max(0, roundTripMs) / 2 + rootDelayMs / 2 + rootDispersionMs;
	return Status.Ok;
}

/** UTC ms of a 64-bit timestamp, in the era that puts it nearest to the floor. */
function readTimestamp(bytes: Uint8Array, at: number, floor: number): number {
	const seconds = readUint32(bytes, at) - secondsToUnix;
	const inFirstEra = seconds * 1000 + (readUint32(bytes, at + 4) * 1000) / 4_294_967_296;
	return inFirstEra + eraMs * Math.round((floor - inFirstEra) / eraMs);
}

/** Milliseconds of a 32-bit fixed-point number with 16 bits after the point. */
function readShort(bytes: Uint8Array, at: number): number {
	return (readUint32(bytes, at) * 1000) / 65_536;
}

function isZero(bytes: Uint8Array, at: number): boolean {
	return readUint32(bytes, at) === 0 && readUint32(bytes, at + 4) === 0;
}

function readUint32(bytes: Uint8Array, at: number): number {
	return (
		((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
	);
}

function writeUint32(value: number, into: Uint8Array, at: number): void {
	into[at] = value >>> 24;
	into[at + 1] = value >>> 16;
	into[at + 2] = value >>> 8;
	into[at + 3] = value;
}

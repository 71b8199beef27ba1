import type { ObservationRun } from "../firmware/base/observation.ts";
import { Limits } from "../firmware/limits.ts";
import { type DecodedReport, decodeReport } from "../firmware/payload/decode.ts";
import { encodeDenseReport } from "../firmware/payload/dense.ts";
import { encodeReport } from "../firmware/payload/encode.ts";
import { toSenml } from "../simulator/commands/senml.ts";
import { dayChannels, recordedDay, runsOf } from "./day.ts";

/** Bytes of an item in CBOR, in preferred serialization (RFC 8949 §4.1). */
export function cborSize(item: unknown): number {
	if (item === null || typeof item === "boolean") return 1;
	if (typeof item === "string") {
		const bytes = Buffer.byteLength(item);
		return headSize(bytes) + bytes;
	}
	if (typeof item === "number") return Number.isInteger(item) ? integerSize(item) : floatSize(item);
	if (Array.isArray(item)) {
		return item.reduce((sum, one) => sum + cborSize(one), headSize(item.length));
	}
	const members = Object.entries(item as object).filter(([, value]) => value !== undefined);
	return members.reduce(
		(sum, [key, value]) => sum + cborSize(key) + cborSize(value),
		headSize(members.length),
	);
}

/** The first byte with its argument, RFC 8949 §3. */
function headSize(argument: number): number {
	if (argument < 24) return 1;
	if (argument < 2 ** 8) return 2;
	if (argument < 2 ** 16) return 3;
	return argument < 2 ** 32 ? 5 : 9;
}

function integerSize(value: number): number {
	return headSize(value < 0 ? -1 - value : value);
}

/** Half precision when that holds the value exactly, else single, else double. */
function floatSize(value: number): number {
	if (Math.fround(value) !== value) return 9;
	const exponent = Math.floor(Math.log2(Math.abs(value)));
	const isHalf =
		exponent >= -14 && exponent <= 15 && Number.isInteger(value * 2 ** (10 - exponent));
	return isHalf ? 3 : 5;
}

/** Bytes of one report in each form. */
const forms: Readonly<Record<string, (run: ObservationRun) => number>> = Object.freeze({
	Isobar: (run) => encodedSize(run, encodeReport),
	"Isobar, dense": (run) => encodedSize(run, encodeDenseReport),
	"plain JSON": (run) => Buffer.byteLength(JSON.stringify(rowsOf(run))),
	SenML: (run) => Buffer.byteLength(JSON.stringify(toSenml(decoded(run), dayChannels, undefined))),
	CBOR: (run) => cborSize(rowsOf(run)),
});

/** The most bytes an observation that a form may take, by observations in a report. */
export const bounds: Readonly<Record<string, Readonly<Record<number, number>>>> = Object.freeze({
	Isobar: Object.freeze({ 10: 26, 60: 20 }),
	"Isobar, dense": Object.freeze({ 10: 13, 60: 8 }),
});

const scratch = new Uint8Array(Limits.reportBytes);

function encodedSize(run: ObservationRun, encode: typeof encodeReport): number {
	const length = encode(run, dayChannels, scratch, 0);
	if (length < 0) throw new Error("a report of the recorded day does not fit");
	return length;
}

function decoded(run: ObservationRun): DecodedReport {
	const length = encodeReport(run, dayChannels, scratch, 0);
	const text = Buffer.from(scratch.subarray(0, length)).toString();
	return decodeReport(text, dayChannels) as DecodedReport;
}

/** Observations as one would write them without a thought: an object each, with names in full. */
function rowsOf(run: ObservationRun): object[] {
	return decoded(run).observations.map(({ sequence, startSeconds, values }) => ({
		sequence,
		time: startSeconds,
		...values,
	}));
}

/** Bytes an observation on the recorded day, by form, for each number of observations in a report. */
export function measurePayload(perReport: readonly number[]): Record<string, number[]> {
	const day = recordedDay();
	const cut = perReport.map((count) => runsOf(day, count));
	return Object.fromEntries(
		Object.entries(forms).map(([name, sizeOf]) => [
			name,
			cut.map((runs) => runs.reduce((sum, run) => sum + sizeOf(run), 0) / day.length),
		]),
	);
}

import { describe, expect, test } from "@jest/globals";
import { isClean, summarise, summaryText } from "../../../simulator/commands/summary.ts";

const totals = {
	stations: 12,
	samples: 720,
	made: 288,
	acknowledged: 288,
	shed: 0,
	reportsSent: 48,
	reportsResent: 2,
	connects: 13,
	payloadBytes: 7_603,
	payloadObservations: 288,
	waiting: 0,
	crashes: 0,
};
const ledger = {
	made: 288,
	acknowledged: 288,
	archived: 288,
	shed: 0,
	lost: 0,
	duplicates: 0,
};

describe("the summary of a run", () => {
	test("has the members and the order that scripts rely on", () => {
		expect(JSON.stringify(summarise(totals, ledger, 960, "TLSv1.3"))).toBe(
			'{"stations":12,"samples":720,"observations":{"made":288,"acknowledged":288,"archived":288,"shed":0,"lost":0,"duplicates":0},"reports":{"sent":48,"resent":2},"connects":13,"bytesPerObservation":26.4,"cpuMsPerReport":20,"tlsVersion":"TLSv1.3"}',
		);
	});

	test("has null for what nobody knows", () => {
		const nothing = { ...totals, reportsSent: 0, payloadBytes: 0, payloadObservations: 0 };
		const foreign = { ...ledger, archived: null, lost: null, duplicates: null };
		expect(summarise(nothing, foreign, 960, undefined)).toMatchObject({
			observations: { archived: null, lost: null, duplicates: null },
			bytesPerObservation: null,
			cpuMsPerReport: null,
			tlsVersion: null,
		});
	});

	test("is clean when nothing is lost or twice, as far as anybody knows", () => {
		const of = (change: object) => isClean(summarise(totals, { ...ledger, ...change }, 1, "x"));
		expect(of({})).toBe(true);
		expect(of({ shed: 5, archived: 283 })).toBe(true);
		expect(of({ lost: 1 })).toBe(false);
		expect(of({ duplicates: 1 })).toBe(false);
		expect(of({ archived: null, lost: null, duplicates: null })).toBe(true);
	});

	test("reads well", () => {
		expect(summaryText(summarise(totals, ledger, 960, "TLSv1.3")).split("\n")).toEqual([
			"observations    made 288  acknowledged 288  archived 288  shed 0  lost 0  duplicates 0",
			"reports         sent 48  resent 2  payload 26.4 bytes an observation",
			"stations        simulated 12  connects 13  samples 720  TLS TLSv1.3  CPU 20.0 ms a report",
		]);
	});
});

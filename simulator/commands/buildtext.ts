import type { Budget } from "../../firmware/index.ts";
import type { Bundle } from "../../manifests/flash.ts";
import type { Retention } from "./build.ts";

type Row = readonly [name: string, bytes: number];

/** What a build says of the bundle and of the outbox; lines for people. */
export function bundleText(station: string, bundle: Bundle, retention: Retention): string {
	const { rooms, options, leftOut } = bundle;
	const rows = (parts: Bundle["rooms"]): Row[] => parts.map(({ name, bytes }) => [name, bytes]);
	return [
		`Bundle of ${station}: ${bundle.path}`,
		"",
		"bytes of JavaScript, without comments",
		...table([...rows(rooms), ["all", bundle.bytes]]),
		"",
		"what each option costs: its own code, and what nobody else needs",
		...table(rows(options)),
		...(leftOut.length === 0 ? [] : ["", "left out", ...table(rows(leftOut))]),
		"",
		...retentionLines(retention),
		"",
	].join("\n");
}

function table(rows: readonly Row[]): string[] {
	const width = Math.max(...rows.map(([name]) => name.length));
	return rows.map(([name, bytes]) => `  ${name.padEnd(width)}  ${grouped(bytes).padStart(8)}`);
}

function retentionLines(retention: Retention): string[] {
	const { channels, partitionBytes, own, minutely, lossWindow, lossSeconds } = retention;
	const head = `outbox: ${grouped(partitionBytes)} bytes hold ${grouped(own.observations)} observations of ${channels} channels`;
	return [
		head,
		`  at the cadence of this station  ${lasts(own)}`,
		`  at one observation a minute     ${lasts(minutely)}`,
		lossWindow === 0
			? "  a power cut takes               no observation"
			: `  a power cut takes               ${lossWindow} observations at most, those of ${grouped(lossSeconds)} seconds`,
	];
}

function lasts({ days: outage, writesPerDay, years: life }: Budget): string {
	const writes = grouped(Math.round(writesPerDay));
	return `${days(outage)} without a broker, ${writes} writes a day, flash good for ${years(life)}`;
}

function days(count: number): string {
	return `${count.toFixed(1)} days`;
}

function years(count: number): string {
	return count > 100 ? "more than 100 years" : `${Math.floor(count)} years`;
}

/** 1234567 as 1,234,567. */
function grouped(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

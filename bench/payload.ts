import { bounds, measurePayload } from "./payloadsize.ts";
import { readOptions } from "./report.ts";

const usage = `npm run bench -- payload [--json]

Bytes an observation of reports with 1, 10 and 60 observations, on the recorded day: seven channels,
one-minute observations, envelope with version, sequence and time included. Beside our two forms
stand an array of objects in JSON, SenML (RFC 8428), and the same array in CBOR (RFC 8949).
`;

const perReport = [1, 10, 60];

/** Prints the table; fails when a form is larger than it may be. */
function main(json: boolean): void {
	const sizes = measurePayload(perReport);
	if (json) {
		process.stdout.write(`${JSON.stringify({ perReport, sizes, bounds })}\n`);
	} else {
		const heads = ["bytes an observation", ...perReport.map((count) => `n=${count}`)];
		const rows = Object.entries(sizes).map(([form, row]) => [
			form,
			...row.map((size, column) => cell(size, bounds[form]?.[perReport[column]!])),
		]);
		const line = (cells: readonly string[]): string =>
			cells.map((text, column) => (column === 0 ? text.padEnd(22) : text.padStart(18))).join("");
		process.stdout.write(`${[heads, ...rows].map(line).join("\n")}\n`);
	}
	const isOver = Object.entries(sizes).some(([form, row]) =>
		row.some((size, column) => size > (bounds[form]?.[perReport[column]!] ?? size)),
	);
	if (isOver) process.exitCode = 1;
}

function cell(size: number, bound: number | undefined): string {
	const verdict = bound === undefined ? "" : ` (≤ ${bound}: ${size <= bound ? "met" : "not met"})`;
	return size.toFixed(1) + verdict;
}

const options = readOptions(usage, {});
if (options !== undefined) main(options.json);

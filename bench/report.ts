import { cpus } from "node:os";
import { parseArgs } from "node:util";

/** What was measured in one round after the other. */
export interface Spread {
	readonly median: number;
	readonly minimum: number;
	readonly maximum: number;
}

/** One line of the table: the same quantity of ours and of the other. */
export interface Comparison {
	readonly quantity: string;
	readonly ours: Spread;
	readonly others: Spread;
	/** Ours divided by the other's, round by round. */
	readonly ratio: Spread;
	/** The same quantity where nothing is done but what nobody can do without. */
	readonly floor?: Spread;
	/** What the ratio has to be. */
	readonly target: { readonly atLeast: number } | { readonly atMost: number } | undefined;
}

export function spreadOf(values: readonly number[]): Spread {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = sorted.length >> 1;
	const median =
		sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
	return { median, minimum: sorted[0]!, maximum: sorted[sorted.length - 1]! };
}

/** Compares two series round by round. */
export function compare(
	quantity: string,
	ours: readonly number[],
	others: readonly number[],
	target?: Comparison["target"],
): Comparison {
	return {
		quantity,
		ours: spreadOf(ours),
		others: spreadOf(others),
		ratio: spreadOf(ours.map((value, round) => value / others[round]!)),
		target,
	};
}

/**
 * The options of a benchmark, all of them whole numbers but `--json`.
 *
 * @param defaults  the options with their values
 * @returns them with what the command line says, or `undefined` when help was asked for or is due
 */
export function readOptions<Name extends string>(
	usage: string,
	defaults: Readonly<Record<Name, number>>,
): (Record<Name, number> & { json: boolean }) | undefined {
	const names = Object.keys(defaults) as Name[];
	try {
		const { values } = parseArgs({
			options: {
				help: { type: "boolean" },
				json: { type: "boolean" },
				...Object.fromEntries(names.map((name) => [name, { type: "string" } as const])),
			},
		});
		if (values.help) {
			process.stdout.write(usage);
			return undefined;
		}
		const numbers = names.map((name) => {
			const value = Number((values as Record<string, unknown>)[name] ?? defaults[name]);
			if (!Number.isSafeInteger(value) || value < 1)
				throw new Error(`--${name}: a number from 1 up`);
			return [name, value];
		});
		return { ...(Object.fromEntries(numbers) as Record<Name, number>), json: values.json === true };
	} catch (error) {
		process.stderr.write(`bench: ${(error as Error).message}\n`);
		process.exitCode = 2;
		return undefined;
	}
}

/** Prints the comparisons, as a table or as one line of JSON. */
export function print(
	title: string,
	others: string,
	comparisons: readonly Comparison[],
	json: boolean,
): void {
	const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;
	if (json) {
		process.stdout.write(`${JSON.stringify({ title, machine, comparisons })}\n`);
		return;
	}
	const hasFloor = comparisons.some(({ floor }) => floor !== undefined);
	const rows = [
		["median (min … max)", "isobar", others, "ratio", "target"],
		...comparisons.map((one) => [
			one.quantity,
			format(one.ours),
			format(one.others),
			format(one.ratio),
			verdict(one),
		]),
	];
	if (hasFloor) {
		rows[0]!.push("transport alone");
		for (const [index, { floor }] of comparisons.entries()) {
			rows[index + 1]!.push(floor === undefined ? "" : format(floor));
		}
	}
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	const line = (row: readonly string[]): string =>
		row
			.map((cell, column) => cell.padEnd(widths[column]!))
			.join("  ")
			.trimEnd();
	process.stdout.write(`${title}\n${machine}\n\n${rows.map(line).join("\n")}\n`);
}

function format({ median, minimum, maximum }: Spread): string {
	return `${short(median)} (${short(minimum)} … ${short(maximum)})`;
}

function short(value: number): string {
	if (value >= 1_000) return Math.round(value).toLocaleString("en");
	return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function verdict({ ratio, target }: Comparison): string {
	if (target === undefined) return "";
	const [sign, bound] = "atLeast" in target ? ["≥", target.atLeast] : ["≤", target.atMost];
	const isMet = "atLeast" in target ? ratio.median >= bound : ratio.median <= bound;
	return `${sign} ${bound}: ${isMet ? "met" : "not met"}`;
}

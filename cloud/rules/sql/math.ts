import { finite } from "./value.ts";

/** Digits behind the point that trunc() keeps at most. */
const placesMaximum = 34;

/** Functions of numbers; imaginary and infinite results are Undefined. */
export const mathFunctions: Readonly<
	Record<string, (...x: [number, number]) => number | undefined>
> = Object.freeze({
	abs: unary(Math.abs),
	acos: unary(Math.acos),
	asin: unary(Math.asin),
	atan: unary(Math.atan),
	atan2: (y: number, x: number) => finite(Math.atan2(y, x)),
	ceil: unary(Math.ceil),
	cos: unary(Math.cos),
	cosh: unary(Math.cosh),
	exp: unary(Math.exp),
	floor: unary(Math.floor),
	ln: unary(Math.log),
	log: unary(Math.log10),
	mod: (x: number, by: number) => finite(x % by),
	power: (x: number, exponent: number) => finite(x ** exponent),
	remainder: (x: number, by: number) => finite(x % by),
	// Away from zero where it is between two.
	round: unary((x) => Math.sign(x) * Math.round(Math.abs(x))),
	sign: unary(Math.sign),
	sin: unary(Math.sin),
	sinh: unary(Math.sinh),
	sqrt: unary(Math.sqrt),
	tan: unary(Math.tan),
	tanh: unary(Math.tanh),
	trunc: (x: number, places: number) => finite(truncate(x, places)),
});

/** Functions of the bits of Ints. */
export const bitwiseFunctions: typeof mathFunctions = Object.freeze({
	bitand: bits((left, right) => left & right),
	bitor: bits((left, right) => left | right),
	bitxor: bits((left, right) => left ^ right),
	bitnot: (x: number) => finite(complement(x)),
});

/** With one parameter, by which its number of arguments is known. */
function unary(apply: (x: number) => number): (x: number) => number | undefined {
	return (x) => finite(apply(x));
}

function bits(
	apply: (left: bigint, right: bigint) => bigint,
): (left: number, right: number) => number | undefined {
	return (left, right) => finite(Number(apply(BigInt(left), BigInt(right))));
}

/** Of the bits that a number has, as the example of the guide does: bitnot(13) is 2. */
function complement(x: number): number {
	if (x < 0) return Number(~BigInt(x));
	const mask = (1n << BigInt(BigInt(x).toString(2).length)) - 1n;
	return Number(BigInt(x) ^ mask);
}

/** Cuts the digits, since 2.3 times ten to some power is not what stands there. */
function truncate(x: number, places: number): number {
	const kept = Math.min(Math.max(Math.trunc(places), 0), placesMaximum);
	const text = String(x);
	if (text.includes("e")) return Number.isInteger(x) ? x : Math.trunc(x * 10 ** kept) / 10 ** kept;
	const [whole, fraction = ""] = text.split(".");
	return Number(`${whole}.${fraction.slice(0, kept)}0`);
}

/** A JSON Schema, as far as it is used here. */
export type Schema = Readonly<Record<string, unknown>>;

/** A value that is not of its shape; the message is one line: where, what stands there, what was expected. */
export class ShapeError extends Error {
	override readonly name = "ShapeError";
	readonly code = "BAD_SHAPE";
	readonly path: string;

	constructor(path: string, value: unknown, expected: string) {
		super(`${path === "" ? "the document" : path}: got ${shown(value)}; expected ${expected}`);
		this.path = path;
	}
}

/**
 * What a value of a document may be: reads it, and says the same as a JSON Schema, so that what is
 * published and what is checked cannot differ.
 */
export interface Shape<Value> {
	/** @throws {ShapeError} */
	read(value: unknown, path: string): Value;
	readonly schema: Schema;
	/** As in "expected …". */
	readonly expected: string;
}

export type ValueOf<S> = S extends Shape<infer Value> ? Value : never;

function shape<Value>(
	expected: string,
	schema: Schema,
	convert: (value: unknown) => Value | undefined,
): Shape<Value> {
	return {
		expected,
		schema,
		read: (value, path) => {
			const converted = convert(value);
			if (converted === undefined) throw new ShapeError(path, value, expected);
			return converted;
		},
	};
}

export function number(minimum: number, maximum: number): Shape<number> {
	return shape(
		`a number from ${minimum} to ${maximum}`,
		{ type: "number", minimum, maximum },
		(value) =>
			typeof value === "number" && value >= minimum && value <= maximum ? value : undefined,
	);
}

export function whole(minimum: number, maximum: number): Shape<number> {
	return shape(
		`a whole number from ${minimum} to ${maximum}`,
		{ type: "integer", minimum, maximum },
		(value) =>
			Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
				? (value as number)
				: undefined,
	);
}

/** @param what  as in "expected a name such as …" */
export function text(what: string, pattern: string): Shape<string> {
	const test = new RegExp(pattern);
	return shape(what, { type: "string", pattern }, (value) =>
		typeof value === "string" && test.test(value) ? value : undefined,
	);
}

export function oneOf<const Values extends readonly (string | number)[]>(
	values: Values,
): Shape<Values[number]> {
	return shape(
		values.map((value) => JSON.stringify(value)).join(" or "),
		{ enum: values },
		(value) => values.find((one) => one === value),
	);
}

/** What a shape reads, turned into something else. */
export function mapped<From, To>(from: Shape<From>, convert: (value: From) => To): Shape<To> {
	return { ...from, read: (value, path) => convert(from.read(value, path)) };
}

/** The first of two that fits, told apart by `isFirst`. */
export function either<First, Second>(
	isFirst: (value: unknown) => boolean,
	first: Shape<First>,
	second: Shape<Second>,
): Shape<First | Second> {
	return {
		expected: `${first.expected}, or ${second.expected}`,
		schema: { anyOf: [first.schema, second.schema] },
		read: (value, path) => (isFirst(value) ? first.read(value, path) : second.read(value, path)),
	};
}

export function list<Value>(
	of: Shape<Value>,
	shortest: number,
	longest = 1_000,
): Shape<readonly Value[]> {
	const expected = `a list of ${shortest} to ${longest}`;
	return {
		expected,
		schema: { type: "array", items: of.schema, minItems: shortest, maxItems: longest },
		read: (value, path) => {
			if (!Array.isArray(value) || value.length < shortest || value.length > longest) {
				throw new ShapeError(path, value, expected);
			}
			return value.map((element, index) => of.read(element, `${path}[${index}]`));
		},
	};
}

/** One member of an object. */
export interface Member<Value> {
	readonly shape: Shape<Value>;
	readonly about: string;
	readonly required: boolean;
}

export function required<Value>(
	of: Shape<Value>,
	about: string,
): Member<Value> & { required: true } {
	return { shape: of, about, required: true };
}

export function optional<Value>(
	of: Shape<Value>,
	about: string,
): Member<Value> & { required: false } {
	return { shape: of, about, required: false };
}

type Members = Readonly<Record<string, Member<unknown>>>;
type Present<M extends Members> = {
	readonly [Key in keyof M as M[Key]["required"] extends true ? Key : never]: ValueOf<
		M[Key]["shape"]
	>;
};
type Absent<M extends Members> = {
	readonly [Key in keyof M as M[Key]["required"] extends true ? never : Key]?: ValueOf<
		M[Key]["shape"]
	>;
};

/** An object with these members and no others. */
export function object<const M extends Members>(members: M): Shape<Present<M> & Absent<M>> {
	const names = Object.keys(members);
	return {
		expected: `an object with ${names.join(", ")}`,
		schema: {
			type: "object",
			additionalProperties: false,
			required: names.filter((name) => members[name]!.required),
			properties: Object.fromEntries(
				names.map((name) => {
					const { shape: of, about } = members[name]!;
					return [name, { description: about, ...of.schema }];
				}),
			),
		},
		read: (value, path) => {
			if (typeof value !== "object" || value === null || Array.isArray(value)) {
				throw new ShapeError(path, value, `an object with ${names.join(", ")}`);
			}
			const given = value as Record<string, unknown>;
			const read: Record<string, unknown> = {};
			for (const name of Object.keys(given)) {
				const member = Object.hasOwn(members, name) ? members[name] : undefined;
				const at = path === "" ? name : `${path}.${name}`;
				if (member === undefined) {
					throw new ShapeError(at, given[name], `no such member, but ${names.join(", ")}`);
				}
				read[name] = member.shape.read(given[name], at);
			}
			for (const name of names) {
				const { required: isRequired, shape: of } = members[name]!;
				if (isRequired && !Object.hasOwn(given, name)) {
					throw new ShapeError(path === "" ? name : `${path}.${name}`, undefined, of.expected);
				}
			}
			return read as Present<M> & Absent<M>;
		},
	};
}

/** A value in a message: bounded, whatever it is. */
function shown(value: unknown): string {
	if (value === undefined) return "nothing";
	const json = JSON.stringify(value);
	return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

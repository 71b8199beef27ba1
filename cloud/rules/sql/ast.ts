import type { Json } from "../../services/document.ts";

/** Where a piece of a statement begins: index into its text. */
interface Placed {
	readonly at: number;
}

/** The operators that stand between two operands. */
export type BinaryOperator =
	| "AND"
	| "OR"
	| "="
	| "<>"
	| "<"
	| "<="
	| ">"
	| ">="
	| "+"
	| "-"
	| "*"
	| "/"
	| "%";

export type CastType = "String" | "Int" | "Decimal" | "Boolean";

/** An expression of AWS IoT SQL, as `grammar.peggy` reads it. */
export type Expression = Placed &
	(
		| { readonly type: "literal"; readonly value: Json }
		/** A member of what is asked: the payload, or the element of a nested query. */
		| { readonly type: "name"; readonly name: string }
		/** The `*`. */
		| { readonly type: "all" }
		| { readonly type: "member"; readonly of: Expression; readonly name: string }
		| { readonly type: "index"; readonly of: Expression; readonly index: Expression }
		| { readonly type: "not"; readonly operand: Expression }
		| { readonly type: "negate"; readonly operand: Expression }
		| {
				readonly type: "binary";
				readonly operator: BinaryOperator;
				readonly left: Expression;
				readonly right: Expression;
		  }
		| { readonly type: "call"; readonly name: string; readonly args: readonly Expression[] }
		| { readonly type: "cast"; readonly operand: Expression; readonly to: CastType }
		| {
				readonly type: "case";
				/** Left out in the searched form, `CASE WHEN condition THEN …`. */
				readonly subject: Expression | null;
				readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
				readonly otherwise: Expression | null;
		  }
		| { readonly type: "object"; readonly members: readonly (readonly [string, Expression])[] }
		| { readonly type: "array"; readonly elements: readonly Expression[] }
		| (Selection & { readonly type: "query"; readonly from: Expression })
	);

export interface Item extends Placed {
	readonly expression: Expression;
	/** The path of the name behind AS. */
	readonly alias: readonly string[] | undefined;
}

/** What comes of a SELECT: `VALUE expression` alone, or an object with a member for each item. */
export interface Selection {
	readonly isValue: boolean;
	readonly items: readonly Item[];
	readonly where: Expression | null;
}

/** A whole statement. */
export interface Statement extends Selection {
	/** The topic filter; a rule for Basic Ingest alone needs none. */
	readonly from: (Placed & { readonly filter: string }) | null;
}

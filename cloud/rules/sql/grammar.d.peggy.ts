import type { Expression, Statement } from "./ast.ts";

/** What the grammar could have gone on with. */
export type Expectation =
	| { readonly type: "literal"; readonly text: string }
	| { readonly type: "other"; readonly description: string }
	| { readonly type: "end" | "any" | "class" };

/** What `parse` throws for text that is not of the grammar. */
export interface GrammarFault {
	readonly expected: readonly Expectation[];
	/** One character; null at the end of the text. */
	readonly found: string | null;
	readonly location: { readonly start: { readonly offset: number } };
}

export function parse(text: string, options: { readonly startRule: "Statement" }): Statement;
export function parse(text: string, options: { readonly startRule: "Template" }): Expression;

import type { Plugin } from "rollup";

/** The source of the parser that a `.peggy` file stands for, as an ECMAScript module. */
export function parserOf(grammar: string): string;

/** Has rollup put parsers in the place of grammars. */
export const grammars: Plugin;

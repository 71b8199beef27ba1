import type { AstNode, ProgramNode } from "rollup";

/** What a module takes from another one. */
export interface Link {
	readonly to: string;
	/** Names that the other exports; `undefined` for all of them. */
	readonly names: readonly string[] | undefined;
	/** Names under which it passes them on; empty when it does not, `undefined` for all of them. */
	readonly passedOn: readonly string[] | undefined;
}

/** The members of a syntax tree that are looked at (ESTree, ES2015 modules). */
interface Statement extends AstNode {
	readonly source?: { readonly value: string } | null;
	readonly specifiers?: readonly {
		readonly type: string;
		/** Of an import: what the other module calls it. */
		readonly imported?: Name;
		/** Of an export: what the other module calls it, and what this one does. */
		readonly local: Name;
		readonly exported?: Name;
	}[];
}

interface Name {
	readonly name?: string;
	readonly value?: string;
}

/**
 * Reads what a module takes from others.
 *
 * @param ast  `null` when there is none: nothing is taken then
 */
export function linksOf(
	ast: ProgramNode | null,
	resolve: (source: string) => string | null,
): readonly Link[] {
	const links: Link[] = [];
	for (const statement of (ast?.body ?? []) as unknown as readonly Statement[]) {
		const to = statement.source ? resolve(statement.source.value) : null;
		if (to !== null) links.push({ to, ...namesOf(statement) });
	}
	return links;
}

function namesOf({ type, specifiers = [] }: Statement): Omit<Link, "to"> {
	if (type === "ExportAllDeclaration") return { names: undefined, passedOn: undefined };
	if (type === "ImportDeclaration") {
		const isWhole = specifiers.some((one) => one.type === "ImportNamespaceSpecifier");
		const names = specifiers.map(({ imported }) => (imported ? text(imported) : "default"));
		return { names: isWhole ? undefined : names, passedOn: [] };
	}
	return {
		names: specifiers.map(({ local }) => text(local)),
		passedOn: specifiers.map(({ exported }) => text(exported!)),
	};
}

function text({ name, value }: Name): string {
	return name ?? value ?? "";
}

/**
 * The modules that a module really takes something from. One that passes on what is asked of it is
 * seen through: who imports one driver of `isobar/sensors` does not import the others.
 */
export function importsOf(path: string, links: ReadonlyMap<string, readonly Link[]>): string[] {
	const found = (links.get(path) ?? []).flatMap(({ to, names, passedOn }) =>
		passedOn?.length === 0 ? origins(to, names, links) : [],
	);
	return [...new Set(found)];
}

function origins(
	path: string,
	names: readonly string[] | undefined,
	links: ReadonlyMap<string, readonly Link[]>,
): string[] {
	const passing = (links.get(path) ?? []).filter(({ passedOn }) => passedOn?.length !== 0);
	const found = [path];
	for (const { to, names: theirs, passedOn } of passing) {
		const asked = names && passedOn && theirs!.filter((_, at) => names.includes(passedOn[at]!));
		if (asked?.length !== 0) found.push(...origins(to, asked ?? names, links));
	}
	return found;
}

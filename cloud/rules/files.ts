import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigFault } from "../configfile.ts";
import { CloudFault } from "../fault.ts";
import { createFile, makeDirectory, readIfPresent, replaceFile, syncDirectory } from "../file.ts";
import { parseRule, type Rule, type RuleDocument, readRules, ruleNamePattern } from "./rulefile.ts";

/** What the folders hold: rules, and what is wrong with files that are none. */
export interface RulesFound {
	readonly rules: readonly Rule[];
	readonly faults: readonly ConfigFault[];
}

/**
 * The rules of a data directory as files, one each. A change is a file that takes its place whole, checked
 * before it does; one change at a time. A running cloud goes on with what is there then.
 */
export class RuleFiles {
	readonly #directories: readonly string[];
	#work: Promise<unknown> = Promise.resolve();
	/** Told what is there after each change. */
	onChange: (found: RulesFound) => void = () => {};

	/** @param directories  the first is that of the data directory, where new rules go */
	constructor(directories: readonly string[]) {
		this.#directories = directories;
	}

	/** Of rules with one name the last folder has the one that counts. */
	async read(): Promise<RulesFound> {
		const found = await Promise.all(this.#directories.map(readRules));
		const rules = new Map(found.flatMap((one) => one.rules).map((rule) => [rule.name, rule]));
		return { rules: [...rules.values()], faults: found.flatMap((one) => one.faults) };
	}

	/** @returns `undefined` when there is no such rule */
	async find(name: string): Promise<(Rule & { readonly document: RuleDocument }) | undefined> {
		const path = await this.#pathOf(name);
		const text = path === undefined ? undefined : await readIfPresent(path);
		if (path === undefined || text === undefined) return undefined;
		return { ...parseRule(path, text), document: JSON.parse(text) };
	}

	/** @throws {ConfigFault} for a document that is no rule; {CloudFault} "Exists" */
	create(name: string, document: object): Promise<void> {
		return this.#change(async () => {
			const [directory] = this.#directories;
			const path = join(directory!, `${name}.json`);
			const text = checked(path, document);
			await makeDirectory(directory!);
			const isTaken = (await this.#pathOf(name)) !== undefined;
			if (isTaken || !(await createFile(path, text, 0o600))) {
				throw new CloudFault("Exists", `there is a rule ${name} already`);
			}
			await syncDirectory(directory!);
		});
	}

	/** @throws {ConfigFault} for a document that is no rule; {CloudFault} "NotFound" */
	replace(name: string, document: object): Promise<void> {
		return this.#change(async () => {
			const path = await this.#demand(name);
			await replaceFile(path, checked(path, document), 0o600);
		});
	}

	/** @throws {CloudFault} "NotFound" */
	remove(name: string): Promise<void> {
		return this.#change(async () => unlink(await this.#demand(name)));
	}

	/** @throws {ConfigFault} when its file is no rule; {CloudFault} "NotFound" */
	setDisabled(name: string, ruleDisabled: boolean): Promise<void> {
		return this.#change(async () => {
			const path = await this.#demand(name);
			const found = await this.find(name);
			await replaceFile(path, checked(path, { ...found!.document, ruleDisabled }), 0o600);
		});
	}

	async #change(work: () => Promise<void>): Promise<void> {
		const result = this.#work.then(async () => {
			await work();
			this.onChange(await this.read());
		});
		this.#work = result.catch(() => {});
		return result;
	}

	async #demand(name: string): Promise<string> {
		const path = await this.#pathOf(name);
		if (path !== undefined) return path;
		throw new CloudFault("NotFound", `there is no rule ${name}`);
	}

	/** Of the file that counts, whether what is in it is a rule or not. */
	async #pathOf(name: string): Promise<string | undefined> {
		if (!ruleNamePattern.test(name)) return undefined;
		for (const directory of [...this.#directories].reverse()) {
			const path = join(directory, `${name}.json`);
			if ((await readIfPresent(path)) !== undefined) return path;
		}
		return undefined;
	}
}

/** The text of a document that is a rule. */
function checked(path: string, document: object): string {
	const text = `${JSON.stringify(document, null, "\t")}\n`;
	parseRule(path, text);
	return text;
}

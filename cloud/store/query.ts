import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { CloudFault, messageOf } from "../fault.ts";
import { Layout } from "../layout.ts";
import { Vault, type VaultOptions } from "../vault/vault.ts";
import { type Database, quoteName } from "./database.ts";
import { pinPrefix } from "./recover.ts";
import { Store } from "./store.ts";
import { defineViews } from "./views.ts";

/** A cell of an answer: times as ISO 8601, whole numbers beyond 2^53 as text. */
export type Cell = string | number | boolean | null | object;

export interface QueryOptions extends Pick<VaultOptions, "dataKey"> {
	/** The standard ones unless given. */
	readonly channels?: ChannelTable;
}

/** Takes the answer to a query, some rows at a time. */
export interface QueryOutput {
	begin(columns: readonly string[]): void;
	/** @returns false when it has seen enough */
	rows(rows: readonly (readonly Cell[])[]): boolean;
}

/**
 * Runs SQL over the archive of a data directory, also while a cloud runs on it. The views are those of
 * `defineViews`.
 *
 * @param options  the channels of the archive, and its key where it is encrypted
 * @throws {KeyFault} for a key that is missing or wrong
 * @throws {CloudFault} "NoArchive", or "BadQuery" with one line of what is wrong with the SQL
 */
export async function queryArchive(
	dataDir: string,
	sql: string,
	output: QueryOutput,
	options: QueryOptions = {},
): Promise<void> {
	const { channels = new ChannelTable() } = options;
	const { archive } = new Layout(dataDir);
	if (!existsSync(archive)) throw new CloudFault("NoArchive", `${dataDir}: no archive is there`);
	const vault = await Vault.open(dataDir, options);
	const pinFolder = mkdtempSync(join(archive, `${pinPrefix}${process.pid}-`));
	const store = new Store({ directory: archive, vault, pinFolder });
	try {
		await store.read(async (view) => {
			for (const [name, select] of defineViews(view, channels)) {
				await view.database.run(`CREATE OR REPLACE VIEW ${quoteName(name)} AS ${select}`);
			}
			await run(view.database, sql, output);
		});
	} finally {
		await store.close();
		rmSync(pinFolder, { recursive: true });
	}
}

async function run(database: Database, sql: string, output: QueryOutput): Promise<void> {
	try {
		await database.stream(sql, output);
	} catch (error) {
		throw new CloudFault("BadQuery", oneLine(messageOf(error)));
	}
}

/** DuckDB says what is wrong, what is like it, and draws where: the first two are of use in one line. */
function oneLine(message: string): string {
	const [first = "", ...rest] = message.split("\n").filter((line) => line.trim() !== "");
	const hint = rest.find((line) => /^(Candidate|Did you mean)/.test(line));
	return hint === undefined ? first : `${first} ${hint}`;
}

import { join } from "node:path";
import { GroupCommit } from "../../commit.ts";
import { makeDirectory } from "../../file.ts";
import { DiskLog } from "../../log.ts";
import type { Vault } from "../../vault/vault.ts";

/** Files of lines in a folder, opened when they are first written to. */
export class LineFiles {
	readonly #directory: string;
	readonly #vault: Vault;
	readonly #files = new Map<string, Promise<GroupCommit>>();

	constructor(directory: string, vault: Vault) {
		this.#directory = directory;
		this.#vault = vault;
	}

	/** Resolves when the line is on disk. @param name  fit for a file */
	async append(name: string, line: string): Promise<void> {
		const file = await this.#open(name);
		await new Promise<void>((resolve, reject) => {
			file.add(`${line}\n`, (error) => (error ? reject(error) : resolve()));
		});
	}

	async kill(): Promise<void> {
		for (const file of this.#files.values()) (await file).kill();
	}

	async close(): Promise<void> {
		for (const file of this.#files.values()) await (await file).close();
	}

	#open(name: string): Promise<GroupCommit> {
		let file = this.#files.get(name);
		if (!file) {
			file = this.#start(name);
			this.#files.set(name, file);
			// A disk that was full may have room the next time.
			file.catch(() => this.#files.delete(name));
		}
		return file;
	}

	async #start(name: string): Promise<GroupCommit> {
		await makeDirectory(this.#directory);
		const path = join(this.#directory, name);
		const { log } = await DiskLog.open(path, () => {}, this.#vault.lines(path));
		return new GroupCommit(log);
	}
}

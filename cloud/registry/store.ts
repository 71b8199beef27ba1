import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { CloudFault, messageOf } from "../fault.ts";
import { makeDirectory, syncDirectory, temporarySuffix } from "../file.ts";
import { Vault } from "../vault/vault.ts";
import type { Change } from "./entities.ts";
import { Registry } from "./registry.ts";

type Kind = Change["kind"];

/** Each kind has a folder, each entity a file. A policy is there before who names it. */
const folders: Readonly<Record<Kind, string>> = Object.freeze({
	policy: "policies",
	type: "types",
	group: "groups",
	billing: "billing",
	thing: "things",
	certificate: "certificates",
});

/** Files are written this many at a time. */
const concurrency = 16;

/** The registry on disk. Operations run one after another, and count when they are durable. */
export class RegistryStore {
	/** What is in force; to be read, and changed through `run` alone. */
	readonly state: Registry;
	/** Waited for before changes are written. */
	beforeWrite: (changes: readonly Change[]) => Promise<void> = async () => {};
	/** Called after changes have come into force. */
	onChanged: (changes: readonly Change[]) => void = () => {};
	readonly #directory: string;
	readonly #vault: Vault;
	#tail: Promise<unknown> = Promise.resolve();
	#stopped = false;

	private constructor(directory: string, state: Registry, vault: Vault) {
		this.#directory = directory;
		this.#vault = vault;
		this.state = state;
	}

	/** @throws {CloudFault} "Corrupt" when a file is there that holds no entity */
	static async open(directory: string, vault = Vault.plain): Promise<RegistryStore> {
		const state = new Registry();
		for (const [kind, folder] of Object.entries(folders)) {
			const path = join(directory, folder);
			await makeDirectory(path);
			state.apply(await readFolder(path, kind as Kind, vault));
		}
		return new RegistryStore(directory, state, vault);
	}

	/**
	 * Runs one operation of the registry. Resolves when what it changes is on disk and in force.
	 *
	 * @throws {RegistryFault} when the registry refuses it
	 */
	run(operation: (registry: Registry) => readonly Change[]): Promise<void> {
		const result = this.#tail.then(async () => {
			const changes = operation(this.state).map((change) => this.#date(change));
			if (changes.length === 0 || this.#stopped) return;
			await this.beforeWrite(changes);
			await this.#write(changes);
			if (this.#stopped) return;
			this.state.apply(changes);
			this.onChanged(changes);
		});
		this.#tail = result.catch(() => {});
		return result;
	}

	kill(): void {
		this.#stopped = true;
	}

	async close(): Promise<void> {
		await this.#tail;
		this.kill();
	}

	/** Every entity says when it was made and changed. */
	#date(change: Change): Change {
		if (!change.value) return change;
		const modifiedMs = Date.now();
		const createdMs = this.state.find(change.kind, change.name)?.createdMs ?? modifiedMs;
		return { ...change, value: { ...change.value, createdMs, modifiedMs } } as Change;
	}

	async #write(changes: readonly Change[]): Promise<void> {
		for (let start = 0; start < changes.length; start += concurrency) {
			const some = changes.slice(start, start + concurrency);
			await Promise.all(some.map((change) => this.#writeOne(change)));
		}
		for (const kind of new Set(changes.map((change) => change.kind))) {
			await syncDirectory(join(this.#directory, folders[kind]));
		}
	}

	async #writeOne({ kind, name, value }: Change): Promise<void> {
		const path = join(this.#directory, folders[kind], `${name}.json`);
		const text = JSON.stringify(value);
		if (value) await this.#vault.replace(path, text, 0o600, () => !this.#stopped);
		else if (!this.#stopped) await unlink(path);
	}
}

async function readFolder(directory: string, kind: Kind, vault: Vault): Promise<Change[]> {
	const changes: Change[] = [];
	for (const file of await readdir(directory)) {
		const path = join(directory, file);
		if (file.endsWith(temporarySuffix)) {
			await unlink(path);
			continue;
		}
		const name = file.slice(0, -".json".length);
		try {
			const value = JSON.parse((await vault.read(path))!);
			changes.push({ kind, name, value });
		} catch (error) {
			throw new CloudFault("Corrupt", `${path} holds no ${kind}: ${messageOf(error)}`);
		}
	}
	return changes;
}

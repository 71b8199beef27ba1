import { accessSync, constants, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFault, codeOf } from "../fault.ts";
import { isAlive } from "../lock.ts";

/** Begins the name of a room; the process that has it follows. */
const prefix = "isobar-clear-";

/**
 * A folder that only its owner may enter, for what DuckDB has to see as it is, since it reads and writes
 * files alone. It is in memory where the system has a folder of that kind (Linux: `/dev/shm`), else in that of
 * temporary files; and it is empty again when nobody works with it.
 */
export class ClearRoom {
	readonly #directory: string;

	constructor() {
		const parent = parentOf();
		sweep(parent);
		this.#directory = mkdtempSync(join(parent, `${prefix}${process.pid}-`));
	}

	/** A path in it. */
	path(name: string): string {
		return join(this.#directory, name);
	}

	/** Takes away what is in it. */
	async empty(): Promise<void> {
		for (const name of readdirSync(this.#directory)) await rm(this.path(name), { force: true });
	}

	close(): void {
		rmSync(this.#directory, { recursive: true, force: true });
	}
}

/** Has `work` done, and names the room when it is full. */
export function inRoom<T>(work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (codeOf(error) !== "ENOSPC") throw error;
		throw new CloudFault(
			"NoRoom",
			`${parentOf()} is full: the Parquet files of a query stand there open while it runs; give it more room, or ask for less`,
		);
	}
}

function parentOf(): string {
	const memory = "/dev/shm";
	try {
		accessSync(memory, constants.W_OK | constants.X_OK);
		return memory;
	} catch {
		return tmpdir();
	}
}

/** Removes what processes have left that ended without a word. */
function sweep(parent: string): void {
	for (const name of readdirSync(parent)) {
		if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10)))
			continue;
		try {
			rmSync(join(parent, name), { recursive: true, force: true });
		} catch {
			// It is somebody else's.
		}
	}
}

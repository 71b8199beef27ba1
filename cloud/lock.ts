import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { CloudFault, codeOf } from "./fault.ts";

/**
 * Takes a data directory for this process: two clouds on one archive would not see each other's
 * observations.
 *
 * @returns what gives it back
 * @throws {CloudFault} "InUse" when another live process has it
 */
export function takeLock(path: string): () => void {
	for (;;) {
		try {
			const file = openSync(path, "wx", 0o600);
			writeSync(file, `${process.pid}\n`);
			closeSync(file);
			return () => unlinkSync(path);
		} catch (error) {
			if (codeOf(error) !== "EEXIST") throw error;
		}
		const owner = Number.parseInt(readFileSync(path, "utf8"), 10);
		if (isAlive(owner)) {
			throw new CloudFault(
				"InUse",
				`the data directory is in use by process ${owner}; if that is no Isobar cloud, remove ${path}`,
			);
		}
		unlinkSync(path);
	}
}

/** The live process that has a data directory; `undefined` when none has. */
export function lockOwner(path: string): number | undefined {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if (codeOf(error) === "ENOENT") return undefined;
		throw error;
	}
	const owner = Number.parseInt(text, 10);
	return isAlive(owner) ? owner : undefined;
}

/** Whether a process of that id runs. */
export function isAlive(pid: number): boolean {
	if (!Number.isSafeInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return codeOf(error) === "EPERM";
	}
}

import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { codeOf } from "./fault.ts";

/** Ends the name of a file that is still being written; such files are leftovers of a crash. */
export const temporarySuffix = ".tmp";

/** Makes a directory that only its owner may enter, and its parents, when they are missing. */
export async function makeDirectory(path: string): Promise<void> {
	await mkdir(path, { recursive: true, mode: 0o700 });
}

/** The text of a file, or `undefined` when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if (codeOf(error) === "ENOENT") return undefined;
		throw error;
	}
}

/**
 * Makes a new file, whole or not at all. Its name is durable after `syncDirectory`.
 *
 * A hard link puts it in its place: unlike a rename it fails when somebody was quicker, so a key
 * is never overwritten.
 *
 * @returns whether it was made; false when there was one already, which is then untouched
 */
export async function createFile(
	path: string,
	text: string | Uint8Array,
	mode: number,
): Promise<boolean> {
	const temporary = await writeTemporary(path, text, mode);
	try {
		await link(temporary, path);
	} catch (error) {
		if (codeOf(error) === "EEXIST") return false;
		throw error;
	} finally {
		await unlink(temporary);
	}
	return true;
}

/**
 * Puts `text` in the place of a file: after a crash the old one or the new one stands there whole,
 * and surely the new one after `syncDirectory`.
 *
 * @param stillWanted  asked after the text is on disk and before it takes its place
 * @returns whether it took its place
 */
export async function replaceFile(
	path: string,
	text: string | Uint8Array,
	mode: number,
	stillWanted: () => boolean = () => true,
): Promise<boolean> {
	const temporary = await writeTemporary(path, text, mode);
	if (!stillWanted()) {
		await unlink(temporary);
		return false;
	}
	await rename(temporary, path);
	return true;
}

/** A new name is durable only when the directory that holds it is. */
export async function syncDirectory(path: string): Promise<void> {
	const directory = await open(path, "r");
	try {
		await directory.sync();
	} finally {
		await directory.close();
	}
}

async function writeTemporary(
	path: string,
	text: string | Uint8Array,
	mode: number,
): Promise<string> {
	const temporary = `${path}.${randomBytes(6).toString("hex")}${temporarySuffix}`;
	const file = await open(temporary, "wx", mode);
	try {
		await file.writeFile(text);
		await file.sync();
	} finally {
		await file.close();
	}
	return temporary;
}

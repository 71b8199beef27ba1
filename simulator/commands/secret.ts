import { readFileSync, statSync } from "node:fs";
import { messageOf } from "../../cloud/fault.ts";
import type { Host } from "./host.ts";
import { UsageError } from "./options.ts";

/**
 * The passphrase of the authority's private key: in `ISOBAR_CA_PASSPHRASE`, or in the file that
 * `ISOBAR_CA_KEY_FILE` names. Not an option: the list of processes shows those to everybody.
 *
 * @throws {UsageError} for a file that is missing or empty, or an empty passphrase
 */
export function authorityPassphrase({ environment }: Host): string | undefined {
	const { ISOBAR_CA_PASSPHRASE: given, ISOBAR_CA_KEY_FILE: file } = environment;
	if (given === "") throw new UsageError("ISOBAR_CA_PASSPHRASE is empty; expected a passphrase");
	if (given !== undefined || file === undefined) return given;
	return readSecret("ISOBAR_CA_KEY_FILE", file, "a passphrase");
}

/**
 * The key of an encrypted data directory: in `ISOBAR_DATA_KEY`, or in the file that `ISOBAR_DATA_KEY_FILE`
 * or `--key-file` names, which nobody else may read.
 *
 * @throws {UsageError} for a file that is missing, empty or readable by others, or an empty key
 */
export function dataKey({ environment }: Host): string | undefined {
	const { ISOBAR_DATA_KEY: given, ISOBAR_DATA_KEY_FILE: file } = environment;
	const expected = "a passphrase, or 32 random bytes in hex or Base64";
	if (given === "") throw new UsageError(`ISOBAR_DATA_KEY is empty; expected ${expected}`);
	if (given !== undefined || file === undefined) return given;
	const text = readSecret("the key file", file, expected);
	const mode = statSync(file).mode & 0o777;
	if ((mode & 0o077) === 0 || process.platform === "win32") return text;
	throw new UsageError(
		`the key file: ${file} has mode ${mode.toString(8)}, so that others can read or change it; expected 600`,
	);
}

function readSecret(name: string, file: string, expected: string): string {
	let text: string;
	try {
		text = readFileSync(file, "utf8").trim();
	} catch (error) {
		throw new UsageError(`${name}: ${messageOf(error)}; expected a file with ${expected}`);
	}
	if (text === "") throw new UsageError(`${name}: ${file} is empty; expected ${expected}`);
	return text;
}

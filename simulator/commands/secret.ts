import { readFileSync } from "node:fs";
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
	let text: string;
	try {
		text = readFileSync(file, "utf8").trim();
	} catch (error) {
		throw new UsageError(
			`ISOBAR_CA_KEY_FILE: ${messageOf(error)}; expected a file with a passphrase`,
		);
	}
	if (text === "")
		throw new UsageError(`ISOBAR_CA_KEY_FILE: ${file} is empty; expected a passphrase`);
	return text;
}

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { encryptCopy, Vault } from "../../cloud/index.ts";
import { ExitCode, type Host } from "./host.ts";
import { UsageError } from "./options.ts";
import { authorityPassphrase, dataKey } from "./secret.ts";

/** What the user asked for, by the names of the options. */
interface DecryptOptions {
	readonly data: string;
	readonly out?: string;
}

interface EncryptOptions {
	readonly from: string;
	readonly to: string;
	readonly json?: boolean;
}

/** Adds `isobar encrypt`, a data directory sealed, and `isobar decrypt`, one of its files as it would stand open. */
export function addEncryptionCommands(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
	program
		.command("encrypt")
		.description("Writes an encrypted copy of a data directory on which no cloud runs.")
		.option("--from <DIR>", "a data directory that is not encrypted; it stays as it is", ".isobar")
		.requiredOption("--to <DIR>", "the copy; a new directory")
		.option("--json", "the result as JSON")
		.action(async (options: EncryptOptions) => onEnd(await encrypt(options, host)));
	program
		.command("decrypt")
		.description("Writes a file of an encrypted data directory to stdout as it would stand open.")
		.argument("<FILE>", "below the data directory, such as archive/rejected.jsonl")
		.option("--data <DIR>", "data directory of the cloud", ".isobar")
		.option("--out <FILE>", "writes it there instead, readable by its owner alone")
		.action(async (file: string, options: DecryptOptions) =>
			onEnd(await decrypt(file, options, host)),
		);
}

async function encrypt({ from, to, json }: EncryptOptions, host: Host): Promise<ExitCode> {
	const keys = { dataKey: dataKey(host), caPassphrase: authorityPassphrase(host) };
	const sealed = await encryptCopy(from, to, keys);
	host.stdout.write(
		json
			? `${JSON.stringify({ to, sealed })}\n`
			: `${sealed} files are sealed in ${to}; ${from} is as it was: remove it when you have looked at the copy\n`,
	);
	return ExitCode.Ok;
}

/** @throws {UsageError} for a file that is not there */
async function decrypt(file: string, { data, out }: DecryptOptions, host: Host): Promise<ExitCode> {
	const vault = await Vault.open(data, { dataKey: dataKey(host) });
	const path = join(data, file);
	if (!existsSync(path)) throw new UsageError(`${file}: there is no such file in ${data}`);
	const bytes = vault.readAny(path);
	if (out === undefined) host.stdout.write(bytes.toString());
	else writeFileSync(out, bytes, { mode: 0o600 });
	return ExitCode.Ok;
}

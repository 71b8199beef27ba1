import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { Vault } from "../../cloud/index.ts";
import { ExitCode, type Host } from "./host.ts";
import { UsageError } from "./options.ts";
import { dataKey } from "./secret.ts";

/** What the user asked for, by the names of the options. */
interface DecryptOptions {
	readonly data: string;
	readonly out?: string;
}

/** Adds `isobar decrypt`: one file of an encrypted data directory, as it would stand open. */
export function addDecryptCommand(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
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

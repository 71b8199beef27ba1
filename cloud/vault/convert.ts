import { existsSync, readdirSync, statSync } from "node:fs";
import { copyFile, rename } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { CloudFault } from "../fault.ts";
import { makeDirectory, syncDirectory } from "../file.ts";
import { Layout } from "../layout.ts";
import { takeLock } from "../lock.ts";
import { DiskLog, readLines } from "../log.ts";
import { openAuthority, type Secrets } from "../registry/authoritykey.ts";
import { KeyFault } from "./fault.ts";
import { Vault, type VaultOptions } from "./vault.ts";

/** Files of lines, by their paths below the data directory. */
const lineFiles =
	/^(archive\/((health\/)?observations(-\d+)?|rejected(\.1)?|stations)\.jsonl|events\/[^/]+\.jsonl|rules\/state\/[^/]+\.jsonl|targets\/(tables|queues)\/[^/]+\.jsonl|targets\/streams\/[^/]+\.(part|full))$/;

/** What stands in the clear in an encrypted directory, too: docs/adr/0008-encryption-at-rest.md. */
const openFiles =
	/^([^/]+\.crt|ca\.key|(things|claims)\/[^/]+\.crt|(templates|authorities|notify|logs|stations|build)\/.*|rules\/(?!state\/).*|(notify|logging)\.json)$/;

/** What belongs to a process, and leftovers of one. */
const passingFiles =
	/^(cloud\.lock|http\.json|.*\.tmp|archive\/(health\/)?(spill\.tmp|query-[^/]+)\/.*)$/;

/** Lines that are sealed together. */
const linesTogether = 1_000;

/**
 * Writes an encrypted copy of a data directory that is not encrypted. That one is only read, and nobody may
 * write to it meanwhile; the copy has its name when it is whole.
 *
 * @returns how many files were sealed
 * @throws {KeyFault} for a directory that is encrypted, or no key
 * @throws {CloudFault} "InUse" while a cloud has it, "Exists" when the copy is there or was begun
 */
export async function encryptCopy(
	from: string,
	to: string,
	{ dataKey, caPassphrase }: Pick<VaultOptions, "dataKey"> & Pick<Secrets, "caPassphrase">,
): Promise<number> {
	if (existsSync(new Layout(from).vault)) {
		throw new KeyFault("NotPlain", `${from} is encrypted; expected a data directory that is not`);
	}
	if (!existsSync(new Layout(from).archive)) {
		throw new CloudFault("NoArchive", `${from}: no archive is there`);
	}
	const partial = `${to}.partial`;
	for (const path of [to, partial]) {
		if (existsSync(path))
			throw new CloudFault("Exists", `${path} is there; expected a new directory`);
	}
	const unlock = takeLock(new Layout(from).lock);
	try {
		const vault = await Vault.open(partial, { dataKey, encrypt: true });
		const sealed = await copyAll(from, partial, vault);
		await openAuthority(new Layout(partial), { caPassphrase, vault });
		await rename(partial, to);
		await syncDirectory(dirname(to));
		return sealed;
	} finally {
		unlock();
	}
}

async function copyAll(from: string, to: string, vault: Vault): Promise<number> {
	let sealed = 0;
	for (const name of readdirSync(from, { recursive: true, encoding: "utf8" })) {
		const [source, target] = [join(from, name), join(to, name)];
		const path = name.split(sep).join("/");
		if (passingFiles.test(path) || !statSync(source).isFile()) continue;
		await makeDirectory(dirname(target));
		if (openFiles.test(path)) await copyFile(source, target);
		else {
			if (lineFiles.test(path)) await sealLines(source, target, vault);
			else await vault.sealFile(source, target, target);
			sealed += 1;
		}
		await syncDirectory(dirname(target));
	}
	return sealed;
}

async function sealLines(source: string, target: string, vault: Vault): Promise<void> {
	const groups: string[][] = [[]];
	await readLines(source, (line) => {
		if (groups.at(-1)!.length === linesTogether) groups.push([]);
		groups.at(-1)!.push(line);
	});
	const { log } = await DiskLog.open(target, () => {}, vault.lines(target));
	for (const group of groups) {
		if (group.length > 0) await log.append(Buffer.from(`${group.join("\n")}\n`));
	}
	log.close();
}

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A key as `openssl rand -hex 32` gives it: nothing has to be stretched, so that tests are quick. */
export const dataKey = "5eed".repeat(16);

/** Every file below a directory with its bytes, by its path there. */
export function filesOf(directory: string): Map<string, Buffer> {
	const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
	const files = names.filter((name) => statSync(join(directory, name)).isFile());
	return new Map(files.map((name) => [name, readFileSync(join(directory, name))]));
}

/** The bytes with one changed to each of two other values. */
export function* flips(bytes: Buffer): Generator<{ at: number; changed: Buffer }> {
	for (let at = 0; at < bytes.length; at++) {
		for (const mask of [0x01, 0x80]) {
			const changed = Buffer.from(bytes);
			changed[at]! ^= mask;
			yield { at, changed };
		}
	}
}

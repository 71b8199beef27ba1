import { expect, test } from "@jest/globals";
import { GroupCommit } from "../../cloud/commit.ts";
import type { AppendLog } from "../../cloud/log.ts";

/** A log that keeps what it was given only as long as it may, and ends a write when it is told to. */
class SlowLog implements AppendLog {
	text = "";
	readonly #ends: ((error?: Error) => void)[] = [];
	#onWrite = (): void => {};

	append(bytes: Uint8Array): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#ends.push((error) => {
				if (error) return reject(error);
				this.text += Buffer.from(bytes).toString();
				resolve();
			});
			this.#onWrite();
		});
	}

	/** Ends the write that is under way, or the next one. */
	async end(error?: Error): Promise<void> {
		while (this.#ends.length === 0) {
			await new Promise<void>((resolve) => {
				this.#onWrite = resolve;
			});
		}
		this.#ends.shift()!(error);
	}

	close(): void {}
}

test("what comes while a write runs changes nothing of what is written", async () => {
	const log = new SlowLog();
	const commit = new GroupCommit(log);
	const called: string[] = [];
	const add = (name: string, lines: string | Uint8Array): void =>
		commit.add(lines, (error) => called.push(error ? `${name}: ${error.message}` : name));
	const piece = Buffer.from("a\n");
	add("a", piece);
	// The caller goes on with its memory at once.
	piece.fill("x");
	add("b", "ö\n");
	// Twice as much as the memory of a group has at first, so that it has to grow.
	const large = `${"c".repeat(40_000)}\n`;
	for (let round = 0; round < 3; round++) {
		await new Promise((resolve) => setImmediate(resolve));
		add(`c${round}`, Buffer.from(large));
		await log.end();
	}
	await log.end();
	await commit.idle();
	expect(log.text).toBe(`a\nö\n${large.repeat(3)}`);
	expect(called).toEqual(["a", "b", "c0", "c1", "c2"]);
});

test("what gathered while a write failed is in no later one", async () => {
	const log = new SlowLog();
	const commit = new GroupCommit(log);
	const called: string[] = [];
	const add = (name: string): void =>
		commit.add(`${name}\n`, (error) => called.push(error ? `${name} failed` : name));
	add("a");
	await new Promise((resolve) => setImmediate(resolve));
	add("b");
	await log.end(new Error("full"));
	await commit.idle();
	add("c");
	await log.end();
	await commit.idle();
	expect(called).toEqual(["a failed", "b failed", "c"]);
	expect(log.text).toBe("c\n");
});

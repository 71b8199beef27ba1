import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { ClearRoom, inRoom } from "../../../cloud/vault/room.ts";

test("a room is its owner's alone, in memory where there is such a folder, and is gone in the end", async () => {
	const room = new ClearRoom();
	const directory = dirname(room.path("a"));
	expect(dirname(directory)).toBe(existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
	expect(statSync(directory).mode & 0o777).toBe(0o700);
	writeFileSync(room.path("a"), "open");
	await room.empty();
	expect(readdirSync(directory)).toEqual([]);
	writeFileSync(room.path("a"), "open");
	room.close();
	expect(existsSync(directory)).toBe(false);
});

test("what a process has left that was killed goes with the next room; that of one that lives stays", () => {
	const first = new ClearRoom();
	const { pid } = spawnSync(process.execPath, ["-e", ""]);
	const left = join(dirname(dirname(first.path("a"))), `isobar-clear-${pid}-test`);
	mkdirSync(left, { mode: 0o700 });
	writeFileSync(join(left, "observations.parquet"), "open");
	new ClearRoom().close();
	expect([existsSync(left), existsSync(dirname(first.path("a")))]).toEqual([false, true]);
	first.close();
	rmSync(left, { recursive: true, force: true });
});

test("a room that is full is one line that says so", () => {
	const full = (): never => {
		throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
	};
	expect(() => inRoom(full)).toThrow(/^\S+ is full: the Parquet files of a query stand there open/);
});

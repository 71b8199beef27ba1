import type { KeyValue } from "../../firmware/ports/storage.ts";

/** One requirement on every key-value domain. `run` throws when it is not met. */
export interface KeyValueCase {
	readonly name: string;
	/** @param domain  an empty domain */
	run(domain: KeyValue): void;
}

function check(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

function holds(domain: KeyValue, key: string, expected: Uint8Array | undefined): boolean {
	const value = domain.read(key);
	if (value === undefined || expected === undefined) return value === expected;
	return value.length === expected.length && value.every((byte, at) => byte === expected[at]);
}

/** What the firmware relies on in a key-value domain, as `firmware/ports/storage.ts` states it. */
export const keyValueCases: readonly KeyValueCase[] = [
	{
		name: "a key that was never written is undefined (ECMA-419 §30)",
		run(domain) {
			check(domain.read("nothing") === undefined, "there is something");
		},
	},
	{
		name: "what is written is read back, empty and of 512 bytes too",
		run(domain) {
			const long = Uint8Array.from({ length: 512 }, (_, at) => at & 0xff);
			domain.write("long", long);
			domain.write("empty", new Uint8Array(0));
			check(holds(domain, "long", long), "512 bytes");
			check(holds(domain, "empty", new Uint8Array(0)), "no bytes");
		},
	},
	{
		name: "a write replaces the whole value, and no other key",
		run(domain) {
			domain.write("one", Uint8Array.of(1, 2, 3));
			domain.write("two", Uint8Array.of(4));
			domain.write("one", Uint8Array.of(9));
			check(holds(domain, "one", Uint8Array.of(9)), "one");
			check(holds(domain, "two", Uint8Array.of(4)), "two");
		},
	},
	{
		name: "delete forgets one key; deleting what is not there is no error",
		run(domain) {
			domain.write("one", Uint8Array.of(1));
			domain.write("two", Uint8Array.of(2));
			domain.delete("one");
			domain.delete("one");
			domain.delete("never");
			check(holds(domain, "one", undefined), "one");
			check(holds(domain, "two", Uint8Array.of(2)), "two");
		},
	},
	{
		name: "the buffers belong to the caller again when the call returns",
		run(domain) {
			const bytes = Uint8Array.of(1, 2, 3);
			domain.write("key", bytes);
			bytes.fill(0);
			domain.read("key")?.fill(7);
			check(holds(domain, "key", Uint8Array.of(1, 2, 3)), "a buffer was kept");
		},
	},
];

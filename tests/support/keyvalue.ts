import type { KeyValue } from "../../firmware/ports/storage.ts";

/** A key-value domain in a map; `fails` makes every write throw. */
export class MapKeyValue implements KeyValue {
	fails = false;
	readonly items = new Map<string, Uint8Array>();

	read(key: string): Uint8Array | undefined {
		return this.items.get(key);
	}

	write(key: string, value: Uint8Array): void {
		if (this.fails) throw new Error("the medium failed");
		this.items.set(key, value.slice());
	}

	delete(key: string): void {
		this.items.delete(key);
	}
}

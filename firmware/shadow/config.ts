import { assert } from "../base/assert.ts";
import { freezeDeep } from "../base/freeze.ts";
import type { Document } from "../base/json.ts";
import type { KeyValue } from "../ports/storage.ts";

/** One setting of a station that the shadow can change. */
interface Field {
	readonly name: ConfigField;
	/** Inclusive, in the unit that the name ends in. */
	readonly minimum: number;
	readonly maximum: number;
}

export type ConfigField = "sampleSeconds" | "observeSeconds" | "reportSeconds";

/** How often a station samples, closes an observation and reports; whole seconds. */
export type Cadence = Readonly<Record<ConfigField, number>>;

/** What the shadow can change. The order is that of the stored form: add at the end only. */
const configFields: readonly Field[] = Object.freeze([
	Object.freeze({ name: "sampleSeconds", minimum: 1, maximum: 3_600 } as const),
	Object.freeze({ name: "observeSeconds", minimum: 1, maximum: 3_600 } as const),
	Object.freeze({ name: "reportSeconds", minimum: 1, maximum: 86_400 } as const),
]);

/** Settings that must not be longer than the next one: a report holds at least one observation. */
const nested: readonly (readonly [ConfigField, ConfigField])[] = freezeDeep([
	Object.freeze(["sampleSeconds", "observeSeconds"] as const),
	Object.freeze(["observeSeconds", "reportSeconds"] as const),
]);

const storageKey = "config";
const storedVersion = 1;
const bytesPerField = 4;

/**
 * What is wrong with a cadence, as one line that names the value and what was expected, or
 * `undefined` when it is right.
 */
export function cadenceFault(cadence: Record<ConfigField, unknown>): Refusal | undefined {
	for (const { name, minimum, maximum } of configFields) {
		const value = cadence[name];
		if (
			typeof value !== "number" ||
			!Number.isInteger(value) ||
			value < minimum ||
			value > maximum
		) {
			return {
				field: name,
				reason: `expected a whole number ${minimum}..${maximum}, got ${shown(value)}`,
			};
		}
	}
	for (const [inner, outer] of nested) {
		if ((cadence[inner] as number) > (cadence[outer] as number)) {
			return {
				field: outer,
				reason: `expected at least ${inner} (${shown(cadence[inner])}), got ${shown(cadence[outer])}`,
			};
		}
	}
	return undefined;
}

/** Why a wanted setting was not taken. */
export interface Refusal {
	readonly field: ConfigField;
	readonly reason: string;
}

/** A value in a message: bounded, whatever it is. */
function shown(value: unknown): string {
	return String(JSON.stringify(value)).slice(0, 40);
}

/**
 * The settings of a station: the definition's, until the shadow has changed them; kept over a
 * reboot.
 */
export class StationConfig {
	readonly #values: Record<ConfigField, number>;
	readonly #keyValue: KeyValue;
	#refusal: Refusal | undefined;
	#unsaved = 0;

	/**
	 * @param defaults  the cadence of the station's definition
	 * @param keyValue  where a changed cadence survives a reboot
	 */
	constructor(defaults: Cadence, keyValue: KeyValue) {
		assert(cadenceFault(defaults) === undefined, "the default cadence is valid");
		this.#values = { ...pickCadence(defaults) };
		this.#keyValue = keyValue;
		this.#load();
	}

	get sampleSeconds(): number {
		return this.#values.sampleSeconds;
	}

	get observeSeconds(): number {
		return this.#values.observeSeconds;
	}

	get reportSeconds(): number {
		return this.#values.reportSeconds;
	}

	/** The setting that was refused last, until a valid delta comes. */
	get refusal(): Refusal | undefined {
		return this.#refusal;
	}

	/** Changes that the key-value store did not take. */
	get unsaved(): number {
		return this.#unsaved;
	}

	/**
	 * Takes what a delta wants, wholly or not at all: settings that hold together are changed
	 * together. Members that are no settings of ours are left alone.
	 *
	 * @param wanted  `state` of a delta; nothing in it is trusted
	 * @returns whether anything has changed
	 */
	applyDelta(wanted: Document): boolean {
		const next: Record<ConfigField, unknown> = { ...this.#values };
		for (const { name } of configFields) {
			if (wanted[name] !== undefined) next[name] = wanted[name];
		}
		this.#refusal = cadenceFault(next);
		if (this.#refusal !== undefined) return false;
		const cadence = next as Record<ConfigField, number>;
		if (configFields.every(({ name }) => cadence[name] === this.#values[name])) return false;
		Object.assign(this.#values, cadence);
		this.#save();
		return true;
	}

	#load(): void {
		const stored = this.#read();
		if (stored === undefined || stored[0] !== storedVersion) return;
		if (stored.length !== 1 + configFields.length * bytesPerField) return;
		const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
		const cadence = { ...this.#values };
		configFields.forEach(({ name }, index) => {
			cadence[name] = view.getUint32(1 + index * bytesPerField);
		});
		if (cadenceFault(cadence) === undefined) Object.assign(this.#values, cadence);
	}

	#read(): Uint8Array | undefined {
		try {
			return this.#keyValue.read(storageKey);
		} catch {
			return undefined;
		}
	}

	/** A cadence that cannot be stored still holds until the reboot; the shadow brings it again. */
	#save(): void {
		const stored = new Uint8Array(1 + configFields.length * bytesPerField);
		stored[0] = storedVersion;
		const view = new DataView(stored.buffer);
		configFields.forEach(({ name }, index) => {
			view.setUint32(1 + index * bytesPerField, this.#values[name]);
		});
		try {
			this.#keyValue.write(storageKey, stored);
		} catch {
			this.#unsaved += 1;
		}
	}
}

function pickCadence(from: Cadence): Record<ConfigField, number> {
	return {
		sampleSeconds: from.sampleSeconds,
		observeSeconds: from.observeSeconds,
		reportSeconds: from.reportSeconds,
	};
}

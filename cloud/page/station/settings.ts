import { cadenceFault } from "../../../firmware/shadow/config.ts";
import schema from "../../../schema/shadow.schema.json";

/** A whole number of the schema, as a form asks for it. */
export interface NumberField {
	readonly name: "observeSeconds" | "reportSeconds" | "sampleSeconds";
	readonly title: string;
	readonly description: string;
	readonly minimum: number;
	readonly maximum: number;
}

const { sampleSeconds, observeSeconds, reportSeconds, limits } = schema.properties;

export const numberFields: readonly NumberField[] = [
	{ name: "sampleSeconds", ...sampleSeconds },
	{ name: "observeSeconds", ...observeSeconds },
	{ name: "reportSeconds", ...reportSeconds },
];

/**
 * What a station would refuse in a desired state, in one line, or `undefined`. Members that it has no
 * setting for are left to others.
 */
export function desiredFault(
	desired: Readonly<Record<string, unknown>>,
	reported: Readonly<Record<string, unknown>>,
): string | undefined {
	const cadence = { sampleSeconds: 1, observeSeconds: 1, reportSeconds: 86_400 };
	for (const { name, title, minimum, maximum } of numberFields) {
		const value = desired[name] ?? reported[name];
		if (value === undefined || value === null) continue;
		const isWhole = typeof value === "number" && Number.isInteger(value);
		if (!isWhole || value < minimum || value > maximum) {
			return `${title}: expected a whole number ${minimum}..${maximum}, got ${JSON.stringify(value)}`;
		}
		cadence[name] = value;
	}
	const fault = cadenceFault(cadence);
	if (fault !== undefined) return `${fault.field}: ${fault.reason}`;
	return limitsFault(desired.limits);
}

function limitsFault(wanted: unknown): string | undefined {
	if (wanted === undefined || wanted === null) return undefined;
	const isObject = (value: unknown): value is Record<string, unknown> =>
		typeof value === "object" && value !== null && !Array.isArray(value);
	if (!isObject(wanted)) return `${limits.title}: expected an object by channel`;
	for (const [channel, values] of Object.entries(wanted)) {
		if (values === null) continue;
		if (!isObject(values)) return `limits.${channel}: expected an object of numbers`;
		for (const [name, value] of Object.entries(values)) {
			if (value !== null && typeof value !== "number") {
				return `limits.${channel}.${name}: expected a number`;
			}
		}
	}
	return undefined;
}

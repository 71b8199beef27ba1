import { BME280Part } from "./bme280.ts";
import { BatteryPart, BucketPart, CupPart, VanePart } from "./gauges.ts";
import type { SimulatedPart, Surroundings } from "./part.ts";
import { SHT3xPart, SHT4xPart } from "./sht.ts";

type Make = (surroundings: Surroundings, hardware: object) => SimulatedPart;

const parts: Readonly<Record<string, Make>> = Object.freeze({
	BME280: (surroundings) => new BME280Part(surroundings),
	SHT3x: (surroundings) => new SHT3xPart(surroundings),
	SHT4x: (surroundings) => new SHT4xPart(surroundings),
	RainGauge: (surroundings, hardware) => new BucketPart(surroundings, hardware),
	Anemometer: (surroundings, hardware) => new CupPart(surroundings, hardware),
	WindVane: (surroundings, hardware) => new VanePart(surroundings, hardware),
	Battery: (surroundings, hardware) => new BatteryPart(surroundings, hardware),
});

/**
 * Makes the simulated part that stands for a real one.
 *
 * @param name      the name by which the driver calls its part, `Driver.part.name`
 * @param hardware  what the driver is configured with, as far as it describes the instrument: rain a
 *   tip, resistances
 * @returns `undefined` for a part that is not simulated here
 */
export function createPart(
	name: string,
	surroundings: Surroundings,
	hardware: object = {},
): SimulatedPart | undefined {
	return Object.hasOwn(parts, name) ? parts[name]!(surroundings, hardware) : undefined;
}

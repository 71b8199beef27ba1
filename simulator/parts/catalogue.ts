import { SCD4xPart, SPS30Part } from "./air.ts";
import { BME280Part } from "./bme280.ts";
import { BMP390Part } from "./bmp390.ts";
import { BatteryPart, BucketPart, CupPart, PotentiometerVanePart, VanePart } from "./gauges.ts";
import { LTR390Part, VEML7700Part } from "./light.ts";
import type { SimulatedPart, Surroundings } from "./part.ts";
import { INA219Part, MAX17048Part } from "./power.ts";
import { SHT3xPart, SHT4xPart } from "./sht.ts";

type Make = (surroundings: Surroundings, hardware: object) => SimulatedPart;

const parts: Readonly<Record<string, Make>> = Object.freeze({
	Anemometer: (surroundings, hardware) => new CupPart(surroundings, hardware),
	Battery: (surroundings, hardware) => new BatteryPart(surroundings, hardware),
	BME280: (surroundings) => new BME280Part(surroundings),
	BMP390: (surroundings) => new BMP390Part(surroundings),
	INA219: (surroundings, hardware) => new INA219Part(surroundings, hardware),
	LTR390: (surroundings) => new LTR390Part(surroundings),
	MAX17048: (surroundings) => new MAX17048Part(surroundings),
	PotentiometerVane: (surroundings, hardware) => new PotentiometerVanePart(surroundings, hardware),
	RainGauge: (surroundings, hardware) => new BucketPart(surroundings, hardware),
	SCD4x: (surroundings) => new SCD4xPart(surroundings),
	SHT3x: (surroundings) => new SHT3xPart(surroundings),
	SHT4x: (surroundings) => new SHT4xPart(surroundings),
	SPS30: (surroundings) => new SPS30Part(surroundings),
	VEML7700: (surroundings) => new VEML7700Part(surroundings),
	WindVane: (surroundings, hardware) => new VanePart(surroundings, hardware),
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

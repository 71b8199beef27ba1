import type { Part, Sensor } from "../firmware/ports/sensor.ts";
import { Anemometer } from "./anemometer.ts";
import { Battery } from "./battery.ts";
import { BME280 } from "./bme280.ts";
import { RainGauge } from "./raingauge.ts";
import { SHT3x } from "./sht3x.ts";
import { SHT4x } from "./sht4x.ts";
import { WindVane } from "./windvane.ts";

/** A class of this catalogue. The options of each differ; the type of the class itself says which. */
export interface SensorClass {
	new (options: never): Sensor;
	readonly part: Part;
}

/** Every driver, by the name of its part. */
export const catalogue = Object.freeze({
	Anemometer,
	BME280,
	Battery,
	RainGauge,
	SHT3x,
	SHT4x,
	WindVane,
} as const satisfies Record<string, SensorClass>);

export type PartName = keyof typeof catalogue;

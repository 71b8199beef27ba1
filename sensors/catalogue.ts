import type { Part, Sensor } from "../firmware/ports/sensor.ts";
import { Anemometer } from "./anemometer.ts";
import { Battery } from "./battery.ts";
import { BME280 } from "./bme280.ts";
import { BMP390 } from "./bmp390.ts";
import { INA219 } from "./ina219.ts";
import { LTR390 } from "./ltr390.ts";
import { MAX17048 } from "./max17048.ts";
import { PotentiometerVane } from "./potentiometervane.ts";
import { RainGauge } from "./raingauge.ts";
import { SCD4x } from "./scd4x.ts";
import { SHT3x } from "./sht3x.ts";
import { SHT4x } from "./sht4x.ts";
import { SPS30 } from "./sps30.ts";
import { VEML7700 } from "./veml7700.ts";
import { WindVane } from "./windvane.ts";

/** A class of this catalogue. The options of each differ; the type of the class itself says which. */
export interface SensorClass {
	new (options: never): Sensor;
	readonly part: Part;
}

/** Every driver, by the name of its part. */
export const catalogue = Object.freeze({
	Anemometer,
	Battery,
	BME280,
	BMP390,
	INA219,
	LTR390,
	MAX17048,
	PotentiometerVane,
	RainGauge,
	SCD4x,
	SHT3x,
	SHT4x,
	SPS30,
	VEML7700,
	WindVane,
} as const satisfies Record<string, SensorClass>);

export type PartName = keyof typeof catalogue;

/**
 * Quantities that are not measured but follow from those that are: pure functions of numbers that
 * carry their units. docs/meteorology.md lists formula, range and source of each.
 */
export { apparentTemperature, heatIndex, windChill } from "./comfort.ts";
export { type EvaporationDay, referenceEvapotranspiration } from "./evapotranspiration.ts";
export {
	absoluteHumidity,
	dewPoint,
	frostPoint,
	mixingRatio,
	saturationPressure,
	saturationPressureOverIce,
	vapourPressure,
	wetBulb,
} from "./humidity.ts";
export {
	airDensity,
	altimeterSetting,
	seaLevelPressure,
	tendencyCharacteristic,
} from "./pressure.ts";
export { sunPosition } from "./sun.ts";
export { beaufort, windRun } from "./windscale.ts";

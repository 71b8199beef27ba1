export { Anemometer, type AnemometerOptions } from "./anemometer.ts";
export { Battery, type BatteryOptions } from "./battery.ts";
export { BME280, type BME280Options } from "./bme280.ts";
export { catalogue, type PartName, type SensorClass } from "./catalogue.ts";
export { SensorFault } from "./fault.ts";
export { RainGauge, type RainGaugeOptions } from "./raingauge.ts";
export { SHT3x, type SHT3xOptions } from "./sht3x.ts";
export { SHT4x, type SHT4xOptions } from "./sht4x.ts";
export { WindVane, type WindVaneOptions } from "./windvane.ts";

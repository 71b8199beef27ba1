/** Currents of a chip from its data sheet, in mA at 3.3 V. */
export interface ChipFigures {
	/** Radio off, both cores waiting. */
	readonly idleMa: number;
	/** Radio off, both cores at work. */
	readonly busyMa: number;
	/** Radio listening or receiving, processor included. */
	readonly receiveMa: number;
	/** Radio sending at full power, processor included. */
	readonly sendMa: number;
	/** Deep sleep with the timer and the memory that is retained. */
	readonly sleepMa: number;
}

/**
 * ESP32 Series Datasheet v5.2: table 4-2, modem-sleep at 240 MHz with two cores 30..68 mA, deep-sleep
 * "RTC timer + RTC memory" 10 µA; table 5-4, receiving 95..100 mA, sending 802.11b with 19.5 dBm 240 mA.
 */
export const esp32: ChipFigures = Object.freeze({
	idleMa: 30,
	busyMa: 68,
	receiveMa: 100,
	sendMa: 240,
	sleepMa: 0.01,
});

/**
 * The other chips, by the board that has them. Modem-sleep is at the full clock with the clocks of the
 * peripherals off; sending is 802.11b at full power, of which these sheets give the peak.
 */
const otherChips: Readonly<Record<string, ChipFigures>> = Object.freeze({
	// ESP32-S3-WROOM-1 datasheet, tables 12 to 14 (excerpted there from the chip's): 240 MHz, both cores.
	esp32s3: { idleMa: 32.9, busyMa: 66.2, receiveMa: 95, sendMa: 355, sleepMa: 0.007 },
	// ESP32-C3 Series Datasheet, tables 5-7 to 5-9: 160 MHz.
	esp32c3: { idleMa: 16, busyMa: 23, receiveMa: 84, sendMa: 335, sleepMa: 0.005 },
	// ESP32-C6 Series Datasheet, tables 4-5, 4-8 and 4-9 of its first issue: 160 MHz.
	esp32c6: { idleMa: 17, busyMa: 27, receiveMa: 78, sendMa: 354, sleepMa: 0.007 },
});

/** The figures of the chip of a board; those of the ESP32 for a board that is not known here. */
export function chipOf(board: string): ChipFigures {
	return otherChips[board] ?? esp32;
}

/** What a sensor takes. */
export interface SensorFigures {
	/** All the time, in mA: asleep, or through its resistors. */
	readonly standingMa: number;
	/** For each sample: mA while it measures, and for how many ms. */
	readonly measureMa: number;
	readonly measureMs: number;
	readonly source: string;
}

const pulse: SensorFigures = Object.freeze({
	standingMa: 0.037,
	measureMa: 0,
	measureMs: 0,
	source:
		"a switch that is closed half of the time, against the chip's pull-up of 45 kΩ (ESP32 DS v5.2 table 5-3)",
});

/** By the name of the part. The data sheets are those of docs/sensors.md. */
export const sensorFigures: Readonly<Record<string, SensorFigures>> = Object.freeze({
	BME280: {
		standingMa: 0.0001,
		measureMa: 0.714,
		measureMs: 10,
		source: "BST-BME280-DS002 table 1, §9.1: pressure measurement, 9.3 ms at oversampling 1",
	},
	BMP390: {
		standingMa: 0.002,
		measureMa: 0.7,
		measureMs: 10,
		source: "BST-BMP390-DS002 table 2: sleep and peak current",
	},
	SHT3x: { standingMa: 0.0002, measureMa: 0.6, measureMs: 15, source: "SHT3x-DIS v5 table 4" },
	SHT4x: { standingMa: 0.00008, measureMa: 0.32, measureMs: 8.3, source: "SHT4x v6.4 tables 4, 5" },
	SCD4x: { standingMa: 15, measureMa: 0, measureMs: 0, source: "SCD4x v1.3: periodic, at 3.3 V" },
	SPS30: { standingMa: 55, measureMa: 0, measureMs: 0, source: "SPS30 v1.0: measuring, at 5 V" },
	MAX17048: { standingMa: 0.023, measureMa: 0, measureMs: 0, source: "Maxim 19-6171" },
	INA219: { standingMa: 1, measureMa: 0, measureMs: 0, source: "SBOS448G: at most" },
	RainGauge: pulse,
	Anemometer: pulse,
	WindVane: {
		standingMa: 0.309,
		measureMa: 0,
		measureMs: 0,
		source: "3.3 V over 10 kΩ and the smallest resistor of the vane, 688 Ω (Argent 80422)",
	},
	Battery: {
		standingMa: 0.021,
		measureMa: 0,
		measureMs: 0,
		source: "4.2 V over a divider of 200 kΩ",
	},
});

/**
 * What no data sheet says, in ms; assumed, and each on docs/hardware-checklist.md to be measured.
 */
export const assumed = Object.freeze({
	/** From the end of deep sleep to the first line of the firmware, the image checked. */
	boot: 400,
	/** From there until an observation is in flash. */
	observe: 100,
	/** Wi-Fi with an address, and the work of TLS; what packets take on their way is in the simulation. */
	connect: 2_500,
	/** Radio on the air for one MQTT packet with TLS and TCP, at the lowest rate. */
	packet: 4,
	/** Radio on at each beacon in modem sleep, and between two of them (IEEE 802.11: 100 TU). */
	beacon: 5,
	beaconInterval: 102.4,
});

/** What a board is to the tools that build for it and write to it. */
export interface Board {
	/** As in `--board` and in the station's definition. */
	readonly name: string;
	readonly title: string;
	/** Target of mcconfig. */
	readonly platform: string;
	/** As ESP-IDF and esptool name it. */
	readonly chip: string;
	/** Where the ROM expects the bootloader. */
	readonly bootloaderOffset: number;
	/** Pins that a sensor can have. */
	readonly pins: readonly number[];
	/** Pins that can be read and not driven, and have no pull-up. */
	readonly inputPins: readonly number[];
	/** Pins of the first converter; a second one, where there is any, belongs to Wi-Fi. */
	readonly analogPins: readonly number[];
}

/** `[1, 3, [5, 8]]` is 1, 3, 5, 6, 7, 8. */
function pins(...list: readonly (number | readonly [number, number])[]): readonly number[] {
	return list.flatMap((one) =>
		typeof one === "number"
			? [one]
			: Array.from({ length: one[1] - one[0] + 1 }, (_, index) => one[0] + index),
	);
}

/**
 * The boards that there are manifests for. Pins of the flash, of the console and of the USB port
 * are left out. Sources: the data sheets of ESP32 (v4.7 §2.2), ESP32-S3, ESP32-C3 and ESP32-C6;
 * the schematic of the WT32-ETH01 v1.4.
 */
export const boards: readonly Board[] = Object.freeze([
	{
		name: "esp32",
		title: "ESP32 DevKitC",
		platform: "esp32/nodemcu",
		chip: "esp32",
		bootloaderOffset: 0x1000,
		pins: pins(0, 2, 4, 5, [12, 19], [21, 23], [25, 27], [32, 36], 39),
		inputPins: pins([34, 36], 39),
		analogPins: pins([32, 36], 39),
	},
	{
		name: "esp32s3",
		title: "ESP32-S3 DevKitC-1",
		platform: "esp32/esp32s3",
		chip: "esp32s3",
		bootloaderOffset: 0,
		pins: pins([0, 18], 21, [38, 42], [45, 48]),
		inputPins: [],
		analogPins: pins([1, 10]),
	},
	{
		name: "esp32c3",
		title: "ESP32-C3 DevKitM-1",
		platform: "esp32/esp32c3",
		chip: "esp32c3",
		bootloaderOffset: 0,
		pins: pins([0, 10]),
		inputPins: [],
		analogPins: pins([0, 4]),
	},
	{
		name: "esp32c6",
		title: "ESP32-C6 DevKitC-1",
		platform: "esp32/esp32c6",
		chip: "esp32c6",
		bootloaderOffset: 0,
		pins: pins([0, 11], 15, [18, 23]),
		inputPins: [],
		analogPins: pins([0, 6]),
	},
	{
		name: "wt32-eth01",
		title: "WT32-ETH01, Ethernet",
		platform: "esp32/wt32_eth01",
		chip: "esp32",
		bootloaderOffset: 0x1000,
		pins: pins(2, 4, 5, 12, 14, 15, 17, 32, 33, 35, 36, 39),
		inputPins: pins(35, 36, 39),
		analogPins: pins(32, 33, 35, 36, 39),
	},
]);

/** What is looked at of a station's definition. */
export interface PinnedStation {
	readonly board: string;
	readonly buses: Readonly<Record<string, { readonly data: number; readonly clock: number }>>;
	readonly sensors: readonly {
		readonly name: string;
		readonly placement: { readonly pin?: number | undefined };
		readonly Driver: { readonly part: { readonly io: string } };
	}[];
}

/** What of a station this board cannot do, one line for each pin; empty when it can do all of it. */
export function boardFaults(board: Board, station: PinnedStation): string[] {
	if (station.board !== board.name) {
		return [`board: the station is made for "${station.board}", not for "${board.name}"`];
	}
	const faults: string[] = [];
	const check = (where: string, pin: number, allowed: readonly number[], what: string): void => {
		if (!allowed.includes(pin)) {
			faults.push(
				`${where}: pin ${pin} is no ${what} of ${board.title}; it has ${allowed.join(", ")}`,
			);
		}
	};
	const busPins = board.pins.filter((pin) => !board.inputPins.includes(pin));
	for (const [name, { data, clock }] of Object.entries(station.buses)) {
		check(`buses.${name}.data`, data, busPins, "pin for a bus");
		check(`buses.${name}.clock`, clock, busPins, "pin for a bus");
	}
	for (const { name, placement, Driver } of station.sensors) {
		if (placement.pin === undefined) continue;
		if (Driver.part.io === "Analog") {
			check(`sensor ${name}`, placement.pin, board.analogPins, "analog input");
		} else {
			check(`sensor ${name}`, placement.pin, board.pins, "free pin");
		}
	}
	return faults;
}

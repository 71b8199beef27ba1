/**
 * Maxim MAX17048: voltage and state of charge of one lithium cell, over SMBus.
 *
 * Data sheet: 19-6171, revision 7, November 2016 ("DS"). The gauge measures on its own, each 250 ms,
 * or each 45 s while it hibernates. It is never reset from here: it would forget what it has learnt of
 * the cell.
 */
import type { I2COptions, SMBus, SMBusConstructor } from "../firmware/ports/io.ts";
import type {
	Identification,
	Part,
	Sample,
	Sensor,
	SensorOptions,
} from "../firmware/ports/sensor.ts";
import { checkId, SensorFault } from "./fault.ts";

/** DS table 2, register summary. All are words, the higher byte first. */
const Register = Object.freeze({ VCELL: 0x02, SOC: 0x04, VERSION: 0x08 } as const);

/** DS table 2: VERSION is 0x001x, and x is the production version. */
const version = 0x0010;
const voltsPerStep = 78.125e-6;
const percentPerStep = 1 / 256;

export class MAX17048 implements Sensor {
	static readonly part: Part = Object.freeze({
		name: "MAX17048",
		io: "SMBus",
		channels: Object.freeze(["batteryVoltage", "stateOfCharge"]),
	});

	readonly #io: SMBus;

	/** @throws {SensorFault} "part" when another part answers, "unplugged" when nothing drives the bus */
	constructor({ sensor: { io: SMBus, ...bus } }: SensorOptions<SMBusConstructor, I2COptions>) {
		this.#io = new SMBus(bus);
		try {
			const id = this.#io.readUint16(Register.VERSION, true);
			checkId(id === 0xffff ? 0xff : id & 0xfff0, version);
		} catch (error) {
			this.#io.close();
			throw error;
		}
	}

	get identification(): Identification {
		return { model: "Maxim MAX17048", classification: "Battery" };
	}

	start(): number {
		return 0;
	}

	/** @throws {SensorFault} "unplugged" when there is no cell */
	sample(into: Sample): Sample | undefined {
		into.missing = undefined;
		into.battery ??= { voltage: undefined };
		into.battery.voltage = undefined;
		into.battery.stateOfCharge = undefined;
		const steps = this.#io.readUint16(Register.VCELL, true);
		if (steps === 0) throw new SensorFault("unplugged", "there is no cell");
		const charge = this.#io.readUint16(Register.SOC, true) * percentPerStep;
		into.battery.voltage = steps * voltsPerStep;
		// The model can come out a little above what it takes for full.
		into.battery.stateOfCharge = Math.min(charge, 100);
		return into;
	}

	close(): void {
		this.#io.close();
	}
}

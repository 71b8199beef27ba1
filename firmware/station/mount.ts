import type { Device } from "../ports/device.ts";
import type { Sensor } from "../ports/sensor.ts";
import type { SensorMount } from "../sensing/scheduler.ts";
import { SensorBus } from "../sensing/sensorbus.ts";
import type { Commons } from "./commons.ts";
import type { SensorEntry, StationDefinition } from "./define.ts";

/** Standard mode of I2C, in Hz: what every part can do (NXP UM10204 §3.1). */
const defaultHz = 100_000;

/** The shape that every driver's constructor takes; `sensor()` has checked the rest. */
type AnyDriver = new (options: { sensor: object }) => Sensor;

/** How the scheduler makes each sensor of a definition, on the IO classes of this device. */
export function mountsOf(
	definition: StationDefinition,
	device: Device,
	{ fillings }: Commons,
	log: (line: string) => void,
): readonly SensorMount[] {
	const buses = new Map(
		Object.entries(definition.buses).map(([name, pins]) => [
			name,
			new SensorBus({ ...pins, name, Digital: device.io.Digital, log }),
		]),
	);
	return definition.sensors.map((entry, index) => ({
		name: entry.name,
		fillings: fillings[index]!,
		bus: buses.get(entry.placement.bus ?? ""),
		// A wait counted in ticks of a fast crystal is a little short. A station that is awake asks again in its
		// next round; one that sleeps would begin with the same part at each wake.
		slackMs: definition.power === "solar" ? 1 : 0,
		create: () => createSensor(entry, definition, device),
	}));
}

/** @throws what the driver throws: a part that is absent, or another one */
function createSensor(entry: SensorEntry, { buses }: StationDefinition, { io }: Device): Sensor {
	const { Driver, placement, configure } = entry;
	const { bus, address, pin, debounce } = placement;
	const place =
		bus === undefined
			? { pin, signal: pin, ...(debounce === undefined ? {} : { debounce }) }
			: { hz: defaultHz, ...buses[bus], address };
	const created = new (Driver as unknown as AnyDriver)({
		sensor: { ...place, io: io[Driver.part.io] },
	});
	if (configure !== undefined) created.configure?.(configure);
	return created;
}

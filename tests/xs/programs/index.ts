import "./text.ts";
import { ports, sensors, sockets, storage } from "./conformance.ts";
import { packets, payload, shadow } from "./golden.ts";
import { day, thousandReports } from "./station.ts";
import { world } from "./world.ts";

/** Where the host finds what it is asked to run. */
Object.assign(globalThis, {
	programs: Object.freeze({
		ports,
		sensors,
		sockets,
		storage,
		packets,
		payload,
		shadow,
		day,
		thousandReports,
		world,
	}),
});

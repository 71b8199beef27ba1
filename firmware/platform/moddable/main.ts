import { crash, log as print } from "embedded:isobar/chip";
import definition from "isobar:station";
import { Station } from "../../station/station.ts";
import { ModdableClock } from "./clock.ts";
import { CrashRecord, crashBytes, type Guard, guardWith } from "./crash.ts";
import { ModdableDevice, random } from "./device.ts";
import { type DeviceIdentity, openIdentity } from "./identity.ts";
import { datagramWith, NetworkInterface, resolverWith } from "./network.ts";
import { openRetained } from "./storage.ts";
import { tlsSocketWith } from "./tls.ts";

/** Called by the SDK once the machine stands; nothing of the firmware runs before. */
export default function main(): void {
	const record = new CrashRecord(openRetained(0, crashBytes));
	const log = (line: string): void => {
		record.note(line);
		print(line);
	};
	const guard = guardWith(log, crash);
	let isEnding = false;
	globalThis.abort = (reason) => {
		// With the heap full, saying so can fail, and then this is called again.
		if (!isEnding) {
			isEnding = true;
			log(`crash: ${reason}`);
		}
		crash();
	};
	guard(() => start(record.lastLines, log, guard))();
}

function start(lastLines: readonly string[], log: (line: string) => void, guard: Guard): void {
	const identity = identify(log);
	if (identity === undefined) return;
	const clock = new ModdableClock(guard);
	const network = {
		Socket: tlsSocketWith(identity, { guard, clock, log }),
		Datagram: datagramWith(guard),
		resolver: resolverWith(guard),
	};
	const device = new ModdableDevice({ identity, clock, network, lastLines, log });
	for (const line of lastLines) print(`${device.resetReason}, before it: ${line}`);

	const { site = definition.site } = identity;
	// XS refuses to write an object of the preloaded image as JSON, which the shadow does with the site.
	const station = new Station(device, { ...definition, site: { ...site } });
	station.start(clock.ticks);
	new NetworkInterface(identity.wifi, random, guard, {
		onUp: () => station.networkUp(clock.ticks),
		onDown: () => station.networkDown(clock.ticks),
		onChanged: () => station.networkChanged(clock.ticks),
		log,
	});
}

/** Without an identity there is nobody to be; the device waits for one to be written. */
function identify(log: (line: string) => void): DeviceIdentity | undefined {
	try {
		return openIdentity();
	} catch (error) {
		log(String(error));
		return undefined;
	}
}

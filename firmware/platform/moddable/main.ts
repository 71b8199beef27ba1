import { crash, log as print } from "embedded:isobar/chip";
import definition from "isobar:station";
import Time from "time";
import { boot, identify } from "../../station/boot.ts";
import { ModdableClock } from "./clock.ts";
import { CrashRecord, crashBytes, type Guard, guardWith } from "./crash.ts";
import { ModdableDevice, random } from "./device.ts";
import { credentialsOf, type DeviceIdentity, openIdentity } from "./identity.ts";
import { datagramWith, NetworkInterface, resolverWith } from "./network.ts";
import { openKeyValue, openRetained } from "./storage.ts";
import { tlsSocketWith } from "./tls.ts";

/** Called by the SDK once the machine stands; nothing of the firmware runs before. */
export default function main(): void {
	const record = new CrashRecord(openRetained(0, crashBytes));
	const log = (line: string): void => {
		record.note(`${Time.ticks >>> 0} ${line}`);
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
	const flashed = readFlashed(log);
	if (flashed === undefined) return;
	const keyValue = openKeyValue("isobar");
	const { identity, credentials } = identify(flashed, keyValue);
	const clock = new ModdableClock(guard);
	const network = {
		Socket: tlsSocketWith(credentialsOf(flashed, credentials), { guard, clock, log }),
		Datagram: datagramWith(guard),
		resolver: resolverWith(guard),
	};
	const device = new ModdableDevice({ identity, clock, network, keyValue, lastLines, log });
	for (const line of lastLines) print(`${device.resetReason}, before it: ${line}`);

	const { site = definition.site } = flashed;
	const firmware = boot(device, { ...definition, site });
	firmware.start(clock.ticks);
	new NetworkInterface(flashed.wifi, random, guard, {
		onUp: () => firmware.networkUp(clock.ticks),
		onDown: () => firmware.networkDown(clock.ticks),
		onChanged: () => firmware.networkChanged(clock.ticks),
		log,
	});
}

/** Without an identity there is nobody to be; the device waits for one to be written. */
function readFlashed(log: (line: string) => void): DeviceIdentity | undefined {
	try {
		return openIdentity();
	} catch (error) {
		log(String(error));
		return undefined;
	}
}

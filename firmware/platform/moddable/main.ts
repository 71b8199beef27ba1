import { crash, log as print } from "embedded:isobar/chip";
import readIdentity from "embedded:isobar/identity";
import definition from "isobar:station";
import config from "mc/config";
import Time from "time";
import { after } from "../../base/ticks.ts";
import { tlsSocketWith } from "../../network/tls.ts";
import { boot, identify } from "../../station/boot.ts";
import { CrashRecord, crashBytes, type Guard, guardWith } from "../../station/crash.ts";
import { credentialsOf, type FlashedIdentity, readFlashed } from "../../station/flashed.ts";
import { ModdableClock } from "./clock.ts";
import { ModdableDevice, random } from "./device.ts";
import { datagramWith, keepConnected, resolverWith, tlsHostWith } from "./network.ts";
import { openKeyValue, openRetained } from "./storage.ts";

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
	const flashed = openIdentity(log);
	if (flashed === undefined) return;
	const keyValue = openKeyValue("isobar");
	const { identity, credentials } = identify(flashed, keyValue);
	const clock = new ModdableClock(guard);
	const network = {
		Socket: tlsSocketWith(credentialsOf(flashed, credentials), tlsHostWith(guard, clock, log)),
		Datagram: datagramWith(guard),
		resolver: resolverWith(guard),
	};
	const device = new ModdableDevice({ identity, clock, network, keyValue, lastLines, log });
	for (const line of lastLines) print(`${device.resetReason}, before it: ${line}`);

	const { site = definition.site } = flashed;
	const firmware = boot(device, { ...definition, site });
	firmware.start(clock.ticks);
	const from = after(clock.ticks, firmware.networkHoldMs);
	keepConnected(flashed.wifi, from, clock, random, guard, {
		onUp: (now) => firmware.networkUp(now),
		onDown: (now) => firmware.networkDown(now),
		onChanged: (now) => firmware.networkChanged(now),
		log,
	});
}

/** Without an identity there is nobody to be; the device waits for one to be written. */
function openIdentity(log: (line: string) => void): FlashedIdentity | undefined {
	try {
		return readFlashed(readIdentity, config.timeServer);
	} catch (error) {
		log(String(error));
		return undefined;
	}
}

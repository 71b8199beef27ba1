import { crash, deepSleep, log as print, resetReason } from "embedded:isobar/chip";
import readIdentity from "embedded:isobar/identity";
import definition from "isobar:station";
import config from "mc/config";
import Time from "time";
import { tlsSocketWith } from "../../network/tls.ts";
import type { Power } from "../../ports/device.ts";
import type { NetworkInterface } from "../../ports/interface.ts";
import { boot, identify } from "../../station/boot.ts";
import { CrashRecord, crashBytes, type Guard, guardWith } from "../../station/crash.ts";
import { credentialsOf, type FlashedIdentity, readFlashed } from "../../station/flashed.ts";
import { noteBytes, RetainedNote, ticksAfterSleep } from "../../station/retainednote.ts";
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
	guard(() => run(record.lastLines, log, guard))();
}

function run(lastLines: readonly string[], log: (line: string) => void, guard: Guard): void {
	const flashed = openIdentity(log);
	if (flashed === undefined) return;
	const keyValue = openKeyValue("isobar");
	const { identity, credentials } = identify(flashed, keyValue);
	const slept = new RetainedNote(openRetained(crashBytes, crashBytes + noteBytes));
	const start = ticksAfterSleep(slept, resetReason() === "deep-sleep", Date.now());
	const clock = new ModdableClock(guard, start);
	const network = {
		Socket: tlsSocketWith(credentialsOf(flashed, credentials), tlsHostWith(guard, clock, log)),
		Datagram: datagramWith(guard),
		resolver: resolverWith(guard),
		get rssiDbm() {
			return radio?.RSSI;
		},
	};
	let radio: NetworkInterface | undefined;
	const power: Power = {
		startRadio() {
			radio ??= keepConnected(flashed.wifi, clock.ticks, clock, random, guard, {
				onUp: (now) => firmware.networkUp(now),
				onDown: (now) => firmware.networkDown(now),
				onChanged: (now) => firmware.networkChanged(now),
				log,
			});
		},
		sleep(milliseconds) {
			const wake = clock.ticks + milliseconds;
			clock.whenSet(() => {
				slept.write(clock.ticks, Date.now());
				deepSleep(Math.max(1, wake - clock.ticks));
			});
		},
	};
	const device = new ModdableDevice({ identity, clock, network, keyValue, power, lastLines, log });
	for (const line of lastLines) print(`${device.resetReason}, before it: ${line}`);

	const { site = definition.site } = flashed;
	const firmware = boot(device, { ...definition, site });
	firmware.start(clock.ticks);
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

import { crash } from "embedded:isobar/chip";
import definition from "isobar:station";
import config from "mc/config";
import { Station } from "../../station/station.ts";
import { earliestEpoch, ModdableClock } from "./clock.ts";
import { CrashRecord, crashBytes, type Guard, guardWith } from "./crash.ts";
import { ModdableDevice, random, resolverWith } from "./device.ts";
import { type DeviceIdentity, openIdentity } from "./identity.ts";
import { NetworkInterface } from "./network.ts";
import { tlsSocketWith } from "./socket.ts";
import { openRetained } from "./storage.ts";
import { TimeServer } from "./timeserver.ts";

/** Called by the SDK once the machine stands; nothing of the firmware runs before. */
export default function main(): void {
	const record = new CrashRecord(openRetained(0, crashBytes));
	const guard = guardWith(record, crash);
	globalThis.abort = (reason) => {
		record.note(`crash: ${reason}`);
		crash();
	};
	guard(() => start(record, guard))();
}

function start(record: CrashRecord, guard: Guard): void {
	const log = (line: string): void => {
		record.note(line);
		trace(`${line}\n`);
	};
	const identity = identify(log);
	if (identity === undefined) return;
	const clock = new ModdableClock(guard);
	const resolver = resolverWith(guard);
	const Socket = tlsSocketWith(identity, { guard, clock, random, log });
	const device = new ModdableDevice(identity, clock, { Socket, resolver }, log);
	for (const line of record.lastLines) log(`${device.resetReason}, before it: ${line}`);

	const timeServer = new TimeServer({
		host: config.timeServer,
		floor: earliestEpoch,
		clock,
		resolver,
		random,
		guard,
		log,
	});
	new NetworkInterface(identity.wifi, random, guard, {
		onUp: () => timeServer.open(),
		onDown: () => timeServer.close(),
		onChanged: () => {},
		log,
	});
	const { site = definition.site } = identity;
	new Station(device, { ...definition, site }).start(clock.ticks);
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

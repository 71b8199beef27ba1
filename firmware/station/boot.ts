import type { Ticks } from "../ports/clock.ts";
import type { Device, Identity } from "../ports/device.ts";
import type { KeyValue } from "../ports/storage.ts";
import { deletePending, readIdentity } from "../provisioning/identity.ts";
import type { Commons } from "./commons.ts";
import type { StationDefinition } from "./define.ts";
import { Provisioner } from "./provisioner.ts";
import { Station } from "./station.ts";

/** A device's own certificate and key, PEM. */
export interface OwnCredentials {
	readonly certificate: string;
	readonly privateKey: string;
}

/**
 * Who a device is at this start: what it was flashed as, or, when it was flashed with a claim and has used
 * it, what it has become.
 *
 * @param flashed   from the identity partition
 * @param keyValue  where an identity that was claimed is kept
 * @returns credentials only where they take the place of the flashed ones
 */
export function identify(
	flashed: Identity,
	keyValue: KeyValue,
): { readonly identity: Identity; readonly credentials: OwnCredentials | undefined } {
	const own = flashed.claim && readIdentity(keyValue);
	if (own === undefined) return { identity: flashed, credentials: undefined };
	// The power may have failed between the two writes of provisioning.
	deletePending(keyValue);
	const { claim: _, ...rest } = flashed;
	return { identity: { ...rest, thingName: own.thingName }, credentials: own };
}

/** What runs on a device. */
export interface Firmware {
	/** Called once, after the device has started. */
	start(now: Ticks): void;
	networkUp(now: Ticks): void;
	networkDown(now: Ticks): void;
	networkChanged(now: Ticks): void;
}

/** Makes what the device is to run: a station, or what makes it one. */
export function boot(
	device: Device,
	definition: StationDefinition,
	commons?: Commons,
): Station | Provisioner {
	const { claim } = device.identity;
	return claim === undefined
		? new Station(device, definition, commons)
		: new Provisioner(device, definition, claim);
}

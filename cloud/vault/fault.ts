import { CloudFault } from "../fault.ts";

/**
 * The key of a data directory is missing, wrong or not wanted; nothing has been opened or changed then.
 * `code` is "KeyNeeded", "WrongKey", "NotEncrypted", "NotPlain" or "PlainData".
 */
export class KeyFault extends CloudFault {}

/** Stored bytes that the key does not open: somebody or something has changed them. */
export function damaged(place: string): CloudFault {
	return new CloudFault(
		"Damaged",
		`${place} can't be opened: its bytes are not those that were written with this key`,
	);
}

import type { Backoff } from "../base/backoff.ts";
import { Status } from "../base/status.ts";
import { Durations } from "../limits.ts";

/** A refusal waits as if it were the attempt with a ceiling this many times as high. */
const refusalScale = 30;

/** Each failure in a row multiplies the ceiling by three instead of two: 2 by Backoff, 1.5 here. */
const absenceGrowth = 1.5;

/**
 * How long to wait before the next attempt, counted from the end of the last one, in ms.
 *
 * - Refused for what we are or say: a person has to put that right, so the wait is long from the
 *   start. A broker that kicks right after CONNACK, again and again, refuses too: by policy, or
 *   because another client has our identifier, and then the two must not fight.
 * - The broker is not there: the whole fleet may be waiting for it. With full jitter and factor f,
 *   a fleet makes about 1 / (t ln f) attempts a second after t seconds; 60 s after a crash that is
 *   2.4 % of the fleet for factor 2, and 1.5 % for factor 3.
 * - Anything else is taken for a passing trouble of this station alone.
 *
 * @param isKicked  the last connections all ended right after they were made
 */
export function nextDelay(status: Status, isKicked: boolean, backoff: Backoff): number {
	if (isKicked || isRefusal(status)) {
		const delay = Durations.refusalFloor + backoff.next(refusalScale);
		return Math.min(delay, Durations.backoffCap);
	}
	return backoff.next(isAbsence(status) ? absenceGrowth ** backoff.attempts : 1);
}

/** Whether trying again is of no use before somebody has changed something. */
export function isRefusal(status: Status): boolean {
	switch (status) {
		case Status.ConnackProtocolVersion:
		case Status.ConnackIdentifierRejected:
		case Status.ConnackBadCredentials:
		case Status.ConnackNotAuthorized:
		case Status.ClientCertificateRefused:
		case Status.CertificateExpired:
		case Status.WrongHost:
		case Status.UnknownAuthority:
			return true;
		default:
			return false;
	}
}

function isAbsence(status: Status): boolean {
	switch (status) {
		case Status.NameNotResolved:
		case Status.ConnectionRefused:
		case Status.Unreachable:
		case Status.ConnectTimedOut:
		case Status.HandshakeTimedOut:
		case Status.TlsFailed:
		case Status.ConnackTimedOut:
		case Status.ConnackServerUnavailable:
		case Status.ClosedBeforeConnack:
			return true;
		default:
			return false;
	}
}

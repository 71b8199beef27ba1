import { Status } from "../base/status.ts";

/** Why the TLS engine failed: `TlsReason` of platform/moddable/native/tls.h, where each is explained. */
export const TlsReason = Object.freeze({
	Ok: 0,
	NoMemory: 1,
	BadAuthority: 2,
	BadCertificate: 3,
	BadKey: 4,
	KeyMismatch: 5,
	NoEntropy: 6,
	BadProtocol: 7,
	ClockNotSet: 16,
	BadHost: 17,
	UnknownAuthority: 32,
	WeakCertificate: 33,
	Expired: 34,
	NotYetValid: 35,
	WrongKeyUsage: 36,
	NoHostName: 37,
	WrongHost: 38,
	CertificateRefused: 48,
	NoCommonVersion: 49,
	PeerAlert: 50,
	Closed: 51,
	Malformed: 64,
	Stalled: 65,
	NotReady: 66,
} as const);

export type TlsReason = (typeof TlsReason)[keyof typeof TlsReason];

const statuses: Readonly<Record<number, Status>> = Object.freeze({
	[TlsReason.Ok]: Status.Ok,
	[TlsReason.ClockNotSet]: Status.ClockNotSet,
	[TlsReason.UnknownAuthority]: Status.UnknownAuthority,
	[TlsReason.Expired]: Status.CertificateExpired,
	[TlsReason.NotYetValid]: Status.CertificateNotYetValid,
	[TlsReason.NoHostName]: Status.WrongHost,
	[TlsReason.WrongHost]: Status.WrongHost,
	[TlsReason.CertificateRefused]: Status.ClientCertificateRefused,
});

const names: Readonly<Record<number, string>> = Object.freeze(
	Object.fromEntries(Object.entries(TlsReason).map(([name, code]) => [code, name])),
);

/** What the link is told; TlsFailed for everything that has no status of its own. */
export function statusOfReason(reason: number): Status {
	return statuses[reason] ?? Status.TlsFailed;
}

/** The name of a reason for the log, for example "NoHostName". */
export function tlsReasonName(reason: number): string {
	return names[reason] ?? `TlsReason${reason}`;
}

/**
 * The only list of operating failures: what can go wrong without anybody having made a mistake in
 * the program. Functions that move bytes return a count, or a negated Status.
 */
export const Status = Object.freeze({
	Ok: 0,
	/** A bound of `Limits` was met; nothing was changed. */
	NoRoom: 1,
	/** Not in a state in which this can be done; try later. */
	NotReady: 2,
	NotFound: 3,
	/** A value outside what its field allows. */
	BadValue: 4,
	/** Larger than its limit. */
	TooLong: 5,
	/** Bytes that are not what the protocol allows. */
	Malformed: 6,
	/** Stored bytes that fail their checksum. */
	Corrupt: 7,
	TimedOut: 8,
	StorageFailed: 9,

	// The link, in the order in which it is set up.
	NetworkDown: 16,
	NameNotResolved: 17,
	ConnectionRefused: 18,
	Unreachable: 19,
	ConnectTimedOut: 20,
	TlsFailed: 21,
	CertificateExpired: 22,
	CertificateNotYetValid: 23,
	WrongHost: 24,
	UnknownAuthority: 25,
	ClientCertificateRefused: 26,
	HandshakeTimedOut: 27,
	ClockNotSet: 28,
	/** The platform could not make a socket, or failed in using one. */
	SocketFailed: 29,

	// MQTT: 32 + the return code of CONNACK, table 3.1 of MQTT 3.1.1.
	ConnackProtocolVersion: 33,
	ConnackIdentifierRejected: 34,
	ConnackServerUnavailable: 35,
	ConnackBadCredentials: 36,
	ConnackNotAuthorized: 37,
	ConnackTimedOut: 38,
	/** The peer closed the connection before it sent a CONNACK. */
	ClosedBeforeConnack: 39,
	/** The peer closed the connection soon after CONNACK, as a policy denial or a take-over does. */
	Kicked: 40,
	/** The peer closed a connection that had been stable. */
	ConnectionLost: 41,
	KeepAliveTimedOut: 42,
	/** An acknowledgement did not come within its deadline. */
	AcknowledgementTimedOut: 43,
	ProtocolError: 44,
	PacketTooLarge: 45,
	/** We closed it, on purpose. */
	ClosedByStation: 46,
	/** The network has changed under the connection: a new address or access point. */
	NetworkChanged: 47,
	/** The broker grants less than was asked: SUBACK 0x80, or QoS 2 turned into 1. */
	GrantedLess: 48,
	/** Nothing could be written for so long that the connection is taken for dead. */
	WriteStalled: 49,
} as const);

export type Status = (typeof Status)[keyof typeof Status];

const names: Readonly<Record<number, string>> = Object.freeze(
	Object.fromEntries(Object.entries(Status).map(([name, code]) => [code, name])),
);

/** The name of a status as it stands in logs, counters and health reports, for example "NoRoom". */
export function statusName(status: number): string {
	return names[status] ?? `Status${status}`;
}

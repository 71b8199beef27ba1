/**
 * One exchange on the wire, field by field as in RFC 4330 §4, figure 1. The times are made up, their
 * seconds computed by hand: 2026-03-01T12:00:00Z is 1,772,366,400 s after 1970, and with the
 * 2,208,988,800 s from 1900 to 1970 (RFC 5905 §6, figure 4) 3,981,355,200 s or 0xed4ea8c0.
 */
export const request: readonly number[] = [
	// leap indicator 0, version 4, mode 3
	0x23,
	// stratum, poll, precision
	0, 0, 0,
	// root delay, root dispersion, reference identifier
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// reference, originate and receive timestamp
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// transmit timestamp: the nonce
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
];

export const reply: readonly number[] = [
	// leap indicator 0, version 4, mode 4
	0x24,
	// stratum 2, poll 6, precision -20
	2, 6, 0xec,
	// root delay 0x0800 / 65536 s = 31.25 ms, root dispersion 0x0400 / 65536 s = 15.625 ms
	0, 0, 0x08, 0, 0, 0, 0x04, 0,
	// reference identifier
	192, 0, 2, 1,
	// reference timestamp, 64 s before
	0xed, 0x4e, 0xa8, 0x80, 0, 0, 0, 0,
	// originate timestamp: the nonce
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
	// receive timestamp: 12:00:00.250
	0xed, 0x4e, 0xa8, 0xc0, 0x40, 0, 0, 0,
	// transmit timestamp: 12:00:00.500
	0xed, 0x4e, 0xa8, 0xc0, 0x80, 0, 0, 0,
];

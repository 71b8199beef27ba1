#ifndef ISOBAR_TLS_H
#define ISOBAR_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * TLS client of a station: mbedTLS between two memory buffers. It opens no socket, starts no
 * thread and reads no clock: ciphertext is fed and taken by the caller, and the time is passed in.
 *
 * One engine is created at start and serves one connection after the other; what it needs for a
 * connection it has held since it was created, apart from what mbedTLS itself allocates during a
 * handshake and frees at its end (docs/tls.md has the figures).
 *
 * Functions that move bytes return their count, or a negated TlsReason.
 */
typedef struct TlsEngine TlsEngine;

/** Why something failed. `tlsreason.ts` has the same table and says which Status each one is. */
typedef enum {
	TLS_OK = 0,

	/* The station's own credentials; found when the engine is created. */
	TLS_NO_MEMORY = 1,
	TLS_BAD_AUTHORITY = 2,
	TLS_BAD_CERTIFICATE = 3,
	TLS_BAD_KEY = 4,
	/** The private key is not the one of the certificate. */
	TLS_KEY_MISMATCH = 5,
	/** The source of entropy failed. */
	TLS_NO_ENTROPY = 6,
	/** The name of the application protocol is longer than TLS_PROTOCOL_BYTES. */
	TLS_BAD_PROTOCOL = 7,

	/* Found when a connection is opened. */
	/** A certificate cannot be judged without the date; nothing was sent. */
	TLS_CLOCK_NOT_SET = 16,
	/** No host name, or one longer than TLS_HOST_BYTES. */
	TLS_BAD_HOST = 17,

	/* The server's certificates. */
	TLS_UNKNOWN_AUTHORITY = 32,
	/** A signature by a hash that can be forged, or a key that is too short. */
	TLS_WEAK_CERTIFICATE = 33,
	TLS_EXPIRED = 34,
	TLS_NOT_YET_VALID = 35,
	/** It is not for TLS servers. */
	TLS_WRONG_KEY_USAGE = 36,
	/** It has no subjectAltName; the common name does not count [RFC 9525 §6.3]. */
	TLS_NO_HOST_NAME = 37,
	TLS_WRONG_HOST = 38,

	/* The peer's word. */
	/** An alert about the station's certificate; `alert` has its number. */
	TLS_CERTIFICATE_REFUSED = 48,
	/** No version of TLS in common. */
	TLS_NO_COMMON_VERSION = 49,
	/** Another fatal alert; `alert` has its number. */
	TLS_PEER_ALERT = 50,
	/** close_notify: the peer has said all it had to say. */
	TLS_CLOSED = 51,

	/** Bytes that are not what TLS allows, or that somebody has changed. */
	TLS_MALFORMED = 64,
	/** The peer provokes answers and does not take them. */
	TLS_STALLED = 65,
	/** Not in a state in which this can be done. */
	TLS_NOT_READY = 66,
} TlsReason;

enum {
	/** Bytes of a host name [RFC 1035 §2.3.4]. */
	TLS_HOST_BYTES = 253,
	/** Bytes of the name of an application protocol; longer ones are possible and unused. */
	TLS_PROTOCOL_BYTES = 31,
	/** Ciphertext that can wait in each direction. */
	TLS_BUFFER_BYTES = 2048,
	/** A saved session; one that is larger is not saved. */
	TLS_SESSION_BYTES = 3072,
};

/** 2025-01-01: no clock that is set says an earlier time than this was written. */
#define TLS_EARLIEST_TIME INT64_C(1735689600)

/** A session is not resumed for longer than this after its server was verified [RFC 5246 §F.1.4]. */
#define TLS_SESSION_SECONDS INT64_C(86400)

typedef struct {
	const uint8_t *bytes;
	size_t length;
} TlsBytes;

/** Who the station is and whom it trusts. The bytes are the caller's again after creation. */
typedef struct {
	/** One or more certificates in PEM, or one in DER. */
	TlsBytes authorities;
	/** The station's own, and any that lead from it to its authority: PEM, or one in DER. */
	TlsBytes certificate;
	/** Its private key, P-256 or RSA, not encrypted: PEM or DER. */
	TlsBytes key;
	/** Application protocol to ask for [RFC 7301], or NULL. */
	const char *protocol;
	/**
	 * Fills `into` with entropy; returns 0, or anything else when it has none. From mbedTLS 4 on it
	 * is not called: the PSA core of the platform has its own source.
	 */
	int (*entropy)(void *context, unsigned char *into, size_t length);
	void *context;
} TlsIdentity;

/** Whom to talk to, and when. */
typedef struct {
	/** Host name, for SNI and verification; an IPv4 address in dots is verified as one. */
	const char *host;
	/** Seconds since 1970 UTC; before TLS_EARLIEST_TIME the clock is taken to be not set. */
	int64_t time;
	/**
	 * The time is a lower bound only, for a station that no time server can reach: a certificate
	 * that had expired by then is refused, one that begins later is not.
	 */
	bool time_is_floor;
	/** What tls_engine_save gave at an earlier connection, or length 0. */
	TlsBytes session;
} TlsPeer;

/** What is known of a failure, for the log. */
typedef struct {
	TlsReason reason;
	/** Number of the fatal alert that came from the peer [RFC 8446 §6], or 0. */
	uint8_t alert;
	/** MBEDTLS_X509_BADCERT_... of all certificates together, or 0. */
	uint32_t flags;
	/** Error code of mbedTLS, or 0. */
	int code;
} TlsFault;

typedef enum {
	/** Ciphertext has to be taken or fed first. */
	TLS_WAITS = 0,
	/** One step was taken and another can follow at once; each takes at most one signature. */
	TLS_STEPPED = 1,
	/** The connection is up. */
	TLS_UP = 2,
} TlsProgress;

/**
 * Allocates everything an engine holds.
 *
 * @param reason  set to TLS_OK or to what is wrong with the identity
 * @returns NULL when it cannot be created
 */
TlsEngine *tls_engine_create(const TlsIdentity *identity, TlsReason *reason);

/** Frees it; keys and buffers are wiped. NULL is allowed. */
void tls_engine_destroy(TlsEngine *engine);

/**
 * Begins a connection, after ending the one before without a word. A session that was saved by
 * another identity, for another host or under other authorities, that has been damaged, that is
 * older than TLS_SESSION_SECONDS or whose certificates are no longer in date is not offered.
 */
TlsReason tls_engine_open(TlsEngine *engine, const TlsPeer *peer);

/** Takes one step of the handshake. @returns a TlsProgress, or a negated TlsReason */
int tls_engine_handshake(TlsEngine *engine);

/** Bytes that tls_engine_feed takes now. */
size_t tls_engine_room(const TlsEngine *engine);

/** Copies ciphertext from the peer in. @returns bytes taken, 0 when the buffer is full */
size_t tls_engine_feed(TlsEngine *engine, const uint8_t *bytes, size_t length);

/**
 * Copies ciphertext for the peer out. After a failure there may be an alert to take.
 *
 * @returns bytes copied, 0 when there are none
 */
size_t tls_engine_take(TlsEngine *engine, uint8_t *into, size_t length);

/** Plaintext bytes that tls_engine_read gives at once, or a negated TlsReason. */
int tls_engine_readable(TlsEngine *engine);

/** Plaintext bytes that tls_engine_write takes now. */
int tls_engine_writable(const TlsEngine *engine);

/** @returns plaintext bytes copied, 0 when there are none, or a negated TlsReason */
int tls_engine_read(TlsEngine *engine, uint8_t *into, size_t length);

/** @returns plaintext bytes taken, 0 when there is no room, or a negated TlsReason */
int tls_engine_write(TlsEngine *engine, const uint8_t *bytes, size_t length);

/** Says close_notify, which is then there to be taken. */
void tls_engine_close(TlsEngine *engine);

/**
 * Copies the session out when there is one that was not saved yet: after the handshake with
 * TLS 1.2, after a read with TLS 1.3. It holds key material.
 *
 * @returns bytes written, 0 when there is nothing new or it does not fit
 */
size_t tls_engine_save(TlsEngine *engine, uint8_t *into, size_t length);

/** What the last failure was; all zero while there was none. */
const TlsFault *tls_engine_fault(const TlsEngine *engine);

/** Whether the connection that is up was resumed. */
bool tls_engine_is_resumed(const TlsEngine *engine);

/** "TLSv1.2" or "TLSv1.3" while up. */
const char *tls_engine_version(const TlsEngine *engine);

/** Name of the cipher suite while up. */
const char *tls_engine_suite(const TlsEngine *engine);

/** The application protocol that the server chose, or NULL. */
const char *tls_engine_protocol(const TlsEngine *engine);

#endif

#ifndef ISOBAR_TLS_ENGINE_H
#define ISOBAR_TLS_ENGINE_H

/* The inside of the engine, for its own files only. */

#include "tls.h"
#include "tls_versions.h"

/** SHA-256. */
enum { TLS_DIGEST_BYTES = 32 };

/** Bytes that wait: those from `start` up to `end`. */
typedef struct {
	uint8_t bytes[TLS_BUFFER_BYTES];
	size_t start;
	size_t end;
} TlsBuffer;

/** Seconds since 1970 in which a verified chain may be relied upon, both ends included. */
typedef struct {
	int64_t from;
	int64_t to;
} TlsValidity;

typedef enum {
	TLS_STATE_IDLE,
	TLS_STATE_HANDSHAKING,
	TLS_STATE_UP,
	/** close_notify has been said; only `take` has an effect. */
	TLS_STATE_CLOSED,
	/** `fault` has the reason, which every call repeats. */
	TLS_STATE_FAILED,
} TlsState;

struct TlsEngine {
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	mbedtls_x509_crt authorities;
	mbedtls_x509_crt certificate;
	mbedtls_pk_context key;
#if !TLS_MBEDTLS_4
	mbedtls_ctr_drbg_context random;
#endif
	/** The list of application protocols for mbedTLS: at most one, and the end. */
	const char *protocols[2];
	char protocol[TLS_PROTOCOL_BYTES + 1];
	/** Digests of the authorities and of the station's certificates. */
	uint8_t identity[2 * TLS_DIGEST_BYTES];

	/* The connection. */
	TlsState state;
	TlsFault fault;
	char host[TLS_HOST_BYTES + 1];
	int64_t time;
	bool time_is_floor;
	/** The chain of this connection was verified, not taken over from a session. */
	bool is_verified;
	bool is_session_offered;
	/** There is a session to save. */
	bool has_session;
	/** Of the certificates that this connection rests on, also when it was resumed. */
	TlsValidity validity;
	TlsBuffer in;
	TlsBuffer out;
};

/** Sets what the engine offers and accepts: versions, suites, groups, signatures. */
int tls_configure(TlsEngine *engine);

/** Seeds the generator; with mbedTLS 4 starts the PSA core. */
int tls_start_random(TlsEngine *engine, const TlsIdentity *identity);

int tls_parse_key(TlsEngine *engine, const uint8_t *bytes, size_t length);

/** Whether the private key is the one of the certificate. */
bool tls_is_pair(TlsEngine *engine);

/** SHA-256. */
int tls_digest(const uint8_t *bytes, size_t length, uint8_t digest[TLS_DIGEST_BYTES]);

/**
 * Judges one certificate of the chain, after mbedTLS has: dates against the time that was passed
 * in, the host by subjectAltName alone, the purpose of intermediates. Of mbedTLS's type.
 */
int tls_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/** Whether a host is an IPv4 address in dots. */
bool tls_is_address(const char *host);

bool tls_is_out_of_memory(int code);

/** Fails the connection with the reason that is behind an error code of mbedTLS; returns it negated. */
int tls_fail(TlsEngine *engine, int code);

/** Fails the connection for this reason; returns it negated. */
int tls_fail_for(TlsEngine *engine, TlsReason reason);

/** Offers the session where it is this engine's own; it is no failure when it is not. */
void tls_offer_session(TlsEngine *engine, TlsBytes session);

#endif

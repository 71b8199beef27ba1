#include <string.h>

#include "tls_engine.h"

/*
 * A saved session is a header and what mbedTLS makes of the session.
 *
 * In TLS 1.2 and 1.3 a resumed handshake shows no certificate: that the peer is who it says, and
 * that its certificates are in date, is known from the first connection alone. So a session counts
 * only for the host, the authorities, the station's own certificate and the protocol that it was
 * made with, and only within the validity of the chain that was verified then.
 */
typedef struct {
	/** Over everything that follows: memory that was kept over a brown-out may be damaged. */
	uint8_t digest[TLS_DIGEST_BYTES];
	/** Whose session it is: see `owner_of`. */
	uint8_t owner[TLS_DIGEST_BYTES];
	TlsValidity validity;
} Header;

/** Digest of all that makes one connection the same as another. */
static int owner_of(const TlsEngine *engine, uint8_t owner[TLS_DIGEST_BYTES])
{
	struct {
		uint8_t identity[sizeof engine->identity];
		char host[sizeof engine->host];
		char protocol[sizeof engine->protocol];
	} all;
	memset(&all, 0, sizeof all);
	memcpy(all.identity, engine->identity, sizeof all.identity);
	memcpy(all.host, engine->host, sizeof all.host);
	memcpy(all.protocol, engine->protocol, sizeof all.protocol);
	return tls_digest((const uint8_t *) &all, sizeof all, owner);
}

static int digest_of(const uint8_t *bytes, size_t length, uint8_t digest[TLS_DIGEST_BYTES])
{
	return tls_digest(bytes + TLS_DIGEST_BYTES, length - TLS_DIGEST_BYTES, digest);
}

/** Reads the header of a session that may be used now; false for any other. */
static bool read_header(const TlsEngine *engine, TlsBytes session, Header *header)
{
	uint8_t digest[TLS_DIGEST_BYTES];
	uint8_t owner[TLS_DIGEST_BYTES];
	if (session.length <= sizeof *header || session.length > TLS_SESSION_BYTES) {
		return false;
	}
	memcpy(header, session.bytes, sizeof *header);
	if (digest_of(session.bytes, session.length, digest) != 0 || owner_of(engine, owner) != 0) {
		return false;
	}
	bool has_begun = engine->time >= header->validity.from || engine->time_is_floor;
	return memcmp(digest, header->digest, sizeof digest) == 0 &&
		memcmp(owner, header->owner, sizeof owner) == 0 && has_begun &&
		engine->time <= header->validity.to;
}

void tls_offer_session(TlsEngine *engine, TlsBytes session)
{
	Header header;
	mbedtls_ssl_session parsed;
	if (!read_header(engine, session, &header)) {
		return;
	}
	mbedtls_ssl_session_init(&parsed);
	if (mbedtls_ssl_session_load(
			&parsed, session.bytes + sizeof header, session.length - sizeof header) == 0 &&
		mbedtls_ssl_set_session(&engine->ssl, &parsed) == 0) {
		engine->validity = header.validity;
		engine->is_session_offered = true;
	}
	mbedtls_ssl_session_free(&parsed);
}

/** Serialises the session; returns its length, 0 when there is none or it does not fit. */
static size_t write_session(TlsEngine *engine, uint8_t *into, size_t length)
{
	mbedtls_ssl_session session;
	size_t written = 0;
	mbedtls_ssl_session_init(&session);
	if (mbedtls_ssl_get_session(&engine->ssl, &session) != 0 ||
		mbedtls_ssl_session_save(&session, into, length, &written) != 0) {
		written = 0;
	}
	mbedtls_ssl_session_free(&session);
	return written;
}

size_t tls_engine_save(TlsEngine *engine, uint8_t *into, size_t length)
{
	Header header;
	if (engine->state != TLS_STATE_UP || !engine->has_session || length <= sizeof header) {
		return 0;
	}
	engine->has_session = false;
	if (length > TLS_SESSION_BYTES) {
		length = TLS_SESSION_BYTES;
	}
	size_t written = write_session(engine, into + sizeof header, length - sizeof header);
	memset(&header, 0, sizeof header);
	header.validity = engine->validity;
	if (written == 0 || owner_of(engine, header.owner) != 0) {
		return 0;
	}
	written += sizeof header;
	memcpy(into, &header, sizeof header);
	return digest_of(into, written, into) == 0 ? written : 0;
}

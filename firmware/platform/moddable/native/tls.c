#include "tls.h"

#include <stdlib.h>
#include <string.h>

#include "tls_engine.h"

enum {
	/** Room that is kept for alerts: one record of two bytes, with all that a cipher adds. */
	ALERT_RECORD_BYTES = 64,
};

/* ---- Buffers ------------------------------------------------------------------------------- */

static size_t waiting(const TlsBuffer *buffer)
{
	return buffer->end - buffer->start;
}

static size_t room(const TlsBuffer *buffer)
{
	return sizeof buffer->bytes - waiting(buffer);
}

static size_t put(TlsBuffer *buffer, const uint8_t *bytes, size_t length)
{
	size_t count = length < room(buffer) ? length : room(buffer);
	if (count > sizeof buffer->bytes - buffer->end) {
		memmove(buffer->bytes, buffer->bytes + buffer->start, waiting(buffer));
		buffer->end -= buffer->start;
		buffer->start = 0;
	}
	if (count > 0) {
		memcpy(buffer->bytes + buffer->end, bytes, count);
	}
	buffer->end += count;
	return count;
}

static size_t get(TlsBuffer *buffer, uint8_t *into, size_t length)
{
	size_t count = length < waiting(buffer) ? length : waiting(buffer);
	if (count > 0) {
		memcpy(into, buffer->bytes + buffer->start, count);
	}
	buffer->start += count;
	return count;
}

static void clear(TlsBuffer *buffer)
{
	mbedtls_platform_zeroize(buffer, sizeof *buffer);
}

static int receive(void *context, unsigned char *into, size_t length)
{
	TlsEngine *engine = context;
	size_t count = get(&engine->in, into, length);
	return count > 0 ? (int) count : MBEDTLS_ERR_SSL_WANT_READ;
}

/**
 * Once the connection is up a record goes out whole or not at all: mbedTLS loses the bytes of a
 * write that finds an earlier record half sent. Writes keep to the room there is, so only answers
 * that the peer provokes can fail here.
 */
static int transmit(void *context, const unsigned char *bytes, size_t length)
{
	TlsEngine *engine = context;
	if (engine->state == TLS_STATE_UP && length > room(&engine->out)) {
		return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
	}
	size_t count = put(&engine->out, bytes, length);
	return count > 0 ? (int) count : MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* ---- Creation ------------------------------------------------------------------------------ */

static bool is_pem(TlsBytes bytes)
{
	static const char begin[] = "-----BEGIN ";
	return bytes.length >= sizeof begin && memcmp(bytes.bytes, begin, sizeof begin - 1) == 0;
}

/** Calls `parse` with the bytes, for PEM with the end-of-string that mbedTLS asks for. */
static int with_terminator(TlsEngine *engine, TlsBytes bytes,
	int (*parse)(TlsEngine *engine, const uint8_t *bytes, size_t length))
{
	if (!is_pem(bytes) || bytes.bytes[bytes.length - 1] == '\0') {
		return parse(engine, bytes.bytes, bytes.length);
	}
	uint8_t *text = calloc(1, bytes.length + 1);
	if (text == NULL) {
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	}
	memcpy(text, bytes.bytes, bytes.length);
	int code = parse(engine, text, bytes.length + 1);
	mbedtls_platform_zeroize(text, bytes.length + 1);
	free(text);
	return code;
}

static int parse_authorities(TlsEngine *engine, const uint8_t *bytes, size_t length)
{
	return mbedtls_x509_crt_parse(&engine->authorities, bytes, length);
}

static int parse_certificate(TlsEngine *engine, const uint8_t *bytes, size_t length)
{
	return mbedtls_x509_crt_parse(&engine->certificate, bytes, length);
}

/** Digest of a list of certificates, whatever form they came in. */
static int digest_chain(const mbedtls_x509_crt *certificate, uint8_t digest[TLS_DIGEST_BYTES])
{
	uint8_t both[2 * TLS_DIGEST_BYTES] = {0};
	for (; certificate != NULL; certificate = certificate->next) {
		int code = tls_digest(certificate->raw.p, certificate->raw.len, both + TLS_DIGEST_BYTES);
		code = code != 0 ? code : tls_digest(both, sizeof both, digest);
		if (code != 0) {
			return code;
		}
		memcpy(both, digest, TLS_DIGEST_BYTES);
	}
	return 0;
}

static TlsReason set_up(TlsEngine *engine, const TlsIdentity *identity)
{
	if (identity->protocol != NULL) {
		if (strlen(identity->protocol) > TLS_PROTOCOL_BYTES) {
			return TLS_BAD_PROTOCOL;
		}
		strcpy(engine->protocol, identity->protocol);
	}
	if (tls_start_random(engine, identity) != 0) {
		return TLS_NO_ENTROPY;
	}
	const struct {
		TlsBytes bytes;
		int (*parse)(TlsEngine *engine, const uint8_t *bytes, size_t length);
		TlsReason reason;
	} parts[] = {
		{identity->authorities, parse_authorities, TLS_BAD_AUTHORITY},
		{identity->certificate, parse_certificate, TLS_BAD_CERTIFICATE},
		{identity->key, tls_parse_key, TLS_BAD_KEY},
	};
	for (size_t at = 0; at < sizeof parts / sizeof parts[0]; at++) {
		int code = with_terminator(engine, parts[at].bytes, parts[at].parse);
		if (code != 0) {
			return tls_is_out_of_memory(code) ? TLS_NO_MEMORY : parts[at].reason;
		}
	}
	if (!tls_is_pair(engine)) {
		return TLS_KEY_MISMATCH;
	}
	if (digest_chain(&engine->authorities, engine->identity) != 0 ||
		digest_chain(&engine->certificate, engine->identity + TLS_DIGEST_BYTES) != 0 ||
		tls_configure(engine) != 0 || mbedtls_ssl_setup(&engine->ssl, &engine->config) != 0) {
		return TLS_NO_MEMORY;
	}
	mbedtls_ssl_set_bio(&engine->ssl, engine, transmit, receive, NULL);
	return TLS_OK;
}

TlsEngine *tls_engine_create(const TlsIdentity *identity, TlsReason *reason)
{
	TlsEngine *engine = calloc(1, sizeof *engine);
	if (engine == NULL) {
		*reason = TLS_NO_MEMORY;
		return NULL;
	}
	mbedtls_ssl_init(&engine->ssl);
	mbedtls_ssl_config_init(&engine->config);
	mbedtls_x509_crt_init(&engine->authorities);
	mbedtls_x509_crt_init(&engine->certificate);
	mbedtls_pk_init(&engine->key);
#if !TLS_MBEDTLS_4
	mbedtls_ctr_drbg_init(&engine->random);
#endif
	*reason = set_up(engine, identity);
	if (*reason != TLS_OK) {
		tls_engine_destroy(engine);
		return NULL;
	}
	return engine;
}

void tls_engine_destroy(TlsEngine *engine)
{
	if (engine == NULL) {
		return;
	}
	mbedtls_ssl_free(&engine->ssl);
	mbedtls_ssl_config_free(&engine->config);
	mbedtls_x509_crt_free(&engine->authorities);
	mbedtls_x509_crt_free(&engine->certificate);
	mbedtls_pk_free(&engine->key);
#if !TLS_MBEDTLS_4
	mbedtls_ctr_drbg_free(&engine->random);
#endif
	mbedtls_platform_zeroize(engine, sizeof *engine);
	free(engine);
}

/* ---- Connection ---------------------------------------------------------------------------- */

TlsReason tls_engine_open(TlsEngine *engine, const TlsPeer *peer)
{
	size_t length = strlen(peer->host);
	engine->state = TLS_STATE_IDLE;
	memset(&engine->fault, 0, sizeof engine->fault);
	clear(&engine->in);
	clear(&engine->out);
	if (peer->time < TLS_EARLIEST_TIME) {
		return (TlsReason) -tls_fail_for(engine, TLS_CLOCK_NOT_SET);
	}
	if (length == 0 || length > TLS_HOST_BYTES) {
		return (TlsReason) -tls_fail_for(engine, TLS_BAD_HOST);
	}
	memset(engine->host, 0, sizeof engine->host);
	memcpy(engine->host, peer->host, length);
	engine->time = peer->time;
	engine->time_is_floor = peer->time_is_floor;
	engine->is_verified = false;
	engine->is_session_offered = false;
	engine->has_session = false;
	engine->validity = (TlsValidity) {INT64_MIN, engine->time + TLS_SESSION_SECONDS};
	/* SNI carries names only [RFC 6066 §3]; tls_verify judges an address by itself. */
	const char *name = tls_is_address(engine->host) ? NULL : engine->host;
	int code = mbedtls_ssl_session_reset(&engine->ssl);
	code = code != 0 ? code : mbedtls_ssl_set_hostname(&engine->ssl, name);
	if (code != 0) {
		return (TlsReason) -tls_fail(engine, code);
	}
	tls_offer_session(engine, peer->session);
	engine->state = TLS_STATE_HANDSHAKING;
	return TLS_OK;
}

/** Repeats the reason of a connection that is not up. */
static int refusal(const TlsEngine *engine)
{
	return -(int) (engine->state == TLS_STATE_FAILED ? engine->fault.reason : TLS_NOT_READY);
}

static bool is_waiting(int code)
{
	return code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE;
}

int tls_engine_handshake(TlsEngine *engine)
{
	if (engine->state == TLS_STATE_UP) {
		return TLS_UP;
	}
	if (engine->state != TLS_STATE_HANDSHAKING) {
		return refusal(engine);
	}
	int code = mbedtls_ssl_handshake_step(&engine->ssl);
	if (is_waiting(code)) {
		return TLS_WAITS;
	}
	if (code != 0 && code != MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) {
		return tls_fail(engine, code);
	}
	if (!tls_is_handshake_over(&engine->ssl)) {
		return TLS_STEPPED;
	}
	/* Nothing that mbedTLS does leads here without a certificate; if it did, nobody was verified. */
	if (!engine->is_verified && !engine->is_session_offered) {
		return tls_fail_for(engine, TLS_UNKNOWN_AUTHORITY);
	}
	engine->state = TLS_STATE_UP;
	engine->has_session = !tls_has_late_tickets(&engine->ssl);
	return TLS_UP;
}

size_t tls_engine_room(const TlsEngine *engine)
{
	return room(&engine->in);
}

size_t tls_engine_feed(TlsEngine *engine, const uint8_t *bytes, size_t length)
{
	return put(&engine->in, bytes, length);
}

size_t tls_engine_take(TlsEngine *engine, uint8_t *into, size_t length)
{
	return get(&engine->out, into, length);
}

/** As mbedtls_ssl_read, with 0 for nothing, past whatever is not application data. */
static int read_on(TlsEngine *engine, uint8_t *into, size_t length)
{
	if (engine->state != TLS_STATE_UP) {
		return refusal(engine);
	}
	/* What is read may have to be answered, and the answer must find room. */
	while (room(&engine->out) >= ALERT_RECORD_BYTES) {
		size_t before = waiting(&engine->in);
		int code = mbedtls_ssl_read(&engine->ssl, into, length);
		if (code >= 0) {
			return code;
		}
		if (tls_is_ticket(code)) {
			engine->has_session = true;
		} else if (!is_waiting(code)) {
			return tls_fail(engine, code);
		} else if (waiting(&engine->in) == before) {
			return 0;
		}
		/* It was a message of the protocol, and there may be data behind it. */
	}
	return 0;
}

int tls_engine_readable(TlsEngine *engine)
{
	uint8_t none;
	int count = read_on(engine, &none, 0);
	return count < 0 ? count : (int) mbedtls_ssl_get_bytes_avail(&engine->ssl);
}

int tls_engine_read(TlsEngine *engine, uint8_t *into, size_t length)
{
	return length == 0 ? 0 : read_on(engine, into, length);
}

int tls_engine_writable(const TlsEngine *engine)
{
	if (engine->state != TLS_STATE_UP) {
		return 0;
	}
	int spare = (int) room(&engine->out) - ALERT_RECORD_BYTES -
		mbedtls_ssl_get_record_expansion(&engine->ssl);
	return spare > 0 ? spare : 0;
}

int tls_engine_write(TlsEngine *engine, const uint8_t *bytes, size_t length)
{
	if (engine->state != TLS_STATE_UP) {
		return refusal(engine);
	}
	size_t spare = (size_t) tls_engine_writable(engine);
	size_t count = length < spare ? length : spare;
	if (count == 0) {
		return 0;
	}
	int code = mbedtls_ssl_write(&engine->ssl, bytes, count);
	return code >= 0 ? code : tls_fail(engine, code);
}

void tls_engine_close(TlsEngine *engine)
{
	if (engine->state == TLS_STATE_UP) {
		/* Where there is no room for it the peer sees the end of TCP instead. */
		(void) mbedtls_ssl_close_notify(&engine->ssl);
	}
	engine->state = TLS_STATE_CLOSED;
}

/* ---- Facts --------------------------------------------------------------------------------- */

const TlsFault *tls_engine_fault(const TlsEngine *engine)
{
	return &engine->fault;
}

bool tls_engine_is_resumed(const TlsEngine *engine)
{
	return engine->state == TLS_STATE_UP && !engine->is_verified;
}

const char *tls_engine_version(const TlsEngine *engine)
{
	return mbedtls_ssl_get_version(&engine->ssl);
}

const char *tls_engine_suite(const TlsEngine *engine)
{
	return mbedtls_ssl_get_ciphersuite(&engine->ssl);
}

const char *tls_engine_protocol(const TlsEngine *engine)
{
	return mbedtls_ssl_get_alpn_protocol(&engine->ssl);
}

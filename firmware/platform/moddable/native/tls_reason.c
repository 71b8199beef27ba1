#include "tls_engine.h"

/** Alerts of TLS that the engine tells apart [RFC 8446 §6]. */
enum {
	ALERT_BAD_CERTIFICATE = 42,
	ALERT_CERTIFICATE_UNKNOWN = 46,
	ALERT_UNKNOWN_CA = 48,
	ALERT_ACCESS_DENIED = 49,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_CERTIFICATE_REQUIRED = 116,
};

/** Error codes of 2.28 and 3.6 are a sum of one of a module and one of what it is built on. */
enum { LOW_LEVEL_MASK = 0x7f };

static TlsReason reason_of_alert(uint8_t alert)
{
	if (alert >= ALERT_BAD_CERTIFICATE && alert <= ALERT_CERTIFICATE_UNKNOWN) {
		return TLS_CERTIFICATE_REFUSED;
	}
	switch (alert) {
		case ALERT_UNKNOWN_CA:
		case ALERT_ACCESS_DENIED:
		case ALERT_CERTIFICATE_REQUIRED:
			return TLS_CERTIFICATE_REFUSED;
		case ALERT_PROTOCOL_VERSION:
			return TLS_NO_COMMON_VERSION;
		default:
			return TLS_PEER_ALERT;
	}
}

/**
 * The gravest of several things: where the authority is unknown, nothing else that a certificate
 * says is worth a word.
 */
static TlsReason reason_of_flags(uint32_t flags)
{
	static const struct {
		uint32_t flags;
		TlsReason reason;
	} order[] = {
		{MBEDTLS_X509_BADCERT_MISSING | MBEDTLS_X509_BADCERT_NOT_TRUSTED, TLS_UNKNOWN_AUTHORITY},
		{MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
			TLS_WEAK_CERTIFICATE},
		{MBEDTLS_X509_BADCERT_EXPIRED, TLS_EXPIRED},
		{MBEDTLS_X509_BADCERT_FUTURE, TLS_NOT_YET_VALID},
		{MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
				MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
			TLS_WRONG_KEY_USAGE},
		{MBEDTLS_X509_BADCERT_OTHER, TLS_NO_HOST_NAME},
		{MBEDTLS_X509_BADCERT_CN_MISMATCH, TLS_WRONG_HOST},
	};
	for (size_t at = 0; at < sizeof order / sizeof order[0]; at++) {
		if ((flags & order[at].flags) != 0) {
			return order[at].reason;
		}
	}
	return TLS_UNKNOWN_AUTHORITY;
}

bool tls_is_out_of_memory(int code)
{
	if (code == MBEDTLS_ERR_SSL_ALLOC_FAILED || code == MBEDTLS_ERR_X509_ALLOC_FAILED) {
		return true;
	}
#if TLS_MBEDTLS_4
	return false;
#else
	int low = -code & LOW_LEVEL_MASK;
	int high = -code & ~LOW_LEVEL_MASK;
	return low == -MBEDTLS_ERR_MPI_ALLOC_FAILED || low == -MBEDTLS_ERR_ASN1_ALLOC_FAILED ||
		high == -MBEDTLS_ERR_X509_ALLOC_FAILED || high == -MBEDTLS_ERR_PK_ALLOC_FAILED ||
		high == -MBEDTLS_ERR_ECP_ALLOC_FAILED || high == -MBEDTLS_ERR_MD_ALLOC_FAILED ||
		high == -MBEDTLS_ERR_CIPHER_ALLOC_FAILED;
#endif
}

static TlsReason reason_of_code(TlsEngine *engine, int code)
{
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		engine->fault.alert = engine->ssl.MBEDTLS_PRIVATE(in_msg)[1];
		return reason_of_alert(engine->fault.alert);
	}
	if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		return TLS_CLOSED;
	}
	if (code == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION) {
		return TLS_NO_COMMON_VERSION;
	}
	if (code == MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL) {
		return TLS_STALLED;
	}
	return tls_is_out_of_memory(code) ? TLS_NO_MEMORY : TLS_MALFORMED;
}

int tls_fail(TlsEngine *engine, int code)
{
	TlsFault *fault = &engine->fault;
	fault->code = code;
	/* The usage of the leaf is judged after the verify callback, so the result has more than it. */
	if (engine->state == TLS_STATE_HANDSHAKING && engine->is_verified) {
		fault->flags |= mbedtls_ssl_get_verify_result(&engine->ssl);
	}
	return tls_fail_for(
		engine, fault->flags != 0 ? reason_of_flags(fault->flags) : reason_of_code(engine, code));
}

int tls_fail_for(TlsEngine *engine, TlsReason reason)
{
	engine->state = TLS_STATE_FAILED;
	engine->fault.reason = reason;
	return -(int) reason;
}

#ifndef ISOBAR_TLS_VERSIONS_H
#define ISOBAR_TLS_VERSIONS_H

/*
 * mbedTLS 2.28 (Debian 12), 3.6 and 4 (ESP-IDF 6) under one set of names.
 */

#include <stdbool.h>

#include <mbedtls/version.h>

#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/x509_crt.h>

#define TLS_MBEDTLS_3 (MBEDTLS_VERSION_NUMBER >= 0x03000000)
#define TLS_MBEDTLS_4 (MBEDTLS_VERSION_NUMBER >= 0x04000000)

#if !TLS_MBEDTLS_4
#include <mbedtls/ctr_drbg.h>
#endif

#if TLS_MBEDTLS_3
#include <psa/crypto.h>
#else
#define MBEDTLS_PRIVATE(member) member
#define MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#endif

#if TLS_MBEDTLS_3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define TLS_HAS_1_3 1
#else
#define TLS_HAS_1_3 0
#endif

static inline bool tls_is_handshake_over(mbedtls_ssl_context *ssl)
{
#if TLS_MBEDTLS_3
	return mbedtls_ssl_is_handshake_over(ssl) != 0;
#else
	return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

/** Whether sessions come after the handshake, and more than one of them [RFC 8446 §4.6.1]. */
static inline bool tls_has_late_tickets(const mbedtls_ssl_context *ssl)
{
#if TLS_HAS_1_3
	return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
#else
	(void) ssl;
	return false;
#endif
}

/** Whether a read ended because a session has come. */
static inline bool tls_is_ticket(int code)
{
#if TLS_HAS_1_3
	return code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
	(void) code;
	return false;
#endif
}

#endif

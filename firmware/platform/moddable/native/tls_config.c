#include "tls_engine.h"

/*
 * ECDHE and authenticated encryption only: no static RSA, no CBC. AES-128 stands first, for which
 * the chip has hardware.
 */
static const int suites[] = {
#if TLS_HAS_1_3
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	0,
};

#if TLS_MBEDTLS_3
static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

/*
 * PKCS #1 stands before PSS: TLS 1.3 passes it over [RFC 8446 §4.2.3], and with TLS 1.2 mbedTLS from
 * 3.6.6 and 4.1 on takes nothing else from a server with an RSA key.
 */
static const uint16_t signatures[] = {
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
	MBEDTLS_TLS1_3_SIG_NONE,
};
#else
static const mbedtls_ecp_group_id groups[] = {
	MBEDTLS_ECP_DP_SECP256R1,
	MBEDTLS_ECP_DP_SECP384R1,
	MBEDTLS_ECP_DP_NONE,
};

static const int signatures[] = {
	MBEDTLS_MD_SHA256,
	MBEDTLS_MD_SHA384,
	MBEDTLS_MD_SHA512,
	MBEDTLS_MD_NONE,
};
#endif

static void limit_versions(mbedtls_ssl_config *config)
{
#if TLS_MBEDTLS_3
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_groups(config, groups);
	mbedtls_ssl_conf_sig_algs(config, signatures);
#else
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_curves(config, groups);
	mbedtls_ssl_conf_sig_hashes(config, signatures);
#endif
#if TLS_HAS_1_3
	/* A resumed connection makes a key exchange of its own, or a stolen ticket key opens it later. */
	mbedtls_ssl_conf_tls13_key_exchange_modes(
		config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
#endif
#ifdef MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
		config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

static int offer_protocol(TlsEngine *engine)
{
	if (engine->protocol[0] == '\0') {
		return 0;
	}
	engine->protocols[0] = engine->protocol;
#if TLS_MBEDTLS_4
	return mbedtls_ssl_conf_alpn_protocols(
		&engine->config, (const char *const *) engine->protocols);
#else
	return mbedtls_ssl_conf_alpn_protocols(&engine->config, engine->protocols);
#endif
}

int tls_configure(TlsEngine *engine)
{
	mbedtls_ssl_config *config = &engine->config;
	int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (code != 0) {
		return code;
	}
	limit_versions(config);
	mbedtls_ssl_conf_ciphersuites(config, suites);
	/* SHA-256 and better, curves of 256 bits and more, RSA of 2048 and more. */
	mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_next);
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_verify(config, tls_verify, engine);
	mbedtls_ssl_conf_ca_chain(config, &engine->authorities, NULL);
#if !TLS_MBEDTLS_4
	mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &engine->random);
#endif
	code = mbedtls_ssl_conf_own_cert(config, &engine->certificate, &engine->key);
	return code != 0 ? code : offer_protocol(engine);
}

int tls_start_random(TlsEngine *engine, const TlsIdentity *identity)
{
#if TLS_MBEDTLS_3
	/* TLS 1.3 draws from PSA, and so does everything from mbedTLS 4 on. */
	psa_status_t status = psa_crypto_init();
	if (status != PSA_SUCCESS) {
		return (int) status;
	}
#endif
#if TLS_MBEDTLS_4
	(void) engine;
	(void) identity;
	return 0;
#else
	return mbedtls_ctr_drbg_seed(
		&engine->random, identity->entropy, identity->context, NULL, 0);
#endif
}

int tls_parse_key(TlsEngine *engine, const uint8_t *bytes, size_t length)
{
#if TLS_MBEDTLS_3 && !TLS_MBEDTLS_4
	return mbedtls_pk_parse_key(
		&engine->key, bytes, length, NULL, 0, mbedtls_ctr_drbg_random, &engine->random);
#else
	return mbedtls_pk_parse_key(&engine->key, bytes, length, NULL, 0);
#endif
}

bool tls_is_pair(TlsEngine *engine)
{
#if TLS_MBEDTLS_3 && !TLS_MBEDTLS_4
	return mbedtls_pk_check_pair(&engine->certificate.pk, &engine->key, mbedtls_ctr_drbg_random,
			   &engine->random) == 0;
#else
	return mbedtls_pk_check_pair(&engine->certificate.pk, &engine->key) == 0;
#endif
}

int tls_digest(const uint8_t *bytes, size_t length, uint8_t digest[TLS_DIGEST_BYTES])
{
	return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes, length, digest);
}

#include <string.h>

#include "tls_engine.h"

/** Tags of GeneralName [RFC 5280 §4.2.1.6]. */
enum {
	NAME_DNS = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2,
	NAME_IP = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7,
};

enum { IPV4_BYTES = 4 };

/** Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days_until(int64_t year, int64_t month, int64_t day)
{
	/* Counted from March on, a leap day is the last day of its year. */
	int64_t shifted = month > 2 ? month - 3 : month + 9;
	int64_t cycle = month > 2 ? year : year - 1;
	int64_t in_year = (153 * shifted + 2) / 5 + day - 1;
	return cycle * 365 + cycle / 4 - cycle / 100 + cycle / 400 + in_year - 719468;
}

static int64_t seconds_of(const mbedtls_x509_time *time)
{
	int64_t hours = days_until(time->year, time->mon, time->day) * 24 + time->hour;
	return (hours * 60 + time->min) * 60 + time->sec;
}

static uint8_t to_lower(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t) (letter + 'a' - 'A') : letter;
}

static bool is_same_name(const uint8_t *name, const char *host, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		if (to_lower(name[at]) != to_lower((uint8_t) host[at])) {
			return false;
		}
	}
	return true;
}

/** A wildcard stands for the whole first label, and for one of at least three [RFC 9525 §6.3]. */
static bool is_name_of(const mbedtls_x509_buf *name, const char *host)
{
	const uint8_t *bytes = name->p;
	size_t length = name->len;
	if (length > 2 && bytes[0] == '*' && bytes[1] == '.') {
		const char *rest = strchr(host, '.');
		if (rest == NULL || strchr(rest + 1, '.') == NULL) {
			return false;
		}
		bytes += 1;
		length -= 1;
		host = rest;
	}
	return length == strlen(host) && is_same_name(bytes, host, length);
}

/** Reads an IPv4 address in dots; false for anything else, a host name for example. */
static bool read_address(const char *host, uint8_t address[IPV4_BYTES])
{
	for (size_t at = 0; at < IPV4_BYTES; at++) {
		unsigned value = 0;
		size_t digits = 0;
		for (; *host >= '0' && *host <= '9' && digits < 4; host++, digits++) {
			value = value * 10 + (unsigned) (*host - '0');
		}
		if (digits == 0 || digits > 3 || value > 255) {
			return false;
		}
		address[at] = (uint8_t) value;
		if (*host != (at + 1 < IPV4_BYTES ? '.' : '\0')) {
			return false;
		}
		host += at + 1 < IPV4_BYTES ? 1 : 0;
	}
	return true;
}

bool tls_is_address(const char *host)
{
	uint8_t address[IPV4_BYTES];
	return read_address(host, address);
}

/**
 * What is wrong with the names of the server's certificate. mbedTLS would take the common name
 * where there is no subjectAltName, and 2.28 knows no addresses.
 */
static uint32_t judge_names(const mbedtls_x509_crt *certificate, const char *host)
{
	uint8_t address[IPV4_BYTES];
	bool is_address = read_address(host, address);
	const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
	if (name->buf.p == NULL) {
		return MBEDTLS_X509_BADCERT_OTHER;
	}
	for (; name != NULL; name = name->next) {
		const mbedtls_x509_buf *value = &name->buf;
		if (is_address && value->tag == NAME_IP && value->len == IPV4_BYTES &&
			memcmp(value->p, address, IPV4_BYTES) == 0) {
			return 0;
		}
		if (!is_address && value->tag == NAME_DNS && is_name_of(value, host)) {
			return 0;
		}
	}
	return MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

/** What is wrong with the dates, and how far they narrow those of the chain. */
static uint32_t judge_dates(TlsEngine *engine, const mbedtls_x509_crt *certificate)
{
	TlsValidity *validity = &engine->validity;
	int64_t from = seconds_of(&certificate->valid_from);
	int64_t to = seconds_of(&certificate->valid_to);
	if (from > validity->from) {
		validity->from = from;
	}
	if (to < validity->to) {
		validity->to = to;
	}
	if (engine->time > to) {
		return MBEDTLS_X509_BADCERT_EXPIRED;
	}
	return engine->time < from && !engine->time_is_floor ? MBEDTLS_X509_BADCERT_FUTURE : 0;
}

/** An authority for clients only must not vouch for a server; mbedTLS asks this of leaves only. */
static uint32_t judge_purpose(const mbedtls_x509_crt *authority)
{
	return mbedtls_x509_crt_check_extended_key_usage(authority, MBEDTLS_OID_SERVER_AUTH,
			   MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0
		? MBEDTLS_X509_BADCERT_EXT_KEY_USAGE
		: 0;
}

int tls_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	TlsEngine *engine = context;
	engine->is_verified = true;
	/* mbedTLS judges dates by the clock of the system, or not at all. */
	*flags &= ~(uint32_t) (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
	*flags |= judge_dates(engine, certificate);
	*flags |= depth == 0 ? judge_names(certificate, engine->host) : judge_purpose(certificate);
	engine->fault.flags |= *flags;
	return 0;
}

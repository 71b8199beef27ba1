/*
 * The TLS engine for XS: one object for the life of a station, which also keeps the session, so
 * that no key material is in the heap of JavaScript. Described in ports/tls.ts.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "tls.h"

#include <string.h>

#ifdef ESP_PLATFORM
#include "esp_random.h"
#else
#include <sys/random.h>
#endif

typedef struct {
	TlsEngine *engine;
	size_t session_length;
	uint8_t session[TLS_SESSION_BYTES];
} Glue;

static int fill_with_entropy(void *context, unsigned char *into, size_t length)
{
	(void) context;
#ifdef ESP_PLATFORM
	esp_fill_random(into, length);
	return 0;
#else
	return getrandom(into, length, 0) == (ssize_t) length ? 0 : -1;
#endif
}

static void forget_session(Glue *glue)
{
	memset(glue->session, 0, sizeof glue->session);
	glue->session_length = 0;
}

void isobar_tls_destructor(void *data)
{
	Glue *glue = data;
	if (glue != NULL) {
		tls_engine_destroy(glue->engine);
		forget_session(glue);
		c_free(glue);
	}
}

static Glue *glue_of(xsMachine *the)
{
	return xsmcGetHostDataValidate(xsThis, isobar_tls_destructor);
}

static TlsBytes bytes_of(xsMachine *the, int argument)
{
	void *bytes;
	xsUnsignedValue length;
	xsmcGetBufferReadable(xsArg(argument), &bytes, &length);
	return (TlsBytes) {bytes, length};
}

/** The argument's bytes for writing, and at most as many of them as the next argument says. */
static uint8_t *room_of(xsMachine *the, int argument, size_t *length)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(argument), &bytes, &size);
	*length = size;
	if (xsmcArgc > argument + 1) {
		xsIntegerValue limit = xsmcToInteger(xsArg(argument + 1));
		if (limit < 0) {
			limit = 0;
		}
		if ((size_t) limit < *length) {
			*length = (size_t) limit;
		}
	}
	return bytes;
}

/**
 * Hands a count or a negated reason on. A session whose connection has failed is not offered again
 * [RFC 5246 §7.2.2]; one that has come is kept.
 */
static void set_result(xsMachine *the, Glue *glue, int result)
{
	if (result < 0 && -result != TLS_CLOSED) {
		forget_session(glue);
	} else {
		size_t length = tls_engine_save(glue->engine, glue->session, sizeof glue->session);
		if (length > 0) {
			glue->session_length = length;
		}
	}
	xsmcSetInteger(xsResult, result);
}

void isobar_tls_create(xsMachine *the)
{
	TlsReason reason = TLS_NO_MEMORY;
	TlsIdentity identity = {.authorities = bytes_of(the, 0),
		.certificate = bytes_of(the, 1),
		.key = bytes_of(the, 2),
		.entropy = fill_with_entropy};
	Glue *glue = c_calloc(1, sizeof *glue);
	if (glue != NULL) {
		glue->engine = tls_engine_create(&identity, &reason);
		if (glue->engine == NULL) {
			c_free(glue);
		} else {
			xsmcSetHostData(xsThis, glue);
		}
	}
	xsmcSetInteger(xsResult, reason);
}

void isobar_tls_open(xsMachine *the)
{
	/* Longer than any name, so that the engine is who refuses one. */
	char host[TLS_HOST_BYTES + 3];
	Glue *glue = glue_of(the);
	xsmcToStringBuffer(xsArg(0), host, sizeof host);
	TlsPeer peer = {.host = host,
		.time = (int64_t) xsmcToNumber(xsArg(1)),
		.time_is_floor = xsmcToBoolean(xsArg(2)),
		.session = {glue->session, glue->session_length}};
	xsmcSetInteger(xsResult, (xsIntegerValue) tls_engine_open(glue->engine, &peer));
}

void isobar_tls_handshake(xsMachine *the)
{
	Glue *glue = glue_of(the);
	set_result(the, glue, tls_engine_handshake(glue->engine));
}

void isobar_tls_room(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue) tls_engine_room(glue_of(the)->engine));
}

void isobar_tls_feed(xsMachine *the)
{
	size_t length;
	const uint8_t *bytes = room_of(the, 0, &length);
	xsmcSetInteger(xsResult, (xsIntegerValue) tls_engine_feed(glue_of(the)->engine, bytes, length));
}

void isobar_tls_take(xsMachine *the)
{
	size_t length;
	uint8_t *into = room_of(the, 0, &length);
	xsmcSetInteger(xsResult, (xsIntegerValue) tls_engine_take(glue_of(the)->engine, into, length));
}

void isobar_tls_readable(xsMachine *the)
{
	Glue *glue = glue_of(the);
	set_result(the, glue, tls_engine_readable(glue->engine));
}

void isobar_tls_writable(xsMachine *the)
{
	xsmcSetInteger(xsResult, tls_engine_writable(glue_of(the)->engine));
}

void isobar_tls_read(xsMachine *the)
{
	size_t length;
	Glue *glue = glue_of(the);
	uint8_t *into = room_of(the, 0, &length);
	set_result(the, glue, tls_engine_read(glue->engine, into, length));
}

void isobar_tls_write(xsMachine *the)
{
	Glue *glue = glue_of(the);
	TlsBytes from = bytes_of(the, 0);
	set_result(the, glue, tls_engine_write(glue->engine, from.bytes, from.length));
}

void isobar_tls_close(xsMachine *the)
{
	tls_engine_close(glue_of(the)->engine);
}

void isobar_tls_alert(xsMachine *the)
{
	xsmcSetInteger(xsResult, tls_engine_fault(glue_of(the)->engine)->alert);
}

void isobar_tls_code(xsMachine *the)
{
	xsmcSetInteger(xsResult, tls_engine_fault(glue_of(the)->engine)->code);
}

void isobar_tls_suite(xsMachine *the)
{
	const char *suite = tls_engine_suite(glue_of(the)->engine);
	xsmcSetString(xsResult, (char *) (suite == NULL ? "" : suite));
}

void isobar_tls_is_resumed(xsMachine *the)
{
	xsmcSetBoolean(xsResult, tls_engine_is_resumed(glue_of(the)->engine));
}

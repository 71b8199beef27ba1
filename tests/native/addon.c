/*
 * The TLS engine as a Node-API addon, with the methods of tls_xs.c as functions that take the number
 * of the engine first: so the wrapper for the device runs in a test over the real engine. Declared
 * here is the little that is used of Node-API, whose ABI is stable; no headers of Node are needed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>

#include "../../firmware/platform/moddable/native/tls.h"

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);

int napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments,
	napi_value *self, void **data);
int napi_create_function(napi_env env, const char *name, size_t length, napi_callback callback,
	void *data, napi_value *result);
int napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value);
int napi_create_int32(napi_env env, int32_t value, napi_value *result);
int napi_create_string_utf8(napi_env env, const char *text, size_t length, napi_value *result);
int napi_get_value_int32(napi_env env, napi_value value, int32_t *result);
int napi_get_value_int64(napi_env env, napi_value value, int64_t *result);
int napi_get_value_bool(napi_env env, napi_value value, bool *result);
int napi_get_value_string_utf8(
	napi_env env, napi_value value, char *into, size_t size, size_t *length);
int napi_get_typedarray_info(napi_env env, napi_value array, int *type, size_t *length, void **data,
	napi_value *buffer, size_t *offset);

napi_value napi_register_module_v1(napi_env env, napi_value exports);

enum { ENGINES = 64, ARGUMENTS = 4 };

static TlsEngine *engines[ENGINES];
static int32_t engine_count;

/** One call: its arguments, and the engine that the first of them names. */
typedef struct {
	napi_env env;
	napi_value arguments[ARGUMENTS];
	TlsEngine *engine;
} Call;

static Call call_of(napi_env env, napi_callback_info info)
{
	Call call = {.env = env};
	size_t count = ARGUMENTS;
	int32_t number = ENGINES;
	napi_get_cb_info(env, info, &count, call.arguments, NULL, NULL);
	napi_get_value_int32(env, call.arguments[0], &number);
	call.engine = number >= 0 && number < ENGINES ? engines[number] : NULL;
	return call;
}

static TlsBytes bytes_at(const Call *call, size_t at)
{
	void *data = NULL;
	size_t length = 0;
	napi_get_typedarray_info(call->env, call->arguments[at], NULL, &length, &data, NULL, NULL);
	return (TlsBytes) {data, length};
}

static uint8_t *room_at(const Call *call, size_t at, size_t *length)
{
	void *data = NULL;
	int32_t limit = INT32_MAX;
	napi_get_typedarray_info(call->env, call->arguments[at], NULL, length, &data, NULL, NULL);
	if (at + 1 < ARGUMENTS) {
		napi_get_value_int32(call->env, call->arguments[at + 1], &limit);
	}
	*length = *length < (size_t) limit ? *length : (size_t) limit;
	return data;
}

static napi_value number(napi_env env, int value)
{
	napi_value result = NULL;
	napi_create_int32(env, value, &result);
	return result;
}

static int entropy(void *context, unsigned char *into, size_t length)
{
	(void) context;
	return getrandom(into, length, 0) == (ssize_t) length ? 0 : -1;
}

/** The number of the new engine, or a negated reason. */
static napi_value create(napi_env env, napi_callback_info info)
{
	Call call = call_of(env, info);
	TlsReason reason = TLS_NO_MEMORY;
	TlsIdentity identity = {.authorities = bytes_at(&call, 0),
		.certificate = bytes_at(&call, 1),
		.key = bytes_at(&call, 2),
		.entropy = entropy};
	if (engine_count < ENGINES) {
		engines[engine_count] = tls_engine_create(&identity, &reason);
	}
	return number(env, reason == TLS_OK ? engine_count++ : -(int) reason);
}

static napi_value open_connection(napi_env env, napi_callback_info info)
{
	char host[TLS_HOST_BYTES + 1] = "";
	TlsPeer peer = {.host = host};
	Call call = call_of(env, info);
	napi_get_value_string_utf8(env, call.arguments[1], host, sizeof host, NULL);
	napi_get_value_int64(env, call.arguments[2], &peer.time);
	napi_get_value_bool(env, call.arguments[3], &peer.time_is_floor);
	return number(env, (int) tls_engine_open(call.engine, &peer));
}

static napi_value handshake(napi_env env, napi_callback_info info)
{
	return number(env, tls_engine_handshake(call_of(env, info).engine));
}

static napi_value room(napi_env env, napi_callback_info info)
{
	return number(env, (int) tls_engine_room(call_of(env, info).engine));
}

static napi_value feed(napi_env env, napi_callback_info info)
{
	size_t length;
	Call call = call_of(env, info);
	const uint8_t *bytes = room_at(&call, 1, &length);
	return number(env, (int) tls_engine_feed(call.engine, bytes, length));
}

static napi_value take(napi_env env, napi_callback_info info)
{
	size_t length;
	Call call = call_of(env, info);
	uint8_t *into = room_at(&call, 1, &length);
	return number(env, (int) tls_engine_take(call.engine, into, length));
}

static napi_value readable(napi_env env, napi_callback_info info)
{
	return number(env, tls_engine_readable(call_of(env, info).engine));
}

static napi_value writable(napi_env env, napi_callback_info info)
{
	return number(env, tls_engine_writable(call_of(env, info).engine));
}

static napi_value read_bytes(napi_env env, napi_callback_info info)
{
	size_t length;
	Call call = call_of(env, info);
	uint8_t *into = room_at(&call, 1, &length);
	return number(env, tls_engine_read(call.engine, into, length));
}

static napi_value write_bytes(napi_env env, napi_callback_info info)
{
	Call call = call_of(env, info);
	TlsBytes from = bytes_at(&call, 1);
	return number(env, tls_engine_write(call.engine, from.bytes, from.length));
}

static napi_value close_connection(napi_env env, napi_callback_info info)
{
	tls_engine_close(call_of(env, info).engine);
	return NULL;
}

static napi_value alert(napi_env env, napi_callback_info info)
{
	return number(env, tls_engine_fault(call_of(env, info).engine)->alert);
}

static napi_value suite(napi_env env, napi_callback_info info)
{
	napi_value result = NULL;
	napi_create_string_utf8(
		env, tls_engine_suite(call_of(env, info).engine), SIZE_MAX, &result);
	return result;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	static const struct {
		const char *name;
		napi_callback callback;
	} functions[] = {
		{"create", create},
		{"open", open_connection},
		{"handshake", handshake},
		{"room", room},
		{"feed", feed},
		{"take", take},
		{"readable", readable},
		{"writable", writable},
		{"read", read_bytes},
		{"write", write_bytes},
		{"close", close_connection},
		{"alert", alert},
		{"suite", suite},
	};
	for (size_t at = 0; at < sizeof functions / sizeof functions[0]; at++) {
		napi_value value = NULL;
		napi_create_function(env, functions[at].name, SIZE_MAX, functions[at].callback, NULL, &value);
		napi_set_named_property(env, exports, functions[at].name, value);
	}
	return exports;
}

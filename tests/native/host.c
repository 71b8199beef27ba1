/*
 * Drives the TLS engine over a socket for the tests: one run makes one connection, or a whole row
 * of them, and prints what became of it as one line of JSON. Usage: host name=value ..., see
 * `read_options`. Exits 0 whenever the engine did, whatever its verdict.
 */

#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/version.h>

#include "../../firmware/platform/moddable/native/tls.h"
#include "heap.h"

enum { FILES = 4, FILE_BYTES = 16384, CHUNK_BYTES = 4096, NOWHERE = -1 };

typedef struct {
	int port;
	/** Milliseconds without a byte after which the peer is taken for silent. */
	int silence_ms;
	/** Ciphertext is fed in pieces of this size. */
	size_t chunk;
	/** Plaintext to send and to receive back. */
	size_t echo;
	/** Connections one after the other on one engine, and whether each resumes the one before. */
	int repeat;
	bool is_resuming;
	/** Ciphertext from the peer ends after this many bytes. */
	long cut;
	/** The bit of this byte of the ciphertext is turned. */
	long flip;
	/** Which test over a row of connections, or an empty string. */
	char sweep[16];
	long stride;
	char host[256];
	char protocol[64];
	char save[512];
	int64_t time;
	bool time_is_floor;
	TlsBytes authorities;
	TlsBytes certificate;
	TlsBytes key;
	TlsBytes session;
} Options;

/** What became of one connection. */
typedef struct {
	bool was_up;
	/** The last thing the engine said: a TlsReason, 0 when nothing was wrong. */
	int reason;
	TlsFault fault;
	bool is_resumed;
	char version[16];
	char suite[64];
	char protocol[64];
	/** Bytes of the peer's that the engine was fed, and how many of them until it was up. */
	long fed;
	long fed_until_up;
	/** Offset in the ciphertext of the record that `flip` lies in. */
	long record;
	/** Plaintext bytes that came back as they were sent. */
	size_t echoed;
	/** Allocations between the end of the handshake and the close. */
	unsigned long allocations_up;
	size_t saved;
} Outcome;

/* ---- Options ------------------------------------------------------------------------------- */

static void die(const char *what)
{
	fprintf(stderr, "host: %s\n", what);
	exit(2);
}

static TlsBytes read_file(const char *path)
{
	/* Not from the heap, whose figures are those of the engine. */
	static uint8_t files[FILES][FILE_BYTES];
	static size_t count;
	FILE *file = fopen(path, "rb");
	if (file == NULL || count == FILES) {
		die(path);
	}
	uint8_t *bytes = files[count++];
	size_t length = fread(bytes, 1, FILE_BYTES, file);
	fclose(file);
	return (TlsBytes) {bytes, length};
}

static void write_file(const char *path, const uint8_t *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");
	if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
		die(path);
	}
}

static void copy(char *into, size_t size, const char *text)
{
	if (text == NULL) {
		text = "";
	}
	if (snprintf(into, size, "%s", text) >= (int) size) {
		die("a value that is too long");
	}
}

static void read_option(Options *options, const char *name, const char *value)
{
	if (strcmp(name, "port") == 0) options->port = atoi(value);
	else if (strcmp(name, "silence") == 0) options->silence_ms = atoi(value);
	else if (strcmp(name, "chunk") == 0) options->chunk = (size_t) atol(value);
	else if (strcmp(name, "echo") == 0) options->echo = (size_t) atol(value);
	else if (strcmp(name, "repeat") == 0) options->repeat = atoi(value);
	else if (strcmp(name, "resuming") == 0) options->is_resuming = atoi(value) != 0;
	else if (strcmp(name, "cut") == 0) options->cut = atol(value);
	else if (strcmp(name, "flip") == 0) options->flip = atol(value);
	else if (strcmp(name, "sweep") == 0) copy(options->sweep, sizeof options->sweep, value);
	else if (strcmp(name, "stride") == 0) options->stride = atol(value);
	else if (strcmp(name, "host") == 0) copy(options->host, sizeof options->host, value);
	else if (strcmp(name, "protocol") == 0) copy(options->protocol, sizeof options->protocol, value);
	else if (strcmp(name, "save") == 0) copy(options->save, sizeof options->save, value);
	else if (strcmp(name, "time") == 0) options->time = atoll(value);
	else if (strcmp(name, "floor") == 0) options->time_is_floor = atoi(value) != 0;
	else if (strcmp(name, "authorities") == 0) options->authorities = read_file(value);
	else if (strcmp(name, "certificate") == 0) options->certificate = read_file(value);
	else if (strcmp(name, "key") == 0) options->key = read_file(value);
	else if (strcmp(name, "session") == 0) options->session = read_file(value);
	else die(name);
}

static Options read_options(int count, char **arguments)
{
	Options options = {.silence_ms = 5000,
		.chunk = CHUNK_BYTES,
		.repeat = 1,
		.cut = NOWHERE,
		.flip = NOWHERE,
		.stride = 1,
		.time = time(NULL)};
	for (int at = 1; at < count; at++) {
		char *value = strchr(arguments[at], '=');
		if (value == NULL) {
			die(arguments[at]);
		}
		*value = '\0';
		read_option(&options, arguments[at], value + 1);
	}
	return options;
}

/* ---- The wire ------------------------------------------------------------------------------ */

static int entropy(void *context, unsigned char *into, size_t length)
{
	(void) context;
	return getrandom(into, length, 0) == (ssize_t) length ? 0 : -1;
}

static int connect_to(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int wire = socket(AF_INET, SOCK_STREAM, 0);
	int yes = 1;
	setsockopt(wire, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (wire < 0 || connect(wire, (struct sockaddr *) &address, sizeof address) != 0) {
		die("cannot connect");
	}
	return wire;
}

/** Sends all ciphertext that waits; false when the peer takes no more. */
static bool flush(TlsEngine *engine, int wire)
{
	uint8_t bytes[CHUNK_BYTES];
	size_t length;
	while ((length = tls_engine_take(engine, bytes, sizeof bytes)) > 0) {
		for (size_t sent = 0; sent < length;) {
			ssize_t count = send(wire, bytes + sent, length - sent, MSG_NOSIGNAL);
			if (count <= 0) {
				return false;
			}
			sent += (size_t) count;
		}
	}
	return true;
}

/** Where the records of a stream begin, followed byte by byte. */
typedef struct {
	long start;
	long next;
	uint8_t header[5];
} Records;

static void follow(Records *records, long at, uint8_t byte)
{
	if (at == records->next) {
		records->start = at;
		records->next = LONG_MAX;
	}
	long offset = at - records->start;
	if (offset < 5) {
		records->header[offset] = byte;
		if (offset == 4) {
			records->next = at + 1 + records->header[3] * 256 + records->header[4];
		}
	}
}

typedef struct {
	const Options *options;
	TlsEngine *engine;
	int wire;
	Outcome *outcome;
	Records records;
	uint8_t bytes[CHUNK_BYTES];
	size_t start;
	size_t end;
} Link;

/** Feeds the next piece, waiting for the peer if need be; false when there is no more to come. */
static bool feed(Link *link)
{
	const Options *options = link->options;
	Outcome *outcome = link->outcome;
	if (options->cut != NOWHERE && outcome->fed >= options->cut) {
		return false;
	}
	if (link->start == link->end) {
		struct pollfd wait = {.fd = link->wire, .events = POLLIN};
		if (poll(&wait, 1, options->silence_ms) <= 0) {
			return false;
		}
		ssize_t count = recv(link->wire, link->bytes, sizeof link->bytes, 0);
		if (count <= 0) {
			return false;
		}
		link->start = 0;
		link->end = (size_t) count;
		for (long at = 0; at < count; at++) {
			follow(&link->records, outcome->fed + at, link->bytes[at]);
			if (outcome->fed + at == options->flip) {
				link->bytes[at] ^= (uint8_t) (1 << (options->flip % 8));
				outcome->record = link->records.start;
			}
		}
	}
	size_t length = link->end - link->start;
	length = length < options->chunk ? length : options->chunk;
	if (options->cut != NOWHERE && outcome->fed + (long) length > options->cut) {
		length = (size_t) (options->cut - outcome->fed);
	}
	size_t taken = tls_engine_feed(link->engine, link->bytes + link->start, length);
	link->start += taken;
	outcome->fed += (long) taken;
	return true;
}

/* ---- One connection ------------------------------------------------------------------------ */

/** Runs the handshake to its end; returns a TlsProgress, or a negated TlsReason. */
static int shake_hands(Link *link)
{
	for (;;) {
		int progress = tls_engine_handshake(link->engine);
		if (progress == TLS_STEPPED) {
			continue;
		}
		/* A peer that takes nothing more may still have said why. */
		(void) flush(link->engine, link->wire);
		if (progress != TLS_WAITS || !feed(link)) {
			return progress;
		}
	}
}

static uint8_t pattern(size_t at)
{
	return (uint8_t) (at * 31 + at / 251);
}

/** Writes what fits of the bytes from `sent` on; returns the count, or a negated TlsReason. */
static int write_some(Link *link, size_t sent)
{
	uint8_t bytes[CHUNK_BYTES];
	size_t length = link->options->echo - sent;
	length = length < sizeof bytes ? length : sizeof bytes;
	for (size_t at = 0; at < length; at++) {
		bytes[at] = pattern(sent + at);
	}
	return tls_engine_write(link->engine, bytes, length);
}

static int read_some(Link *link)
{
	uint8_t bytes[700];
	int readable = tls_engine_readable(link->engine);
	if (readable <= 0) {
		return readable;
	}
	int count = tls_engine_read(link->engine, bytes, sizeof bytes);
	if (count > readable) {
		die("more was read than was readable");
	}
	for (int at = 0; at < count; at++) {
		if (bytes[at] != pattern(link->outcome->echoed + (size_t) at)) {
			die("the echo is not what was sent");
		}
	}
	link->outcome->echoed += count > 0 ? (size_t) count : 0;
	return count;
}

/** Sends the plaintext and reads it back; returns 0, or a negated TlsReason. */
static int talk(Link *link)
{
	size_t sent = 0;
	while (link->outcome->echoed < link->options->echo) {
		int wrote = sent < link->options->echo ? write_some(link, sent) : 0;
		if (wrote < 0) {
			return wrote;
		}
		sent += (size_t) wrote;
		(void) flush(link->engine, link->wire);
		int count;
		while ((count = read_some(link)) > 0) {
		}
		if (count < 0) {
			return count;
		}
		if (wrote == 0 && link->outcome->echoed < link->options->echo && !feed(link)) {
			return 0;
		}
	}
	return 0;
}

/** The session that was saved last. */
static uint8_t saved[TLS_SESSION_BYTES];

static void save(Link *link)
{
	Outcome *outcome = link->outcome;
	outcome->saved = tls_engine_save(link->engine, saved, sizeof saved);
	if (outcome->saved > 0 && link->options->save[0] != '\0') {
		write_file(link->options->save, saved, outcome->saved);
	}
}

static Outcome make_connection(const Options *options, TlsEngine *engine)
{
	Outcome outcome = {0};
	Link link = {.options = options, .engine = engine, .outcome = &outcome, .wire = NOWHERE};
	TlsPeer peer = {options->host, options->time, options->time_is_floor, options->session};
	outcome.reason = (int) tls_engine_open(engine, &peer);
	if (outcome.reason == TLS_OK) {
		link.wire = connect_to(options->port);
		int progress = shake_hands(&link);
		outcome.reason = progress < 0 ? -progress : 0;
		outcome.was_up = progress == TLS_UP;
	}
	if (outcome.was_up) {
		outcome.fed_until_up = outcome.fed;
		outcome.is_resumed = tls_engine_is_resumed(engine);
		copy(outcome.version, sizeof outcome.version, tls_engine_version(engine));
		copy(outcome.suite, sizeof outcome.suite, tls_engine_suite(engine));
		copy(outcome.protocol, sizeof outcome.protocol, tls_engine_protocol(engine));
		unsigned long before = heap_figures().count;
		outcome.reason = -talk(&link);
		outcome.allocations_up = heap_figures().count - before;
		save(&link);
		outcome.fault = *tls_engine_fault(engine);
		tls_engine_close(engine);
		/* Within a row it stays untaken, and must not reach the next connection. */
		if (options->repeat == 1) {
			(void) flush(engine, link.wire);
		}
	} else {
		outcome.fault = *tls_engine_fault(engine);
	}
	if (link.wire != NOWHERE) {
		close(link.wire);
	}
	return outcome;
}

/* ---- Reports ------------------------------------------------------------------------------- */

static void print_text(const char *name, const char *text)
{
	printf(text[0] == '\0' ? ",\"%s\":null" : ",\"%s\":\"%s\"", name, text);
}

static void print_outcome(const Outcome *outcome)
{
	printf("{\"up\":%s,\"reason\":%d,\"alert\":%d,\"flags\":%lu,\"code\":%d",
		outcome->was_up ? "true" : "false", outcome->reason, outcome->fault.alert,
		(unsigned long) outcome->fault.flags, outcome->fault.code);
	printf(",\"resumed\":%s,\"echoed\":%zu,\"saved\":%zu,\"fedUntilUp\":%ld,\"allocationsUp\":%lu",
		outcome->is_resumed ? "true" : "false", outcome->echoed, outcome->saved,
		outcome->fed_until_up, outcome->allocations_up);
	print_text("library", MBEDTLS_VERSION_STRING);
	print_text("version", outcome->version);
	print_text("suite", outcome->suite);
	print_text("protocol", outcome->protocol);
}

static void print_heap(size_t created, size_t first, size_t last)
{
	HeapFigures figures = heap_figures();
	printf(",\"heap\":{\"created\":%zu,\"peak\":%zu,\"largest\":%zu,\"afterFirst\":%zu,"
		   "\"afterLast\":%zu,\"allocations\":%lu}}\n",
		created, figures.peak, figures.largest, first, last, figures.count);
}

/* ---- Rows of connections ------------------------------------------------------------------- */

/**
 * Ends the ciphertext after 0, 1, 2 ... bytes. `early`: connections that came up though something
 * was missing; `failed`: that failed where they had to wait.
 */
static void sweep_cuts(Options *options, TlsEngine *engine)
{
	Outcome whole = make_connection(options, engine);
	long early = 0, failed = 0, waited = 0;
	for (long cut = 0; cut < whole.fed_until_up; cut += options->stride) {
		options->cut = cut;
		Outcome outcome = make_connection(options, engine);
		/* Signatures vary by a byte or two in length, and with them where the handshake ends. */
		if (outcome.was_up) early += cut < whole.fed_until_up - 8;
		else if (outcome.reason != 0) failed++;
		else waited++;
	}
	printf("{\"up\":%s,\"length\":%ld,\"early\":%ld,\"failed\":%ld,\"waited\":%ld",
		whole.was_up ? "true" : "false", whole.fed_until_up, early, failed, waited);
}

/** Turns one bit of each byte of the handshake. `unnoticed`: offsets in their record of those that came up. */
static void sweep_flips(Options *options, TlsEngine *engine)
{
	Outcome whole = make_connection(options, engine);
	long refused = 0, waited = 0;
	const char *separator = "";
	printf("{\"up\":%s,\"length\":%ld,\"unnoticed\":[", whole.was_up ? "true" : "false",
		whole.fed_until_up);
	for (long flip = 0; flip < whole.fed_until_up - 8; flip += options->stride) {
		options->flip = flip;
		Outcome outcome = make_connection(options, engine);
		if (outcome.was_up) {
			printf("%s%ld", separator, flip - outcome.record);
			separator = ",";
		} else if (outcome.reason != 0) refused++;
		else waited++;
	}
	/* A ServerHello that fails leaves the rest of the flight unread. */
	options->flip = 6;
	(void) make_connection(options, engine);
	options->flip = NOWHERE;
	printf("],\"refused\":%ld,\"waited\":%ld,\"upAgain\":%s", refused, waited,
		make_connection(options, engine).was_up ? "true" : "false");
}

/** Lets one allocation after the other fail. `up`: connections that did not need it. */
static void sweep_allocations(Options *options, TlsEngine *engine)
{
	unsigned long before = heap_figures().count;
	Outcome whole = make_connection(options, engine);
	long total = (long) (heap_figures().count - before);
	long up = 0, other = 0, starved = 0;
	for (long at = 0; at < total; at += options->stride) {
		heap_fail((unsigned long) at);
		Outcome outcome = make_connection(options, engine);
		heap_fail(ULONG_MAX);
		if (outcome.was_up && outcome.reason == 0) up++;
		else if (outcome.reason == TLS_NO_MEMORY) starved++;
		else other++;
	}
	printf("{\"up\":%s,\"allocations\":%ld,\"survived\":%ld,\"starved\":%ld,\"other\":%ld",
		whole.was_up ? "true" : "false", total, up, starved, other);
}

int main(int count, char **arguments)
{
	Options options = read_options(count, arguments);
	TlsIdentity identity = {options.authorities, options.certificate, options.key,
		options.protocol[0] == '\0' ? NULL : options.protocol, entropy, NULL};
	TlsReason reason;
	TlsEngine *engine = tls_engine_create(&identity, &reason);
	size_t created = heap_figures().held;
	size_t first = 0;
	/* What a connection asks for is another matter than the buffers of the start. */
	heap_forget_largest();
	signal(SIGPIPE, SIG_IGN);
	if (engine == NULL) {
		Outcome outcome = {.reason = (int) reason};
		print_outcome(&outcome);
	} else if (strcmp(options.sweep, "cuts") == 0) {
		sweep_cuts(&options, engine);
	} else if (strcmp(options.sweep, "flips") == 0) {
		sweep_flips(&options, engine);
	} else if (strcmp(options.sweep, "allocations") == 0) {
		sweep_allocations(&options, engine);
	} else {
		Outcome outcome = make_connection(&options, engine);
		first = heap_figures().held;
		for (int more = 1; more < options.repeat && outcome.was_up; more++) {
			if (options.is_resuming && outcome.saved > 0) {
				options.session = (TlsBytes) {saved, outcome.saved};
			}
			outcome = make_connection(&options, engine);
		}
		print_outcome(&outcome);
	}
	size_t last = heap_figures().held;
	tls_engine_destroy(engine);
	print_heap(created, first, last);
	return 0;
}

/*
 * Runs the firmware that mcconfig has built for Linux, without the window of the SDK's simulator: opens
 * the shared object, launches its machine and turns the main loop. What the firmware logs comes on
 * stdout. Usage: run FILE.so
 */
#include <dlfcn.h>
#include <glib.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define mxLinux 1
#include "screen.h"

enum { IDLE_MS = 10 };

static guint idle_source;

static gboolean on_idle(gpointer data)
{
	txScreen *screen = data;
	if (screen->idle != NULL) {
		screen->idle(screen);
	}
	return G_SOURCE_CONTINUE;
}

static void start(txScreen *screen, double interval)
{
	if (idle_source == 0) {
		idle_source = g_timeout_add(interval < 1 ? IDLE_MS : (guint)interval, on_idle, screen);
	}
}

static void stop(txScreen *screen)
{
	(void)screen;
	if (idle_source != 0) {
		g_source_remove(idle_source);
		idle_source = 0;
	}
}

static void nothing(txScreen *screen)
{
	(void)screen;
}

static void on_message(txScreen *screen, char *buffer, int size)
{
	(void)screen;
	(void)buffer;
	(void)size;
}

static void on_abort(txScreen *screen, int status)
{
	(void)screen;
	fprintf(stderr, "the machine has ended: %d\n", status);
	exit(2);
}

static void launch(txScreenLaunchProc begin)
{
	txScreen *screen = calloc(1, sizeof(*screen));
	if (screen == NULL) {
		exit(1);
	}
	screen->abort = on_abort;
	screen->bufferChanged = nothing;
	screen->formatChanged = nothing;
	screen->start = start;
	screen->stop = stop;
	screen->post = on_message;
	screen->mainThread = g_thread_self();
	screen->width = 1;
	screen->height = 1;
	g_mutex_init(&screen->workersMutex);
	begin(screen);
}

int main(int count, char *words[])
{
	void *library = count == 2 ? dlopen(words[1], RTLD_NOW) : NULL;
	if (library == NULL) {
		fprintf(stderr, "run: %s; expected the shared object of a build\n", count == 2 ? dlerror() : "no file");
		return 1;
	}
	txScreenLaunchProc begin = (txScreenLaunchProc)dlsym(library, "fxScreenLaunch");
	if (begin == NULL) {
		fprintf(stderr, "run: %s\n", dlerror());
		return 1;
	}
	// A peer that is gone is an error of the socket, and no end of the process.
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	launch(begin);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}

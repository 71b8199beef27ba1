/* As much of GLib, and of the SDK's screen.h, as manifests/linux/run.c uses: for a look by the compiler only. */
#ifndef ISOBAR_STUB_GLIB_H
#define ISOBAR_STUB_GLIB_H

#include <stddef.h>

typedef int gboolean;
typedef unsigned int guint;
typedef void *gpointer;
typedef struct GMutex {
	void *data;
} GMutex;
typedef struct GThread GThread;
typedef struct GMainLoop GMainLoop;
typedef struct GMainContext GMainContext;
enum { FALSE, TRUE };
#define G_SOURCE_CONTINUE TRUE
guint g_timeout_add(guint interval, gboolean (*function)(gpointer data), gpointer data);
gboolean g_source_remove(guint tag);
GThread *g_thread_self(void);
void g_mutex_init(GMutex *mutex);
GMainLoop *g_main_loop_new(GMainContext *context, gboolean is_running);
void g_main_loop_run(GMainLoop *loop);

typedef struct sxScreen txScreen;
typedef void (*txScreenLaunchProc)(txScreen *screen);
struct sxScreen {
	void (*abort)(txScreen *screen, int status);
	void (*bufferChanged)(txScreen *screen);
	void (*formatChanged)(txScreen *screen);
	void (*idle)(txScreen *screen);
	void (*post)(txScreen *screen, char *buffer, int size);
	void (*start)(txScreen *screen, double interval);
	void (*stop)(txScreen *screen);
	GMutex workersMutex;
	GThread *mainThread;
	int width;
	int height;
};

#endif

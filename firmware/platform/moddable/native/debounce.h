#ifndef ISOBAR_DEBOUNCE_H
#define ISOBAR_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Counts the closings of one switch to ground, of a contact that bounces when it closes and when
 * it opens: the line goes low after it has been quiet for `debounce`. A bounce is never preceded by
 * quiet, a closing always is, as long as the switch stays open for longer than `debounce`.
 */
typedef struct {
	/** Microseconds. */
	int64_t debounce;
	/** When the line has last changed. */
	int64_t changed;
	/** Closings; wraps. */
	uint32_t count;
} Debounce;

/** An edge has come at `now`, in microseconds, and the line is `low` or not. */
static inline __attribute__((always_inline)) void debounce_edge(Debounce *input, int64_t now, bool low)
{
	if (low && now - input->changed >= input->debounce) {
		input->count += 1;
	}
	input->changed = now;
}

#endif

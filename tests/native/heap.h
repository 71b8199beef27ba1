#ifndef ISOBAR_HEAP_H
#define ISOBAR_HEAP_H

#include <stddef.h>

/*
 * Counts what is allocated through calloc, which is all that mbedTLS and the engine call. The
 * linker puts it in between (--wrap), so that the libraries need no other build.
 */

typedef struct {
	/** Bytes allocated now, and the most there ever were. */
	size_t held;
	size_t peak;
	/** Largest single allocation since `heap_forget_largest`. */
	size_t largest;
	/** Allocations so far. */
	unsigned long count;
} HeapFigures;

HeapFigures heap_figures(void);

void heap_forget_largest(void);

/** Lets the allocation fail that comes after `after` others, once; ULONG_MAX for none. */
void heap_fail(unsigned long after);

#endif

#include "heap.h"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);

static HeapFigures figures;
static unsigned long failing = ULONG_MAX;

void *__wrap_calloc(size_t count, size_t size)
{
	if (failing != ULONG_MAX && failing-- == 0) {
		failing = ULONG_MAX;
		return NULL;
	}
	void *block = __real_calloc(count, size);
	if (block != NULL) {
		size_t bytes = malloc_usable_size(block);
		figures.count++;
		figures.held += bytes;
		if (figures.held > figures.peak) {
			figures.peak = figures.held;
		}
		if (bytes > figures.largest) {
			figures.largest = bytes;
		}
	}
	return block;
}

void __wrap_free(void *block)
{
	if (block != NULL) {
		figures.held -= malloc_usable_size(block);
	}
	__real_free(block);
}

HeapFigures heap_figures(void)
{
	return figures;
}

void heap_forget_largest(void)
{
	figures.largest = 0;
}

void heap_fail(unsigned long after)
{
	failing = after;
}

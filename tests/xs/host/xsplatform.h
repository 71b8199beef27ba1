/** The platform that the sources of XS are compiled for: a program that owns the memory of its machines. */
#ifndef ISOBAR_XSPLATFORM
#define ISOBAR_XSPLATFORM

#undef mxLinux
#define mxLinux 1
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#include <arpa/inet.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

/** What XS keeps of us in each machine. */
#define mxMachinePlatform \
	void *waiterCondition; \
	void *waiterData; \
	void *waiterLink; \
	int hasPromiseJobs; \
	int hasChunks;

#if INTPTR_MAX == INT64_MAX
	#define mx32bitID 1
#endif

#endif

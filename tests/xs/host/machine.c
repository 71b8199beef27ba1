/** The platform functions that XS calls, and what `machine.h` says. Source: `xsAll.h`, and docs/xs/preload.md of the SDK. */
#include "xsAll.h"
#include "xsScript.h"

#include "machine.h"

static int prints_sizes;

/** Slots that the engine has made before the first program, by address; they never move. */
static txSlot **built_in;
static size_t built_in_count;

void fxCreateMachinePlatform(txMachine *the)
{
	(void)the;
}

void fxDeleteMachinePlatform(txMachine *the)
{
	(void)the;
}

/** As on the chip, whose heap is one block: a machine that may not grow gets its chunks once. */
void *fxAllocateChunks(txMachine *the, txSize size)
{
	if (the->hasChunks && 0 == the->minimumChunksSize) {
		return NULL;
	}
	the->hasChunks = 1;
	return malloc(size);
}

void fxFreeChunks(txMachine *the, void *chunks)
{
	(void)the;
	free(chunks);
}

txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	if (the->firstHeap && 0 == the->minimumHeapCount) {
		return NULL;
	}
	return malloc(count * sizeof(txSlot));
}

void fxFreeSlots(txMachine *the, void *slots)
{
	(void)the;
	free(slots);
}

/** What ends the machine on the chip ends the program here, with a status that says why. */
void fxAbort(txMachine *the, int status)
{
	static const char *const reasons[] = {
		[XS_NOT_ENOUGH_MEMORY_EXIT] = "memory full",
		[XS_STACK_OVERFLOW_EXIT] = "stack overflow",
		[XS_NO_MORE_KEYS_EXIT] = "not enough keys",
		[XS_UNHANDLED_EXCEPTION_EXIT] = "unhandled exception",
		[XS_UNHANDLED_REJECTION_EXIT] = "unhandled rejection",
	};
	const size_t count = sizeof(reasons) / sizeof(reasons[0]);
	const char *reason = status >= 0 && (size_t)status < count ? reasons[status] : NULL;
	fflush(stdout);
	fprintf(stderr, "XS abort: %s\n", reason ? reason : "unknown");
	if (XS_UNHANDLED_EXCEPTION_EXIT == status || XS_UNHANDLED_REJECTION_EXIT == status) {
		fprintf(stderr, "%s\n", fxToString(the, &mxException));
	}
	exit(2);
}

void fxQueuePromiseJobs(txMachine *the)
{
	the->hasPromiseJobs = 1;
}

void machine_run_jobs(txMachine *the)
{
	while (the->hasPromiseJobs) {
		the->hasPromiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	fxCheckUnhandledRejections(the, 1);
}

/** A module is found beside the one that imports it. */
txID fxFindModule(txMachine *the, txSlot *realm, txID module_id, txSlot *slot)
{
	char name[C_PATH_MAX];
	char path[C_PATH_MAX] = "";
	char real[C_PATH_MAX];
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if ('.' == name[0] && XS_NO_ID != module_id) {
		snprintf(path, sizeof(path), "%s", fxGetKeyName(the, module_id));
		char *slash = strrchr(path, '/');
		if (slash) {
			slash[1] = 0;
		}
	}
	if (strlen(path) + strlen(name) >= sizeof(path)) {
		return XS_NO_ID;
	}
	strcat(path, name);
	return realpath(path, real) ? fxNewNameC(the, real) : XS_NO_ID;
}

/** Compiles without line numbers, as a release build does. */
static txScript *compile(txMachine *the, const char *path)
{
	txParser parser;
	txParserJump jump;
	txScript *volatile script = NULL;
	txString map = NULL;
	FILE *file = fopen(path, "r");
	if (!file) {
		return NULL;
	}
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	if (0 == setjmp(jump.jmp_buf)) {
		parser.path = fxNewParserSymbol(&parser, (txString)path);
		fxParserTree(&parser, file, (txGetter)fgetc, 0, &map);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	fclose(file);
	fxTerminateParser(&parser);
	return script;
}

void fxLoadModule(txMachine *the, txSlot *module, txID module_id)
{
	txScript *script = compile(the, fxGetKeyName(the, module_id));
	if (script) {
		if (prints_sizes) {
			const char *path = fxGetKeyName(the, module_id);
			printf("%d %d %s\n", (int)script->codeSize, (int)script->symbolsSize, path);
		}
		fxResolveModule(the, module, module_id, script, NULL, NULL);
	}
}

static void on_imported(txMachine *the)
{
	(void)the;
}

static void on_import_failed(txMachine *the)
{
	mxException = *mxArgv(0);
	fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
}

void machine_import(txMachine *the, const char *path)
{
	fxBeginHost(the);
	txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
	mxPushStringC((txString)path);
	fxRunImport(the, realm, XS_NO_ID);
	mxDub();
	fxGetID(the, mxID(_then));
	mxCall();
	fxNewHostFunction(the, on_imported, 1, XS_NO_ID, XS_NO_ID);
	fxNewHostFunction(the, on_import_failed, 1, XS_NO_ID, XS_NO_ID);
	mxRunCount(2);
	mxPop();
	fxEndHost(the);
	machine_run_jobs(the);
}

void machine_print_sizes(void)
{
	prints_sizes = 1;
}

/** Calls `visit` with every slot of a kind. */
static int each_slot(txMachine *the, int kind, int (*visit)(txMachine *the, txSlot *slot))
{
	int sum = 0;
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next) {
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++) {
			if (kind == slot->kind) {
				sum += visit(the, slot);
			}
		}
	}
	return sum;
}

static int remember(txMachine *the, txSlot *instance)
{
	(void)the;
	if (0 == (built_in_count & 1023)) {
		built_in = realloc(built_in, (built_in_count + 1024) * sizeof(*built_in));
	}
	built_in[built_in_count++] = instance;
	return 0;
}

static int by_address(const void *one, const void *other)
{
	const txSlot *const *left = one;
	const txSlot *const *right = other;
	return (*left > *right) - (*left < *right);
}

void machine_mark_built_in(txMachine *the)
{
	fxCollectGarbage(the);
	each_slot(the, XS_INSTANCE_KIND, remember);
	qsort(built_in, built_in_count, sizeof(*built_in), by_address);
}

static int is_built_in(txSlot *instance)
{
	return NULL != bsearch(&instance, built_in, built_in_count, sizeof(*built_in), by_address);
}

static int is_function(const txSlot *internal)
{
	return XS_CALLBACK_KIND == internal->kind || XS_CALLBACK_X_KIND == internal->kind
		|| XS_CODE_KIND == internal->kind || XS_CODE_X_KIND == internal->kind;
}

/** Kinds of which the linker makes read-only data without being asked. */
static int is_frozen_by_kind(const txSlot *internal)
{
	switch (internal->kind) {
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_PROMISE_KIND:
	case XS_REGEXP_KIND:
	case XS_MODULE_KIND:
	case XS_EXPORT_KIND:
		return 1;
	default:
		return is_function(internal) || XS_ENVIRONMENT_BEHAVIOR == internal->ID;
	}
}

static void freeze(txSlot *instance)
{
	for (txSlot *property = instance->next; property; property = property->next) {
		if (XS_ACCESSOR_KIND != property->kind) {
			property->flag |= XS_DONT_SET_FLAG;
		}
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static void freeze_prototype(txMachine *the, txSlot *function)
{
	for (txSlot *property = function->next; property; property = property->next) {
		if (mxID(_prototype) == property->ID && XS_REFERENCE_KIND == property->kind) {
			freeze(property->value.reference);
		}
	}
}

static int freeze_instance(txMachine *the, txSlot *instance)
{
	txSlot *internal = instance->next;
	if (instance == mxGlobal.value.reference) {
		return 0;
	}
	if (is_built_in(instance)) {
		freeze(instance);
	} else if (internal && (internal->flag & XS_INTERNAL_FLAG) && is_frozen_by_kind(internal)) {
		freeze(instance);
		if (instance->flag & XS_CAN_CONSTRUCT_FLAG) {
			freeze_prototype(the, instance);
		}
	}
	return 0;
}

static int freeze_closure(txMachine *the, txSlot *slot)
{
	txSlot *closure = slot->value.closure;
	(void)the;
	if (XS_REFERENCE_KIND == closure->kind) {
		txSlot *internal = closure->value.reference->next;
		if (internal && is_function(internal)) {
			closure->flag |= XS_DONT_SET_FLAG;
		}
	}
	return 0;
}

static int is_open_item(const txSlot *item)
{
	return (XS_ACCESSOR_KIND != item->kind && !(item->flag & XS_DONT_SET_FLAG))
		|| !(item->flag & XS_DONT_DELETE_FLAG);
}

static int is_open(txMachine *the, txSlot *instance)
{
	if (!(instance->flag & XS_DONT_PATCH_FLAG)) {
		return 1;
	}
	for (txSlot *property = instance->next; property; property = property->next) {
		if (XS_ARRAY_KIND == property->kind) {
			txIndex length = fxGetIndexSize(the, property);
			for (txIndex index = 0; index < length; index++) {
				if (is_open_item(property->value.array.address + index)) {
					return 1;
				}
			}
		} else if (!(property->flag & XS_INTERNAL_FLAG) && is_open_item(property)) {
			return 1;
		}
	}
	return 0;
}

/** The name of a property for people. */
static const char *name_of(txMachine *the, txID id)
{
	txString name = XS_NO_ID == id ? NULL : fxGetKeyName(the, id);
	return name ? name : "?";
}

/** The first items of an array: enough to find it by. */
static void print_items(txMachine *the, txSlot *array)
{
	const txIndex length = array->value.array.address ? fxGetIndexSize(the, array) : 0;
	for (txIndex index = 0; index < length && index < 4; index++) {
		const txSlot *item = array->value.array.address + index;
		if (XS_STRING_KIND == item->kind || XS_STRING_X_KIND == item->kind) {
			printf(" \"%s\"", item->value.string);
		} else if (XS_INTEGER_KIND == item->kind) {
			printf(" %d", (int)item->value.integer);
		} else if (XS_REFERENCE_KIND == item->kind) {
			const txSlot *first = item->value.reference->next;
			printf(" {%s}", first ? name_of(the, first->ID) : "");
		} else {
			printf(" ?");
		}
	}
}

static int report_instance(txMachine *the, txSlot *instance)
{
	txSlot *internal = instance->next;
	if (instance == mxGlobal.value.reference || is_built_in(instance) || !is_open(the, instance)) {
		return 0;
	}
	// What the engine keeps of a module while it loads is no object of the program.
	if (internal && (internal->flag & XS_INTERNAL_FLAG) && XS_ARRAY_KIND != internal->kind) {
		return 0;
	}
	if (!internal || XS_NO_ID == internal->ID || !instance->value.instance.prototype) {
		return 0;
	}
	printf("mutable %s:", XS_ARRAY_KIND == internal->kind ? "array" : "object");
	if (XS_ARRAY_KIND == internal->kind) {
		print_items(the, internal);
	}
	for (txSlot *property = internal; property; property = property->next) {
		if (!(property->flag & XS_INTERNAL_FLAG)) {
			printf(" %s", name_of(the, property->ID));
		}
	}
	printf("\n");
	return 1;
}

static int report_closure(txMachine *the, txSlot *slot)
{
	if (slot->value.closure->flag & XS_DONT_SET_FLAG) {
		return 0;
	}
	// Two slots share one variable where a module exports it; once is enough.
	slot->value.closure->flag |= XS_DONT_SET_FLAG;
	printf("variable: %s\n", name_of(the, slot->ID));
	return 1;
}

void machine_freeze(txMachine *the)
{
	// What the last call has left in the registers of the machine, and then what only names kept.
	the->scratch.kind = XS_UNDEFINED_KIND;
	fxCollectGarbage(the);
	fxCollectGarbage(the);
	each_slot(the, XS_INSTANCE_KIND, freeze_instance);
	each_slot(the, XS_CLOSURE_KIND, freeze_closure);
}

/** The kind that says of a slot's data that it lies in flash: the collector leaves it alone. */
static int kind_in_flash(int kind)
{
	switch (kind) {
	case XS_STRING_KIND:
		return XS_STRING_X_KIND;
	case XS_BIGINT_KIND:
		return XS_BIGINT_X_KIND;
	case XS_CODE_KIND:
		return XS_CODE_X_KIND;
	case XS_CALLBACK_KIND:
		return XS_CALLBACK_X_KIND;
	case XS_KEY_KIND:
		return XS_KEY_X_KIND;
	default:
		return kind;
	}
}

static int put_items_in_flash(txMachine *the, txSlot *array)
{
	const txIndex length = array->value.array.address ? fxGetIndexSize(the, array) : 0;
	for (txIndex index = 0; index < length; index++) {
		txSlot *item = array->value.array.address + index;
		item->kind = kind_in_flash(item->kind);
	}
	return 0;
}

void machine_share(txMachine *the)
{
	fxShareMachine(the);
	each_slot(the, XS_ARRAY_KIND, put_items_in_flash);
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next) {
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++) {
			slot->kind = kind_in_flash(slot->kind);
		}
	}
}

int machine_report_mutable(txMachine *the)
{
	return each_slot(the, XS_INSTANCE_KIND, report_instance)
		+ each_slot(the, XS_CLOSURE_KIND, report_closure);
}

struct usage machine_usage(txMachine *the)
{
	return (struct usage){
		.chunk_bytes = the->currentChunksSize,
		.slots = the->currentHeapCount,
		.stack_slots_peak = the->stackTop - the->stackPeak,
	};
}

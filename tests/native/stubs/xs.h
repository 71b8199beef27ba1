/*
 * As much of XS in C as the adapter uses, with the types of xsmc.h and of the SDK's io modules: for a look
 * by the compiler only. Slots are values here as there, so that the macros take their addresses.
 */
#ifndef ISOBAR_STUB_XS_H
#define ISOBAR_STUB_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int32_t xsIntegerValue;
typedef uint32_t xsUnsignedValue;
typedef int16_t xsIdentifier;
typedef struct {
	void *data[4];
} xsSlot;
typedef struct {
	xsSlot slots[16];
} xsMachine;
typedef void (*xsDestructor)(void *data);
enum { xsUndefinedType };

#define xsThis (the->slots[0])
#define xsResult (the->slots[1])
#define xsArg(index) (the->slots[2 + (index)])
#define xsVar(index) (the->slots[10 + (index)])
#define xsmcArgc argument_count(the)
#define xsmcVars(count) take_variables(the, count)
#define xsmcTypeOf(slot) type_of(the, &(slot))
#define xsmcHas(object, id) has(the, &(object), id)
#define xsmcGet(into, object, id) get(the, &(into), &(object), id)
#define xsmcToInteger(slot) to_integer(the, &(slot))
#define xsmcToNumber(slot) to_number(the, &(slot))
#define xsmcToBoolean(slot) to_boolean(the, &(slot))
#define xsmcToString(slot) to_string(the, &(slot))
#define xsmcToStringBuffer(slot, buffer, size) to_string_buffer(the, &(slot), buffer, size)
#define xsmcSetInteger(slot, value) set_integer(the, &(slot), value)
#define xsmcSetBoolean(slot, value) set_boolean(the, &(slot), value)
#define xsmcSetString(slot, value) set_string(the, &(slot), value)
#define xsmcSetStringX(slot, value) set_string(the, &(slot), value)
#define xsmcSetArrayBuffer(slot, bytes, size) set_array_buffer(the, &(slot), bytes, size, -1)
#define xsmcGetBufferReadable(slot, bytes, size) get_buffer(the, &(slot), bytes, size)
#define xsmcGetBufferWritable(slot, bytes, size) get_buffer(the, &(slot), bytes, size)
#define xsmcGetHostData(slot) get_host_data(the, &(slot))
#define xsmcGetHostDataValidate(slot, destructor) get_host_data_of(the, &(slot), (void *)(destructor))
#define xsmcSetHostData(slot, data) set_host_data(the, &(slot), data)
#define xsmcSetHostDestructor(slot, destructor) set_host_destructor(the, &(slot), destructor)
#define xsRemember(slot) remember(the, &(slot))
#define xsForget(slot) forget(the, &(slot))
#define xsRangeError(...) throw_message(the, __VA_ARGS__)
#define xsUnknownError(...) throw_message(the, __VA_ARGS__)

int argument_count(xsMachine *the);
void take_variables(xsMachine *the, xsIntegerValue count);
int type_of(xsMachine *the, xsSlot *slot);
int has(xsMachine *the, xsSlot *object, xsIdentifier id);
void get(xsMachine *the, xsSlot *into, xsSlot *object, xsIdentifier id);
xsIntegerValue to_integer(xsMachine *the, xsSlot *slot);
double to_number(xsMachine *the, xsSlot *slot);
int to_boolean(xsMachine *the, xsSlot *slot);
char *to_string(xsMachine *the, xsSlot *slot);
char *to_string_buffer(xsMachine *the, xsSlot *slot, char *buffer, size_t size);
void set_integer(xsMachine *the, xsSlot *slot, xsIntegerValue value);
void set_boolean(xsMachine *the, xsSlot *slot, int value);
void set_string(xsMachine *the, xsSlot *slot, char *value);
void *set_array_buffer(xsMachine *the, xsSlot *slot, void *bytes, xsIntegerValue size, xsIntegerValue most);
void get_buffer(xsMachine *the, xsSlot *slot, void **bytes, xsUnsignedValue *size);
void *get_host_data(xsMachine *the, xsSlot *slot);
void *get_host_data_of(xsMachine *the, xsSlot *slot, void *validator);
void set_host_data(xsMachine *the, xsSlot *slot, void *data);
void set_host_destructor(xsMachine *the, xsSlot *slot, xsDestructor destructor);
void remember(xsMachine *the, xsSlot *slot);
void forget(xsMachine *the, xsSlot *slot);
void throw_message(xsMachine *the, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* xsHost.h */
#define c_calloc calloc
#define c_free free

/* mc.xs.h, which the linker writes */
enum { xsID_debounce = 1, xsID_pin, xsID_signal };

/* builtinCommon.h of the SDK's io */
uint32_t builtinGetPin(xsMachine *the, xsSlot *slot);
uint8_t builtinIsPinFree(uint32_t pin);
uint8_t builtinUsePin(uint32_t pin);
void builtinFreePin(uint32_t pin);

#endif

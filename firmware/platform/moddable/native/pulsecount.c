/*
 * Pulses of one reed switch or open collector between a pin and ground. The pulse counters of the
 * chips filter microseconds where a contact bounces for milliseconds, and the ESP32-C3 has none,
 * so the edges are counted in an interrupt, which also runs while the flash is being written.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "builtinCommon.h"

#include <math.h>

#include "debounce.h"
#include "driver/gpio.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "hal/gpio_ll.h"

typedef struct {
	xsSlot object;
	gpio_num_t pin;
	Debounce input;
} PulseCount;

static void IRAM_ATTR on_edge(void *data)
{
	PulseCount *pulses = data;
	debounce_edge(&pulses->input, esp_timer_get_time(), 0 == gpio_ll_get_level(&GPIO, pulses->pin));
}

void isobar_pulsecount_destructor(void *data)
{
	PulseCount *pulses = data;
	if (pulses == NULL) {
		return;
	}
	gpio_isr_handler_remove(pulses->pin);
	gpio_reset_pin(pulses->pin);
	builtinFreePin(pulses->pin);
	c_free(pulses);
}

/** The debounce time of the options in microseconds. */
static int64_t debounce_option(xsMachine *the)
{
	double milliseconds = 0;
	if (xsmcHas(xsArg(0), xsID_debounce)) {
		xsmcGet(xsVar(0), xsArg(0), xsID_debounce);
		milliseconds = xsmcToNumber(xsVar(0));
	}
	if (!(milliseconds >= 0 && milliseconds <= 1000)) {
		xsRangeError("debounce");
	}
	return llround(milliseconds * 1000);
}

/** @returns whether edges of the pin call `on_edge` from now on */
static bool attach(PulseCount *pulses)
{
	const gpio_config_t config = {
		.pin_bit_mask = 1ULL << pulses->pin,
		.mode = GPIO_MODE_INPUT,
		// Pins 34 to 39 of the ESP32 have none; the board needs a resistor there.
		.pull_up_en = GPIO_IS_VALID_OUTPUT_GPIO(pulses->pin) ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE,
		.intr_type = GPIO_INTR_ANYEDGE,
	};
	esp_err_t error = gpio_install_isr_service(ESP_INTR_FLAG_IRAM);
	if (ESP_OK != error && ESP_ERR_INVALID_STATE != error) {
		return false;
	}
	return ESP_OK == gpio_config(&config) && ESP_OK == gpio_isr_handler_add(pulses->pin, on_edge, pulses);
}

void isobar_pulsecount(xsMachine *the)
{
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_signal);
	int pin = (int)builtinGetPin(the, &xsVar(0));
	int64_t debounce = debounce_option(the);
	if (!GPIO_IS_VALID_GPIO(pin) || !builtinIsPinFree(pin)) {
		xsRangeError("pin");
	}
	// In internal memory, where an interrupt can reach it while the flash is busy.
	PulseCount *pulses = heap_caps_calloc(1, sizeof(PulseCount), MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
	if (pulses == NULL) {
		xsUnknownError("no memory");
	}
	pulses->pin = pin;
	pulses->input.debounce = debounce;
	pulses->input.changed = esp_timer_get_time();
	if (!attach(pulses)) {
		gpio_reset_pin(pulses->pin);
		c_free(pulses);
		xsUnknownError("no interrupt");
	}
	builtinUsePin(pin);
	pulses->object = xsThis;
	xsmcSetHostData(xsThis, pulses);
	xsRemember(pulses->object);
}

void isobar_pulsecount_close(xsMachine *the)
{
	PulseCount *pulses = xsmcGetHostData(xsThis);
	if (pulses == NULL) {
		return;
	}
	xsForget(pulses->object);
	isobar_pulsecount_destructor(pulses);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
}

void isobar_pulsecount_read(xsMachine *the)
{
	PulseCount *pulses = xsmcGetHostDataValidate(xsThis, isobar_pulsecount_destructor);
	xsmcSetInteger(xsResult, (int32_t)pulses->input.count);
}

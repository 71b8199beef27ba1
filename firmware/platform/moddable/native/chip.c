/*
 * What the SDK does not offer of the chip: reset reasons, memory that outlives a reset, deep sleep,
 * and the choice between the two images that an update leaves. Documented in
 * declarations/isobar.d.ts; written for ESP-IDF 6.0.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include <stdio.h>
#include <string.h>

#include "app_update/include/esp_ota_ops.h"
#include "driver/gpio.h"
#include "esp_attr.h"
#include "esp_idf_version.h"
#include "esp_mac.h"
#include "esp_sleep.h"
#include "esp_system.h"

enum {
	/** Of the 8 KiB that every chip has; the crash record and 64 observations fit. */
	RETAINED_BYTES = 6144,
};

static RTC_NOINIT_ATTR uint8_t retained[RETAINED_BYTES];

static const char *reset_reason(void)
{
	switch (esp_reset_reason()) {
	case ESP_RST_POWERON:
	case ESP_RST_EXT:
		return "power-on";
	case ESP_RST_BROWNOUT:
		return "brownout";
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
		return "watchdog";
	case ESP_RST_PANIC:
		return "crash";
	case ESP_RST_DEEPSLEEP:
		return "deep-sleep";
	default:
		return "restart";
	}
}

void isobar_reset_reason(xsMachine *the)
{
	xsmcSetStringX(xsResult, (char *)reset_reason());
}

void isobar_free_heap(xsMachine *the)
{
	xsmcSetInteger(xsResult, esp_get_free_heap_size());
}

/** The one that esptool shows; nothing where it cannot be read. */
void isobar_mac_address(xsMachine *the)
{
	uint8_t mac[6];
	char text[18];
	if (ESP_OK == esp_read_mac(mac, ESP_MAC_EFUSE_FACTORY)) {
		snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x",
			mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		xsmcSetString(xsResult, text);
	}
}

void isobar_restart(xsMachine *the)
{
	(void)the;
	esp_restart();
}

void isobar_crash(xsMachine *the)
{
	(void)the;
	esp_system_abort("isobar");
}

void isobar_retained_bytes(xsMachine *the)
{
	xsmcSetInteger(xsResult, RETAINED_BYTES);
}

/** Where in the retained memory `length` bytes from the second argument on are. */
static uint8_t *retained_range(xsMachine *the, xsUnsignedValue length)
{
	xsIntegerValue offset = xsmcToInteger(xsArg(1));
	if (offset < 0 || length > RETAINED_BYTES || (xsUnsignedValue)offset > RETAINED_BYTES - length) {
		xsRangeError("outside of the retained memory");
	}
	return retained + offset;
}

void isobar_read_retained(xsMachine *the)
{
	void *into;
	xsUnsignedValue length;
	xsmcGetBufferWritable(xsArg(0), &into, &length);
	memcpy(into, retained_range(the, length), length);
}

void isobar_write_retained(xsMachine *the)
{
	void *from;
	xsUnsignedValue length;
	xsmcGetBufferReadable(xsArg(0), &from, &length);
	memcpy(retained_range(the, length), from, length);
}

/** One pin that wakes the chip; the chips do it in three ways. */
static esp_err_t wake_at(gpio_num_t pin, int level)
{
#if SOC_PM_SUPPORT_EXT0_WAKEUP
	return esp_sleep_enable_ext0_wakeup(pin, level);
#elif SOC_PM_SUPPORT_EXT1_WAKEUP
	return esp_sleep_enable_ext1_wakeup_io(
		1ULL << pin, level ? ESP_EXT1_WAKEUP_ANY_HIGH : ESP_EXT1_WAKEUP_ANY_LOW);
#else
	return esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(
		1ULL << pin, level ? ESP_GPIO_WAKEUP_GPIO_HIGH : ESP_GPIO_WAKEUP_GPIO_LOW);
#endif
}

void isobar_deep_sleep(xsMachine *the)
{
	double milliseconds = xsmcToNumber(xsArg(0));
	if (ESP_OK != esp_sleep_enable_timer_wakeup((uint64_t)(milliseconds * 1000.0))) {
		xsRangeError("too long a sleep");
	}
	if (xsmcArgc > 2 && xsmcTypeOf(xsArg(1)) != xsUndefinedType) {
		if (ESP_OK != wake_at(xsmcToInteger(xsArg(1)), xsmcToInteger(xsArg(2)))) {
			xsRangeError("this pin cannot wake the chip");
		}
	}
	esp_deep_sleep_start();
}

void isobar_woken_by_pin(xsMachine *the)
{
	const uint32_t pins = BIT(ESP_SLEEP_WAKEUP_EXT0) | BIT(ESP_SLEEP_WAKEUP_EXT1) | BIT(ESP_SLEEP_WAKEUP_GPIO);
	xsmcSetBoolean(xsResult, 0 != (esp_sleep_get_wakeup_causes() & pins));
}

void isobar_is_on_trial(xsMachine *the)
{
	esp_ota_img_states_t state;
	esp_err_t error = esp_ota_get_state_partition(esp_ota_get_running_partition(), &state);
	xsmcSetBoolean(xsResult, ESP_OK == error && ESP_OTA_IMG_PENDING_VERIFY == state);
}

void isobar_confirm_image(xsMachine *the)
{
	if (ESP_OK != esp_ota_mark_app_valid_cancel_rollback()) {
		xsUnknownError("the image cannot be confirmed");
	}
}

void isobar_reject_image(xsMachine *the)
{
	// Returns only when there is no other image to go back to.
	esp_ota_mark_app_invalid_rollback_and_reboot();
	xsUnknownError("no image to go back to");
}

/** To the console of ESP-IDF: the SDK's own trace is silent in a release build. */
void isobar_log(xsMachine *the)
{
	puts(xsmcToString(xsArg(0)));
}

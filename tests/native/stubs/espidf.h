/*
 * As much of ESP-IDF 6.0 as the C of the adapter uses: names, types and order of arguments as its headers
 * have them, so that a compiler of this machine sees what that of the chip would. Nothing is behind it.
 */
#ifndef ISOBAR_STUB_ESPIDF_H
#define ISOBAR_STUB_ESPIDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef int esp_err_t;
enum { ESP_OK = 0, ESP_ERR_INVALID_STATE = 0x103, ESP_ERR_NOT_FOUND = 0x105 };
#define BIT(nr) (1UL << (nr))

/* esp_attr.h */
#define IRAM_ATTR
#define RTC_NOINIT_ATTR

/* esp_mac.h */
typedef enum { ESP_MAC_WIFI_STA, ESP_MAC_EFUSE_FACTORY = 6 } esp_mac_type_t;
esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type);

/* esp_system.h, esp_random.h, esp_timer.h, esp_heap_caps.h */
typedef enum {
	ESP_RST_UNKNOWN,
	ESP_RST_POWERON,
	ESP_RST_EXT,
	ESP_RST_SW,
	ESP_RST_PANIC,
	ESP_RST_INT_WDT,
	ESP_RST_TASK_WDT,
	ESP_RST_WDT,
	ESP_RST_DEEPSLEEP,
	ESP_RST_BROWNOUT,
} esp_reset_reason_t;
esp_reset_reason_t esp_reset_reason(void);
void esp_restart(void) __attribute__((noreturn));
void esp_system_abort(const char *details) __attribute__((noreturn));
uint32_t esp_get_free_heap_size(void);
void esp_fill_random(void *buf, size_t len);
int64_t esp_timer_get_time(void);
enum { MALLOC_CAP_8BIT = 1 << 2, MALLOC_CAP_INTERNAL = 1 << 11 };
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps);

/* nvs.h, nvs_flash.h, esp_partition.h */
typedef uint32_t nvs_handle_t;
typedef enum { NVS_READONLY, NVS_READWRITE } nvs_open_mode_t;
typedef enum { NVS_TYPE_STR = 0x21, NVS_TYPE_BLOB = 0x42 } nvs_type_t;
#define NVS_KEY_NAME_MAX_SIZE 16
typedef struct {
	uint8_t eky[32];
	uint8_t tky[32];
} nvs_sec_cfg_t;
typedef enum { ESP_PARTITION_TYPE_APP, ESP_PARTITION_TYPE_DATA } esp_partition_type_t;
typedef enum { ESP_PARTITION_SUBTYPE_DATA_NVS = 2, ESP_PARTITION_SUBTYPE_DATA_NVS_KEYS = 4 } esp_partition_subtype_t;
typedef struct esp_partition esp_partition_t;
const esp_partition_t *esp_partition_find_first(
	esp_partition_type_t type, esp_partition_subtype_t subtype, const char *label);
esp_err_t nvs_flash_init_partition(const char *label);
#ifdef CONFIG_NVS_ENCRYPTION
esp_err_t nvs_flash_read_security_cfg(const esp_partition_t *partition, nvs_sec_cfg_t *cfg);
esp_err_t nvs_flash_secure_init_partition(const char *label, nvs_sec_cfg_t *cfg);
#endif
esp_err_t nvs_open_from_partition(
	const char *part_name, const char *name_space, nvs_open_mode_t open_mode, nvs_handle_t *out_handle);
esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *out_type);
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out_value, size_t *length);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length);

/* esp_ota_ops.h */
typedef enum { ESP_OTA_IMG_NEW, ESP_OTA_IMG_PENDING_VERIFY, ESP_OTA_IMG_VALID } esp_ota_img_states_t;
const esp_partition_t *esp_ota_get_running_partition(void);
esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *ota_state);
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void);
esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void);

/* esp_sleep.h: which of the three ways a pin can end a sleep, soc_caps.h says */
typedef int gpio_num_t;
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us);
void esp_deep_sleep_start(void) __attribute__((noreturn));
uint32_t esp_sleep_get_wakeup_causes(void);
enum { ESP_SLEEP_WAKEUP_EXT0 = 2, ESP_SLEEP_WAKEUP_EXT1, ESP_SLEEP_WAKEUP_TIMER, ESP_SLEEP_WAKEUP_GPIO = 7 };
#if SOC_PM_SUPPORT_EXT0_WAKEUP
esp_err_t esp_sleep_enable_ext0_wakeup(gpio_num_t gpio_num, int level);
#endif
#if SOC_PM_SUPPORT_EXT1_WAKEUP
typedef enum { ESP_EXT1_WAKEUP_ANY_LOW, ESP_EXT1_WAKEUP_ANY_HIGH } esp_sleep_ext1_wakeup_mode_t;
esp_err_t esp_sleep_enable_ext1_wakeup_io(uint64_t io_mask, esp_sleep_ext1_wakeup_mode_t level_mode);
#endif
#if SOC_GPIO_SUPPORT_HP_PERIPH_PD_SLEEP_WAKEUP
typedef enum { ESP_GPIO_WAKEUP_GPIO_LOW, ESP_GPIO_WAKEUP_GPIO_HIGH } esp_sleep_gpio_wake_up_mode_t;
esp_err_t esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(
	uint64_t gpio_pin_mask, esp_sleep_gpio_wake_up_mode_t mode);
#endif

/* driver/gpio.h, hal/gpio_ll.h */
typedef enum { GPIO_MODE_INPUT = 1 } gpio_mode_t;
typedef enum { GPIO_PULLUP_DISABLE, GPIO_PULLUP_ENABLE } gpio_pullup_t;
typedef enum { GPIO_INTR_ANYEDGE = 3 } gpio_int_type_t;
typedef struct {
	uint64_t pin_bit_mask;
	gpio_mode_t mode;
	gpio_pullup_t pull_up_en;
	int pull_down_en;
	gpio_int_type_t intr_type;
} gpio_config_t;
enum { ESP_INTR_FLAG_IRAM = 1 << 10 };
#define GPIO_IS_VALID_GPIO(gpio_num) ((gpio_num) >= 0 && (gpio_num) < 40)
#define GPIO_IS_VALID_OUTPUT_GPIO(gpio_num) (GPIO_IS_VALID_GPIO(gpio_num) && (gpio_num) < 34)
typedef void (*gpio_isr_t)(void *arg);
esp_err_t gpio_config(const gpio_config_t *configuration);
esp_err_t gpio_reset_pin(gpio_num_t gpio_num);
esp_err_t gpio_install_isr_service(int intr_alloc_flags);
esp_err_t gpio_isr_handler_add(gpio_num_t gpio_num, gpio_isr_t isr_handler, void *args);
esp_err_t gpio_isr_handler_remove(gpio_num_t gpio_num);
typedef struct gpio_dev gpio_dev_t;
extern gpio_dev_t GPIO_DEVICE;
#define GPIO GPIO_DEVICE
int gpio_ll_get_level(gpio_dev_t *hw, uint32_t gpio_num);

/* esp_adc/adc_oneshot.h, adc_cali.h, adc_cali_scheme.h */
typedef int adc_channel_t;
typedef enum { ADC_UNIT_1, ADC_UNIT_2 } adc_unit_t;
typedef enum { ADC_ATTEN_DB_12 = 3 } adc_atten_t;
typedef enum { ADC_BITWIDTH_12 = 12 } adc_bitwidth_t;
typedef struct adc_oneshot_unit_ctx *adc_oneshot_unit_handle_t;
typedef struct adc_cali_scheme *adc_cali_handle_t;
typedef struct {
	adc_unit_t unit_id;
	int clk_src;
	int ulp_mode;
} adc_oneshot_unit_init_cfg_t;
typedef struct {
	adc_atten_t atten;
	adc_bitwidth_t bitwidth;
} adc_oneshot_chan_cfg_t;
esp_err_t adc_oneshot_io_to_channel(int io_num, adc_unit_t *unit_id, adc_channel_t *channel);
esp_err_t adc_oneshot_new_unit(const adc_oneshot_unit_init_cfg_t *config, adc_oneshot_unit_handle_t *ret_unit);
esp_err_t adc_oneshot_config_channel(
	adc_oneshot_unit_handle_t handle, adc_channel_t channel, const adc_oneshot_chan_cfg_t *config);
esp_err_t adc_oneshot_get_calibrated_result(
	adc_oneshot_unit_handle_t handle, adc_cali_handle_t cali_handle, adc_channel_t chan, int *cali_result);
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
typedef struct {
	adc_unit_t unit_id;
	adc_channel_t chan;
	adc_atten_t atten;
	adc_bitwidth_t bitwidth;
} adc_cali_curve_fitting_config_t;
esp_err_t adc_cali_create_scheme_curve_fitting(
	const adc_cali_curve_fitting_config_t *config, adc_cali_handle_t *ret_handle);
esp_err_t adc_cali_delete_scheme_curve_fitting(adc_cali_handle_t handle);
#else
typedef struct {
	adc_unit_t unit_id;
	adc_atten_t atten;
	adc_bitwidth_t bitwidth;
	uint32_t default_vref;
} adc_cali_line_fitting_config_t;
esp_err_t adc_cali_create_scheme_line_fitting(
	const adc_cali_line_fitting_config_t *config, adc_cali_handle_t *ret_handle);
esp_err_t adc_cali_delete_scheme_line_fitting(adc_cali_handle_t handle);
#endif

#endif

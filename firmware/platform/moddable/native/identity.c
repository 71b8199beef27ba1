/*
 * Reads the identity partition: NVS, apart from the one that the firmware writes, so that an
 * identity can be written to a device, and nothing that happens there can lose it.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "esp_partition/include/esp_partition.h"
#include "nvs_flash/include/nvs.h"
#include "nvs_flash/include/nvs_flash.h"
#include "sdkconfig.h"

enum {
	/** Of a text entry, NUL included; keys and certificates are binary. */
	TEXT_BYTES = 256,
};

static const char partition[] = "identity";
static const char name_space[] = "isobar";

/** In the production profile with the keys of the partition nvs_keys: docs/production.md. */
static esp_err_t init_identity(void)
{
#ifdef CONFIG_NVS_ENCRYPTION
	nvs_sec_cfg_t keys;
	const esp_partition_t *holder = esp_partition_find_first(
		ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_NVS_KEYS, NULL);
	esp_err_t error = NULL == holder ? ESP_ERR_NOT_FOUND : nvs_flash_read_security_cfg(holder, &keys);
	return ESP_OK == error ? nvs_flash_secure_init_partition(partition, &keys) : error;
#else
	return nvs_flash_init_partition(partition);
#endif
}

/** Opens it at the first call. */
static esp_err_t open_identity(nvs_handle_t *handle)
{
	static nvs_handle_t opened;
	static bool is_open;
	if (!is_open) {
		esp_err_t error = init_identity();
		if (ESP_OK == error) {
			error = nvs_open_from_partition(partition, name_space, NVS_READONLY, &opened);
		}
		if (ESP_OK != error) {
			return error;
		}
		is_open = true;
	}
	*handle = opened;
	return ESP_OK;
}

/** Text goes through a buffer, because NVS adds a NUL to it. */
static esp_err_t read_text(xsMachine *the, nvs_handle_t handle, const char *key)
{
	char text[TEXT_BYTES];
	size_t length = sizeof(text);
	esp_err_t error = nvs_get_str(handle, key, text, &length);
	if (ESP_OK == error) {
		xsmcSetArrayBuffer(xsResult, text, length - 1);
	}
	return error;
}

static esp_err_t read_bytes(xsMachine *the, nvs_handle_t handle, const char *key)
{
	size_t length;
	esp_err_t error = nvs_get_blob(handle, key, NULL, &length);
	if (ESP_OK == error) {
		void *bytes = xsmcSetArrayBuffer(xsResult, NULL, length);
		error = nvs_get_blob(handle, key, bytes, &length);
	}
	return error;
}

void isobar_read_identity(xsMachine *the)
{
	nvs_handle_t handle;
	nvs_type_t type;
	char key[NVS_KEY_NAME_MAX_SIZE];
	xsmcToStringBuffer(xsArg(0), key, sizeof(key));
	if (ESP_OK != open_identity(&handle) || ESP_OK != nvs_find_key(handle, key, &type)) {
		return;
	}
	esp_err_t error =
		NVS_TYPE_STR == type ? read_text(the, handle, key) : read_bytes(the, handle, key);
	if (ESP_OK != error) {
		xsUnknownError("identity: %s cannot be read", key);
	}
}

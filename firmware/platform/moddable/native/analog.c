/*
 * Voltages between 0 and the 3.3 V of the supply, as 12 bits of it. The SDK's own Analog ends at 2.45 V,
 * which half of the positions of a wind vane are above, and converts once where the converter is
 * known for its noise.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "builtinCommon.h"

#include "esp_adc/adc_cali.h"
#include "esp_adc/adc_cali_scheme.h"
#include "esp_adc/adc_oneshot.h"

enum {
	FULL_SCALE_MV = 3300,
	FULL_SCALE = 4095,
	CONVERSIONS = 16,
	/** Of an ESP32 from before the factory measured it, in mV. */
	NOMINAL_REFERENCE_MV = 1100,
};

typedef struct {
	xsSlot object;
	uint32_t pin;
	adc_channel_t channel;
	adc_cali_handle_t calibration;
} Analog;

/** The first converter, made with the first input; the second one belongs to Wi-Fi. */
static adc_oneshot_unit_handle_t converter;

static esp_err_t open_calibration(adc_channel_t channel, adc_cali_handle_t *calibration)
{
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
	const adc_cali_curve_fitting_config_t config = {
		.unit_id = ADC_UNIT_1,
		.chan = channel,
		.atten = ADC_ATTEN_DB_12,
		.bitwidth = ADC_BITWIDTH_12,
	};
	return adc_cali_create_scheme_curve_fitting(&config, calibration);
#else
	(void)channel;
	const adc_cali_line_fitting_config_t config = {
		.unit_id = ADC_UNIT_1,
		.atten = ADC_ATTEN_DB_12,
		.bitwidth = ADC_BITWIDTH_12,
		.default_vref = NOMINAL_REFERENCE_MV,
	};
	return adc_cali_create_scheme_line_fitting(&config, calibration);
#endif
}

static void close_calibration(adc_cali_handle_t calibration)
{
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
	adc_cali_delete_scheme_curve_fitting(calibration);
#else
	adc_cali_delete_scheme_line_fitting(calibration);
#endif
}

/** @returns what of the converter has failed, or NULL */
static const char *attach(Analog *input)
{
	const adc_oneshot_unit_init_cfg_t unit = { .unit_id = ADC_UNIT_1 };
	const adc_oneshot_chan_cfg_t range = { .atten = ADC_ATTEN_DB_12, .bitwidth = ADC_BITWIDTH_12 };
	adc_unit_t unit_id;
	if (ESP_OK != adc_oneshot_io_to_channel(input->pin, &unit_id, &input->channel) || ADC_UNIT_1 != unit_id) {
		return "no analog input";
	}
	if (NULL == converter && ESP_OK != adc_oneshot_new_unit(&unit, &converter)) {
		return "no converter";
	}
	if (ESP_OK != adc_oneshot_config_channel(converter, input->channel, &range)) {
		return "no channel";
	}
	return ESP_OK == open_calibration(input->channel, &input->calibration) ? NULL : "no calibration";
}

void isobar_analog_destructor(void *data)
{
	Analog *input = data;
	if (input == NULL) {
		return;
	}
	close_calibration(input->calibration);
	builtinFreePin(input->pin);
	c_free(input);
}

void isobar_analog(xsMachine *the)
{
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_pin);
	uint32_t pin = builtinGetPin(the, &xsVar(0));
	if (!builtinIsPinFree(pin)) {
		xsRangeError("pin in use");
	}
	Analog *input = c_calloc(1, sizeof(Analog));
	if (input == NULL) {
		xsUnknownError("no memory");
	}
	input->pin = pin;
	const char *fault = attach(input);
	if (NULL != fault) {
		c_free(input);
		xsUnknownError("%s", fault);
	}
	builtinUsePin(pin);
	input->object = xsThis;
	xsmcSetHostData(xsThis, input);
	xsRemember(input->object);
}

void isobar_analog_close(xsMachine *the)
{
	Analog *input = xsmcGetHostData(xsThis);
	if (input == NULL) {
		return;
	}
	xsForget(input->object);
	isobar_analog_destructor(input);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
}

void isobar_analog_read(xsMachine *the)
{
	Analog *input = xsmcGetHostDataValidate(xsThis, isobar_analog_destructor);
	int sum = 0;
	for (int conversion = 0; conversion < CONVERSIONS; conversion++) {
		int millivolts;
		if (ESP_OK != adc_oneshot_get_calibrated_result(converter, input->calibration, input->channel, &millivolts)) {
			xsUnknownError("no conversion");
		}
		sum += millivolts;
	}
	int scaled = (sum * FULL_SCALE / CONVERSIONS + FULL_SCALE_MV / 2) / FULL_SCALE_MV;
	xsmcSetInteger(xsResult, scaled < FULL_SCALE ? scaled : FULL_SCALE);
}

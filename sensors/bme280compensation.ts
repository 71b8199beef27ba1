/**
 * The integer compensation of the BME280, exact and without BigInt.
 *
 * Data sheet: BST-BME280-DS002-15, revision 1.6, §4.2.3 ("DS"). The sheet's code computes in 32-bit
 * and 64-bit integers. All numbers here are integers in doubles, which are exact up to 2^53: where
 * the sheet's 64-bit pressure formula goes beyond, the product is split. The results are the sheet's
 * bit for bit wherever its own integers do not overflow; tests/sensors/bme280.test.ts holds them
 * against the sheet's formulas in BigInt.
 */

/** The trimming parameters, DS table 16, without the "dig_" that the sheet puts before each. */
export interface BME280Calibration {
	readonly T1: number;
	readonly T2: number;
	readonly T3: number;
	readonly P1: number;
	readonly P2: number;
	readonly P3: number;
	readonly P4: number;
	readonly P5: number;
	readonly P6: number;
	readonly P7: number;
	readonly P8: number;
	readonly P9: number;
	readonly H1: number;
	readonly H2: number;
	readonly H3: number;
	readonly H4: number;
	readonly H5: number;
	readonly H6: number;
}

/**
 * Reads the trimming parameters.
 *
 * @param low   the 26 bytes at 0x88
 * @param high  the 7 bytes at 0xE1
 * @returns `undefined` when the memory is blank, all zeros or all ones
 */
export function parseCalibration(low: Uint8Array, high: Uint8Array): BME280Calibration | undefined {
	if (isBlank(low) || isBlank(high)) return undefined;
	const memory = new DataView(low.buffer, low.byteOffset, low.byteLength);
	const humidity = new DataView(high.buffer, high.byteOffset, high.byteLength);
	return {
		T1: memory.getUint16(0, true),
		T2: memory.getInt16(2, true),
		T3: memory.getInt16(4, true),
		P1: memory.getUint16(6, true),
		P2: memory.getInt16(8, true),
		P3: memory.getInt16(10, true),
		P4: memory.getInt16(12, true),
		P5: memory.getInt16(14, true),
		P6: memory.getInt16(16, true),
		P7: memory.getInt16(18, true),
		P8: memory.getInt16(20, true),
		P9: memory.getInt16(22, true),
		H1: memory.getUint8(25),
		H2: humidity.getInt16(0, true),
		H3: humidity.getUint8(2),
		// Two signed numbers of 12 bits share the byte at 0xE5: its low half belongs to H4.
		H4: humidity.getInt8(3) * 16 + (humidity.getUint8(4) & 0x0f),
		H5: humidity.getInt8(5) * 16 + (humidity.getUint8(4) >> 4),
		H6: humidity.getInt8(6),
	};
}

function isBlank(bytes: Uint8Array): boolean {
	const first = bytes[0];
	return (first === 0x00 || first === 0xff) && bytes.every((byte) => byte === first);
}

/**
 * The sheet's `t_fine`, which carries the temperature to the other two formulas.
 *
 * @param raw  20 bits
 */
export function fineTemperature(raw: number, { T1, T2, T3 }: BME280Calibration): number {
	const linear = shiftRight(((raw >> 3) - 2 * T1) * T2, 11);
	const distance = (raw >> 4) - T1;
	return linear + shiftRight(shiftRight(distance * distance, 12) * T3, 14);
}

/** Hundredths of °C. */
export function temperatureOf(fine: number): number {
	return shiftRight(fine * 5 + 128, 8);
}

/**
 * The sheet's 64-bit pressure formula.
 *
 * @param raw   20 bits
 * @param fine  `t_fine` of a temperature in the operating range, -40..85 °C
 * @returns 1/256 Pa
 */
export function compensatePressure(
	raw: number,
	fine: number,
	{ P1, P2, P3, P4, P5, P6, P7, P8, P9 }: BME280Calibration,
): number {
	const offset = fine - 128_000;
	const square = offset * offset;
	const bias = square * P6 + offset * P5 * 2 ** 17 + P4 * 2 ** 35;
	const slope = shiftRight(square * P3, 8) + offset * P2 * 2 ** 12;
	const divisor = multiplyShiftRight(2 ** 47 + slope, P1, 24, 33);
	// The sheet's own guard against a division by zero.
	if (divisor === 0) return 0;
	const pressure = multiplyDivide((1_048_576 - raw) * 2 ** 31 - bias, 3125, divisor);
	const coarse = shiftRight(pressure, 13);
	const quadratic = multiplyShiftRight(coarse * coarse, P9, 25, 25);
	const linear = shiftRight(pressure * P8, 19);
	return shiftRight(pressure + quadratic + linear, 8) + P7 * 16;
}

/**
 * The sheet's 32-bit humidity formula.
 *
 * @param raw   16 bits
 * @param fine  `t_fine`
 * @returns 1/1024 % relative humidity, 0..102400
 */
export function compensateHumidity(
	raw: number,
	fine: number,
	{ H1, H2, H3, H4, H5, H6 }: BME280Calibration,
): number {
	const offset = fine - 76_800;
	const level = shiftRight(raw * 2 ** 14 - H4 * 2 ** 20 - H5 * offset + 16_384, 15);
	const bend = shiftRight(offset * H6, 10) * (shiftRight(offset * H3, 11) + 32_768);
	const gain = shiftRight((shiftRight(bend, 10) + 2_097_152) * H2 + 8_192, 14);
	const humidity = level * gain;
	const coarse = shiftRight(humidity, 15);
	const corrected = humidity - shiftRight(shiftRight(coarse * coarse, 7) * H1, 4);
	return shiftRight(Math.min(Math.max(corrected, 0), 419_430_400), 12);
}

/** The arithmetic shift of an integer of up to 53 bits; `>>` knows 32. */
function shiftRight(value: number, bits: number): number {
	return Math.floor(value / 2 ** bits);
}

/**
 * `(value * factor) >> bits`, exact for a product of up to 77 bits.
 *
 * @param value   an integer below 2^53
 * @param factor  an integer below 2^17
 * @param split   bits of the lower part of `value`, at most `bits`
 */
function multiplyShiftRight(value: number, factor: number, split: number, bits: number): number {
	const high = shiftRight(value, split);
	const low = value - high * 2 ** split;
	return shiftRight(high * factor + shiftRight(low * factor, split), bits - split);
}

/** `value * factor / divisor` with C's truncation, exact for a product of more than 53 bits. */
function multiplyDivide(value: number, factor: number, divisor: number): number {
	const rest = value % divisor;
	const restProduct = rest * factor;
	return ((value - rest) / divisor) * factor + (restProduct - (restProduct % divisor)) / divisor;
}

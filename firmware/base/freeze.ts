/**
 * Freezes objects and arrays with everything in them; functions and buffers stay as they are. What is
 * made while a module loads lies in the flash of the chip, and XS keeps a pointer in RAM for each
 * object of it that may change.
 *
 * @returns the same value
 */
export function freezeDeep<T>(value: T): T {
	if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
		for (const member of Object.values(value)) freezeDeep(member);
		Object.freeze(value);
	}
	return value;
}

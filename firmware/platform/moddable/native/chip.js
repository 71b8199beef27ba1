/** The chip itself: chip.c. Described in declarations/isobar.d.ts. */
export function resetReason() {
	return native("isobar_reset_reason").call(this);
}

export function freeHeap() {
	return native("isobar_free_heap").call(this);
}

export function macAddress() {
	return native("isobar_mac_address").call(this);
}

export function restart() {
	return native("isobar_restart").call(this);
}

export function crash() {
	return native("isobar_crash").call(this);
}

export function retainedBytes() {
	return native("isobar_retained_bytes").call(this);
}

export function readRetained(into, offset) {
	return native("isobar_read_retained").call(this, into, offset);
}

export function writeRetained(from, offset) {
	return native("isobar_write_retained").call(this, from, offset);
}

export function deepSleep(milliseconds, pin, level) {
	return native("isobar_deep_sleep").call(this, milliseconds, pin, level);
}

export function wokenByPin() {
	return native("isobar_woken_by_pin").call(this);
}

export function isOnTrial() {
	return native("isobar_is_on_trial").call(this);
}

export function confirmImage() {
	return native("isobar_confirm_image").call(this);
}

export function rejectImage() {
	return native("isobar_reject_image").call(this);
}

export function log(line) {
	return native("isobar_log").call(this, line);
}

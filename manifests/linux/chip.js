/** The chip on Linux: no reset but the end of the process, and memory that ends with it. */
const bytes = 6144;
/** Made when the machine runs: what a preloaded module has made is read-only. */
let memory;

function retained() {
	memory ??= new Uint8Array(bytes);
	return memory;
}

function end(status) {
	return native("isobar_end").call(this, status);
}

export function resetReason() {
	return "power-on";
}

export function freeHeap() {
	return 0;
}

export function macAddress() {
	return undefined;
}

export function restart() {
	end(0);
}

export function crash() {
	end(1);
}

/** The process ends: whoever wants a station that sleeps on Linux starts it again. */
export function deepSleep() {
	end(0);
}

export function retainedBytes() {
	return bytes;
}

export function readRetained(into, offset) {
	into.set(retained().subarray(offset, offset + into.length));
}

export function writeRetained(from, offset) {
	retained().set(from, offset);
}

/** There is one image, and nobody to roll it back. */
export function isOnTrial() {
	return false;
}

export function confirmImage() {}

export function rejectImage() {
	throw new Error("no image to go back to");
}

export function log(line) {
	trace(`${line}\n`);
}

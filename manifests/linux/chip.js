/** The chip on Linux: no reset but the end of the process, and memory that ends with it. */
const memory = new Uint8Array(6144);

function end(status) {
	return native("isobar_end").call(this, status);
}

export function resetReason() {
	return "power-on";
}

export function freeHeap() {
	return 0;
}

export function restart() {
	end(0);
}

export function crash() {
	end(1);
}

export function retainedBytes() {
	return memory.length;
}

export function readRetained(into, offset) {
	into.set(memory.subarray(offset, offset + into.length));
}

export function writeRetained(from, offset) {
	memory.set(from, offset);
}

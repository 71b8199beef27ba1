import { expect, test } from "@jest/globals";
import {
	noteBytes,
	RetainedNote,
	RetainedRange,
	ticksAfterSleep,
} from "../../../firmware/station/retainednote.ts";
import { VirtualRetainedMemory } from "../../../simulator/device/storage.ts";

test("what was written is read by the next run, in a part of the memory", () => {
	const memory = new VirtualRetainedMemory(100);
	const range = new RetainedRange(memory, 10, 10 + noteBytes);
	new RetainedNote(range).write(7, 1_798_761_600_123.5);
	expect(new RetainedNote(range).read()).toEqual([7, 1_798_761_600_123.5, 0]);
	const around = new Uint8Array(10);
	memory.read(around, 0);
	memory.read(around, 10 + noteBytes);
	expect(around).toEqual(new Uint8Array(10));
	expect(new RetainedRange(memory, 30).length).toBe(70);
});

test("a memory that never held one has none, and neither has one that lost a bit", () => {
	const memory = new VirtualRetainedMemory(noteBytes);
	const note = new RetainedNote(memory);
	expect(note.read()).toBeUndefined();
	for (let bit = 0; bit < 8 * (4 + 24); bit++) {
		note.write(1, 2, 3);
		const byte = new Uint8Array(1);
		memory.read(byte, bit >> 3);
		byte[0]! ^= 1 << (bit & 7);
		memory.write(byte, bit >> 3);
		expect(note.read()).toBeUndefined();
	}
	for (const fill of [0, 0xff, 0x5a]) {
		memory.write(new Uint8Array(noteBytes).fill(fill), 0);
		expect(note.read()).toBeUndefined();
	}
});

test("ticks go on over a sleep by what the real-time clock says, and begin anew without a note", () => {
	const note = new RetainedNote(new VirtualRetainedMemory(noteBytes));
	expect(ticksAfterSleep(note, true, 5_000)).toBe(0);
	note.write(1_000, 20_000);
	expect(ticksAfterSleep(note, true, 80_400)).toBe(61_400);
	// A clock that was never set begins at 0 with the power, and runs all the same.
	expect(ticksAfterSleep(note, true, 19_000)).toBe(1_000);
	expect(ticksAfterSleep(note, false, 80_400)).toBe(0);
});

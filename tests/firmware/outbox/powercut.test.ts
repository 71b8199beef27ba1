import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import { FlashLog } from "../../../firmware/outbox/log.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import { RangeSet } from "../../../firmware/outbox/ranges.ts";
import {
	blockHeaderBytes,
	headerBytes,
	RecordKind,
	recordKind,
	recordSize,
} from "../../../firmware/outbox/record.ts";
import { StampTable } from "../../../firmware/outbox/stamps.ts";
import { createOutbox, walk } from "./walker.ts";

const minutes = 60_000;

// The numbers say how much is walked: they follow from the script and the format alone, so a step that
// is no longer walked shows, and a change of the format changes them.
describe("power cut at every write and erase of a script, at every unit of it", () => {
	test(
		"writeAlign 4: nothing is lost, also when the start after it is cut everywhere",
		() => {
			expect(walk({ writeAlign: 4, lossWindow: 0, second: true })).toEqual({
				points: 470,
				cuts: 6_319,
				secondCuts: 66_875,
			});
		},
		4 * minutes,
	);

	test(
		"writeAlign 16: nothing is lost, also when the start after it is cut everywhere",
		() => {
			expect(walk({ writeAlign: 16, lossWindow: 0, second: true })).toEqual({
				points: 470,
				cuts: 2_095,
				secondCuts: 8_753,
			});
		},
		minutes,
	);

	test(
		"a loss window of 6: a reset loses nothing, a power cut the window at most",
		() => {
			expect(walk({ writeAlign: 4, lossWindow: 6, second: false })).toEqual({
				points: 268,
				cuts: 6_117,
				secondCuts: 0,
			});
		},
		minutes,
	);
});

describe("a loss window, and the start after a cut is itself cut everywhere", () => {
	test(
		"writeAlign 16: resets lose nothing, power cuts the window at most",
		() => {
			expect(walk({ writeAlign: 16, lossWindow: 6, second: true })).toEqual({
				points: 268,
				cuts: 1_893,
				secondCuts: 46_460,
			});
		},
		4 * minutes,
	);
});

describe("the walk finds an outbox that is broken on purpose", () => {
	const walkOnce = () => walk({ writeAlign: 4, lossWindow: 0, second: false });

	/** Runs the walk with one method of the outbox replaced; jest's own mocks keep every call. */
	function walkBroken<Class extends object, Name extends keyof Class>(
		prototype: Class,
		name: Name,
		replace: (original: Class[Name]) => Class[Name],
	): () => void {
		return () => {
			const original = prototype[name];
			prototype[name] = replace(original);
			try {
				walkOnce();
			} finally {
				prototype[name] = original;
			}
		};
	}

	/** Records of this kind are said to be written, and are not. */
	const swallowing = (kind: number) =>
		walkBroken(
			FlashLog.prototype,
			"append",
			(append) =>
				function (this: FlashLog, size) {
					return recordKind(this.medium.outView) === kind ? Status.Ok : append.call(this, size);
				},
		);

	test("it says Ok before anything is in flash", () => {
		const create: typeof createOutbox = (flash, _, retained) => createOutbox(flash, 6, retained);
		expect(() => walk({ writeAlign: 4, lossWindow: 0, second: false, create })).toThrow("missing");
	});

	test("it gives up one more than was acknowledged", () => {
		expect(
			walkBroken(
				Outbox.prototype,
				"acknowledge",
				(acknowledge) =>
					function (this: Outbox, first, last) {
						return acknowledge.call(this, first, last + 1);
					},
			),
		).toThrow("missing");
	});

	test("it erases a block in which one observation waits", () => {
		expect(
			walkBroken(
				RangeSet.prototype,
				"covers",
				(covers) =>
					function (this: RangeSet, first, end) {
						return covers.call(this, first, end - 1);
					},
			),
		).toThrow("cannot be emptied");
	});

	test("it forgets acknowledgements", () => {
		expect(swallowing(RecordKind.Acknowledged)).toThrow("does not stay empty");
	});

	test("it erases before it has written down what it sheds", () => {
		expect(swallowing(RecordKind.Shed)).toThrow(/missing|corrupt|stay empty/);
	});

	test("it forgets what it has dated", () => {
		expect(swallowing(RecordKind.Stamp)).toThrow("is not what was stored");
	});

	test("it dates what it should not", () => {
		expect(walkBroken(StampTable.prototype, "indexOf", () => () => 0)).toThrow(
			"is not what was stored",
		);
	});

	test("it forgets that it has started", () => {
		expect(swallowing(RecordKind.Boot)).toThrow(/boot|stay empty/);
	});

	test("it forgets acknowledged notices", () => {
		expect(swallowing(RecordKind.NoticeAcknowledged)).toThrow("notice");
	});

	test("it writes over a torn record", () => {
		expect(
			walkBroken(
				FlashLog.prototype,
				"written",
				() =>
					function (this: FlashLog, block) {
						let end = blockHeaderBytes;
						for (let size = 1; size > 0 && end < this.blockLength; end += size) {
							size = this.read(block, end);
						}
						return end;
					},
			),
		).toThrow();
	});

	test("it does not look at checksums", () => {
		expect(
			walkBroken(
				FlashLog.prototype,
				"read",
				() =>
					function (this: FlashLog, block, offset) {
						const length = Math.min(Limits.recordBytes, this.blockLength - offset);
						this.medium.read(block * this.blockLength + offset, length);
						const payload = this.medium.inView.getUint8(5);
						return headerBytes + payload > length ? 0 : recordSize(payload);
					},
			),
		).toThrow();
	});

	test("it opens a block without erasing it", () => {
		expect(
			walkBroken(
				FlashLog.prototype,
				"begin",
				(begin) =>
					function (this: FlashLog) {
						const { erase } = this.medium;
						this.medium.erase = () => Status.Ok;
						const status = begin.call(this);
						this.medium.erase = erase;
						return status;
					},
			),
		).toThrow();
	});
});

import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { FlashLog } from "../../../firmware/outbox/log.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import { RangeSet } from "../../../firmware/outbox/ranges.ts";
import { RecordKind, recordKind, recordSize } from "../../../firmware/outbox/record.ts";
import { StampTable } from "../../../firmware/outbox/stamps.ts";
import { createOutbox, walk } from "./walker.ts";

const minutes = 60_000;

describe("power cut at every write and erase of a script, at every unit of it", () => {
	test(
		"writeAlign 4: nothing is lost, also when the start after it is cut everywhere",
		() => {
			const { points, cuts, secondCuts } = walk({ writeAlign: 4, lossWindow: 0, second: true });
			expect(points).toBeGreaterThan(450);
			expect(cuts).toBeGreaterThan(5_800);
			expect(secondCuts).toBeGreaterThan(60_000);
		},
		4 * minutes,
	);

	test(
		"writeAlign 16: nothing is lost, also when the start after it is cut everywhere",
		() => {
			const { points, cuts, secondCuts } = walk({ writeAlign: 16, lossWindow: 0, second: true });
			expect(points).toBeGreaterThan(450);
			expect(cuts).toBeGreaterThan(1_900);
			expect(secondCuts).toBeGreaterThan(10_000);
		},
		minutes,
	);

	test(
		"a loss window of 6: a reset loses nothing, a power cut the window at most",
		() => {
			const { points, cuts } = walk({ writeAlign: 4, lossWindow: 6, second: false });
			expect(points).toBeGreaterThan(250);
			expect(cuts).toBeGreaterThan(5_600);
		},
		minutes,
	);
});

describe("the walk finds an outbox that is broken on purpose", () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	const found = () => expect(() => walk({ writeAlign: 4, lossWindow: 0, second: false }));

	/** Records of this kind are said to be written, and are not. */
	const swallow = (kind: number) => {
		const append = FlashLog.prototype.append;
		jest.spyOn(FlashLog.prototype, "append").mockImplementation(function (
			this: FlashLog,
			size: number,
		) {
			return recordKind(this.medium.outView) === kind ? Status.Ok : append.call(this, size);
		});
	};

	test("it says Ok before anything is in flash", () => {
		const create: typeof createOutbox = (flash, _, retained) => createOutbox(flash, 6, retained);
		expect(() => walk({ writeAlign: 4, lossWindow: 0, second: false, create })).toThrow("missing");
	});

	test("it gives up one more than was acknowledged", () => {
		const acknowledge = Outbox.prototype.acknowledge;
		jest.spyOn(Outbox.prototype, "acknowledge").mockImplementation(function (
			this: Outbox,
			first: number,
			last: number,
		) {
			return acknowledge.call(this, first, last + 1);
		});
		found().toThrow("missing");
	});

	test("it erases a block in which one observation waits", () => {
		const covers = RangeSet.prototype.covers;
		jest.spyOn(RangeSet.prototype, "covers").mockImplementation(function (
			this: RangeSet,
			first: number,
			end: number,
		) {
			return covers.call(this, first, end - 1);
		});
		found().toThrow(/missing|corrupt/);
	});

	test("it forgets acknowledgements", () => {
		swallow(RecordKind.Acknowledged);
		found().toThrow("waits after its acknowledgement");
	});

	test("it erases before it has written down what it sheds", () => {
		swallow(RecordKind.Shed);
		found().toThrow(/missing|corrupt/);
	});

	test("it forgets what it has dated", () => {
		swallow(RecordKind.Stamp);
		found().toThrow("is not what was stored");
	});

	test("it dates what it should not", () => {
		jest.spyOn(StampTable.prototype, "indexOf").mockReturnValue(0);
		found().toThrow("is not what was stored");
	});

	test("it forgets that it has started", () => {
		swallow(RecordKind.Boot);
		found().toThrow("boot");
	});

	test("it forgets acknowledged notices", () => {
		swallow(RecordKind.NoticeAcknowledged);
		found().toThrow("notice");
	});

	test("it writes over a torn record", () => {
		jest.spyOn(FlashLog.prototype, "written").mockImplementation(function (
			this: FlashLog,
			block: number,
		) {
			let end = 48;
			for (let size = 1; size > 0 && end < this.blockLength; end += size) {
				size = this.read(block, end);
			}
			return end;
		});
		found().toThrow(/rule of NOR|append|open/);
	});

	test("it does not look at checksums", () => {
		jest.spyOn(FlashLog.prototype, "read").mockImplementation(function (
			this: FlashLog,
			block: number,
			offset: number,
		) {
			const length = Math.min(128, this.blockLength - offset);
			this.medium.read(block * this.blockLength + offset, length);
			const payload = this.medium.inView.getUint8(5);
			return payload > 116 ? 0 : recordSize(payload);
		});
		found().toThrow();
	});

	test("it opens a block without erasing it", () => {
		const begin = FlashLog.prototype.begin;
		jest.spyOn(FlashLog.prototype, "begin").mockImplementation(function (this: FlashLog) {
			const erase = jest.spyOn(this.medium, "erase").mockReturnValue(Status.Ok);
			const status = begin.call(this);
			erase.mockRestore();
			return status;
		});
		found().toThrow();
	});
});

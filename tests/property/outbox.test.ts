import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { ObservationRun } from "../../firmware/base/observation.ts";
import { NoticeKind } from "../../firmware/outbox/notices.ts";
import { Outbox } from "../../firmware/outbox/outbox.ts";
import { VirtualFlash, VirtualRetainedMemory } from "../../simulator/device/storage.ts";
import { Ledger } from "../firmware/outbox/ledger.ts";
import { list, observe } from "../firmware/outbox/support.ts";

/** One thing that happens to a station. Numbers are parts of a thousand of what is there. */
type Happening =
	| { readonly kind: "append"; readonly count: number; readonly quality: 0 | 1 | 3 }
	| { readonly kind: "deliver"; readonly from: number; readonly limit: number }
	| { readonly kind: "acknowledge"; readonly from: number; readonly length: number }
	| { readonly kind: "backStamp"; readonly offset: number }
	| { readonly kind: "notice"; readonly of: NoticeKind }
	| { readonly kind: "acknowledgeNotice"; readonly number: number }
	| { readonly kind: "restart"; readonly losesPower: boolean }
	| { readonly kind: "cut"; readonly after: number; readonly keep: number };

const share = fc.integer({ min: 0, max: 999 });

const happening: fc.Arbitrary<Happening> = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			kind: fc.constant("append" as const),
			count: fc.integer({ min: 1, max: 40 }),
			quality: fc.constantFrom(0 as const, 1 as const, 3 as const),
		}),
	},
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant("deliver" as const),
			from: share,
			limit: fc.integer({ min: 1, max: 60 }),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant("acknowledge" as const),
			from: share,
			length: fc.integer({ min: 1, max: 30 }),
		}),
	},
	fc.record({
		kind: fc.constant("backStamp" as const),
		offset: fc.integer({ min: 1_600_000_000, max: 2_000_000_000 }),
	}),
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("notice" as const),
			of: fc.constantFrom(NoticeKind.Health, NoticeKind.Alert),
		}),
	},
	fc.record({ kind: fc.constant("acknowledgeNotice" as const), number: share }),
	fc.record({ kind: fc.constant("restart" as const), losesPower: fc.boolean() }),
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant("cut" as const),
			after: fc.integer({ min: 1, max: 30 }),
			keep: fc.integer({ min: 0, max: 260 }),
		}),
	},
);

const setting = fc.record({
	blocks: fc.integer({ min: 5, max: 9 }),
	blockLength: fc.constantFrom(1024, 2048),
	writeAlign: fc.constantFrom(1, 4, 16),
	lossWindow: fc.constantFrom(0, 0, 0, 4, 9),
	seed: fc.nat(),
});

type Setting = typeof setting extends fc.Arbitrary<infer Value> ? Value : never;

/** A station whose power can go at any moment, and the ledger that watches it. */
class Bench {
	readonly flash: VirtualFlash;
	readonly ledger: Ledger;
	readonly #retained = new VirtualRetainedMemory(512);
	readonly #lossWindow: number;
	readonly #run = new ObservationRun();
	outbox: Outbox;

	constructor({ lossWindow, ...geometry }: Setting) {
		this.flash = new VirtualFlash(geometry);
		this.ledger = new Ledger(lossWindow, () => this.flash.isPowered);
		this.#lossWindow = lossWindow;
		this.outbox = this.#create();
		expect(this.outbox.open()).toBe(0);
		this.ledger.opened(this.outbox);
	}

	#create(): Outbox {
		const { flash } = this;
		const options = { firstSequence: 1, lossWindow: this.#lossWindow, retained: this.#retained };
		return new Outbox(flash, options);
	}

	/** Starts the station again, and once more when the power goes while it starts. */
	restart(losesPower: boolean): void {
		this.ledger.reopening();
		this.#startAgain(losesPower);
	}

	#startAgain(losesPower: boolean): void {
		if (losesPower) this.#retained.losePower({ next: () => this.flash.operations });
		this.flash.powerOn();
		this.outbox = this.#create();
		if (this.outbox.open() !== 0) {
			expect(this.flash.isPowered).toBe(false);
			this.#startAgain(losesPower);
			return;
		}
		this.ledger.check(this.outbox, losesPower);
		this.ledger.resume(this.outbox);
	}

	do(happening: Happening): void {
		try {
			this.#do(happening);
		} catch (error) {
			if (this.flash.isPowered) throw error;
		}
		if (!this.flash.isPowered) this.#startAgain(true);
		expect(this.flash.violations).toBe(0);
	}

	#do(happening: Happening): void {
		const { ledger, outbox } = this;
		const span = outbox.nextSequence - outbox.oldest;
		switch (happening.kind) {
			case "append":
				for (let index = 0; index < happening.count; index++) {
					ledger.append(outbox, happening.quality);
				}
				break;
			case "deliver": {
				const from = outbox.oldest + Math.floor((span * happening.from) / 1000);
				const count = ledger.peek(outbox, from, happening.limit, this.#run);
				const { firstSequence } = this.#run;
				if (count > 0) ledger.acknowledge(outbox, firstSequence, firstSequence + count - 1);
				break;
			}
			case "acknowledge": {
				// Only what was sent is acknowledged, and only what is in flash is sent.
				ledger.peek(outbox, 0, 1, this.#run);
				const from = outbox.oldest + Math.floor((span * happening.from) / 1000);
				ledger.acknowledge(outbox, from, from + happening.length);
				break;
			}
			case "backStamp":
				ledger.backStamp(outbox, happening.offset);
				break;
			case "notice":
				ledger.notice(outbox, happening.of);
				break;
			case "acknowledgeNotice":
				ledger.acknowledgeNotice(outbox, happening.number % 40);
				break;
			case "restart":
				this.restart(happening.losesPower);
				break;
			case "cut":
				this.flash.cutAfter(happening.after, happening.keep & -16);
				break;
		}
	}
}

describe("Outbox under anything that can happen", () => {
	test("power cuts at any moment of any history break no promise", () => {
		fc.assert(
			fc.property(setting, fc.array(happening, { maxLength: 60 }), (options, happenings) => {
				const bench = new Bench(options);
				for (const each of happenings) bench.do(each);
				bench.restart(false);
			}),
			{ numRuns: 400 },
		);
	}, 120_000);

	const calm = fc.array(
		happening.filter(({ kind }) => kind !== "cut"),
		{ maxLength: 40 },
	);
	const place = fc.tuple(fc.nat(1_000_000), fc.integer({ min: 0, max: 7 }));

	test("one bit that flips costs what it hits; many are never taken for something true", () => {
		fc.assert(
			fc.property(
				setting,
				calm,
				fc.oneof(
					fc.array(place, { minLength: 1, maxLength: 1 }),
					fc.array(place, { minLength: 2, maxLength: 40 }),
				),
				(options, happenings, bits) => {
					const bench = new Bench({ ...options, lossWindow: 0 });
					for (const each of happenings) bench.do(each);
					for (const [offset, bit] of bits) {
						bench.flash.flipBit(offset % bench.flash.status().size, bit);
					}
					const outbox = new Outbox(bench.flash, { firstSequence: 1 });
					expect(outbox.open()).toBe(0);
					bench.ledger.checkDamaged(outbox, bits.length);
					expect(outbox.append(observe(outbox.nextSequence))).toBe(0);
					expect(list(outbox).at(-1)?.sequence).toBe(outbox.nextSequence - 1);
					expect(bench.flash.violations).toBe(0);
				},
			),
			{ numRuns: 400 },
		);
	}, 120_000);
});

import type { ObservationRun, TimeQuality } from "../../../firmware/base/observation.ts";
import { Status } from "../../../firmware/base/status.ts";
import { Notice, type NoticeKind } from "../../../firmware/outbox/notices.ts";
import type { Outbox } from "../../../firmware/outbox/outbox.ts";
import { list, observe, same, startOf } from "./support.ts";

/** A call that has begun and may not have returned. */
type Pending =
	| { readonly call: "open" | "peek" | "flush" }
	| { readonly call: "append"; readonly sequence: number }
	| { readonly call: "acknowledge"; readonly first: number; readonly last: number }
	| { readonly call: "backStamp"; readonly offset: number }
	| { readonly call: "notice"; readonly number: number }
	| { readonly call: "acknowledgeNotice"; readonly number: number };

/**
 * What an outbox has promised: everything that returned Ok. It makes the calls, writes down what
 * they return, and afterwards holds any reopened outbox against it.
 *
 * It knows nothing of blocks and records; the rules are those of the issue: an observation whose
 * append returned Ok waits, is acknowledged, or is in the shed count; order is kept; no sequence is
 * used twice; dates and acknowledgements stay.
 */
export class Ledger {
	/** Observations whose append returned Ok, by sequence, with the time quality they had. */
	readonly #made = new Map<number, TimeQuality>();
	/** Those of them that should wait, in order. */
	readonly #waiting = new Set<number>();
	readonly #acknowledged = new Set<number>();
	readonly #offsets = new Map<number, number>();
	#thisBoot: number[] = [];
	#shed = 0;
	#boot = 0;
	readonly #notices = new Map<number, number>();
	#noticesShed = 0;
	#pending: Pending = { call: "open" };
	/** Observations that a power cut may take, the last ones appended. */
	readonly window: number;

	readonly #isPowered: () => boolean;

	/** @param isPowered  whether a call that comes back has come back in time */
	constructor(window = 0, isPowered = () => true) {
		this.window = window;
		this.#isPowered = isPowered;
	}

	#returned(status: Status): void {
		expect(this.#isPowered(), "the power went during the call");
		expect(status === Status.Ok, `status ${status}`);
	}

	get made(): number {
		return this.#made.size;
	}

	opened(outbox: Outbox): void {
		this.#boot = outbox.boot;
		this.#thisBoot = [];
		this.#settle(outbox);
	}

	reopening(): void {
		this.#pending = { call: "open" };
	}

	append(outbox: Outbox, quality: TimeQuality): void {
		const sequence = outbox.nextSequence;
		this.#pending = { call: "append", sequence };
		this.#returned(outbox.append(observe(sequence, quality)));
		this.#made.set(sequence, quality);
		this.#waiting.add(sequence);
		if (quality === 3) this.#thisBoot.push(sequence);
		this.#settle(outbox);
	}

	acknowledge(outbox: Outbox, first: number, last: number): void {
		this.#pending = { call: "acknowledge", first, last };
		this.#returned(outbox.acknowledge(first, last));
		for (const sequence of this.#waiting) {
			if (sequence < first || sequence > last) continue;
			this.#waiting.delete(sequence);
			this.#acknowledged.add(sequence);
		}
		this.#settle(outbox);
	}

	backStamp(outbox: Outbox, offset: number): void {
		this.#pending = { call: "backStamp", offset };
		this.#returned(outbox.backStamp(offset));
		for (const sequence of this.#thisBoot) this.#offsets.set(sequence, offset);
		this.#thisBoot = [];
		this.#settle(outbox);
	}

	peek(outbox: Outbox, from: number, limit: number, run: ObservationRun): number {
		this.#pending = { call: "peek" };
		const count = outbox.peek(from, limit, run);
		this.#returned(Status.Ok);
		this.#settle(outbox);
		return count;
	}

	notice(outbox: Outbox, kind: NoticeKind): void {
		const number = outbox.notices.nextNumber;
		this.#pending = { call: "notice", number };
		const bytes = noticeBytes(number);
		const result = outbox.notices.append(kind, bytes, bytes.length);
		this.#returned(result > 0 || result === -Status.NoRoom ? Status.Ok : (-result as Status));
		if (result > 0) this.#notices.set(result, kind);
		this.#settle(outbox);
	}

	acknowledgeNotice(outbox: Outbox, number: number): void {
		this.#pending = { call: "acknowledgeNotice", number };
		this.#returned(outbox.notices.acknowledge(number));
		this.#notices.delete(number);
		this.#settle(outbox);
	}

	/** Notes what a call that returned has shed: the oldest that wait. */
	#settle(outbox: Outbox): void {
		for (const sequence of this.#waiting) {
			if (this.#shed === outbox.shed) break;
			this.#waiting.delete(sequence);
			this.#shed += 1;
		}
		if (this.#shed !== outbox.shed) throw new Error("shed more than there was");
		while (this.#noticesShed < outbox.notices.shed) {
			this.#noticesShed += 1;
			const left = [...this.#notices].sort(([a, kindA], [b, kindB]) => kindA - kindB || a - b);
			const stays = left.length <= outbox.notices.waiting;
			if (!stays) this.#notices.delete(left[0]![0]);
		}
		this.#pending = { call: "peek" };
	}

	/**
	 * Holds an outbox that was opened after a power cut against all promises.
	 *
	 * @param lostWindow  whether the power cut took retained memory too
	 * @throws {Error} that says which promise is broken
	 */
	check(outbox: Outbox, lostWindow = false): void {
		const pending = this.#pending;
		const { shed, waiting } = outbox;
		const listed = list(outbox);
		expect(outbox.corrupt === 0, `${outbox.corrupt} corrupt without damage`);
		expect(listed.length === waiting, `${waiting} waiting, ${listed.length} listed`);
		let before = 0;
		for (const observation of listed) {
			const { sequence } = observation;
			expect(sequence > before, `${sequence} after ${before}`);
			before = sequence;
			const known = this.#made.get(sequence);
			const isPending = pending.call === "append" && pending.sequence === sequence;
			expect(known !== undefined || isPending, `${sequence} was never made`);
			expect(!this.#acknowledged.has(sequence), `${sequence} waits after its acknowledgement`);
			this.#checkContent(observation, known ?? observation.timeQuality);
		}
		this.#checkAllThere(new Set(listed.map(({ sequence }) => sequence)), shed, lostWindow);
		expect(before < outbox.nextSequence, "next sequence is one that waits");
		const last = Math.max(0, ...this.#made.keys());
		expect(outbox.nextSequence > last, `next sequence ${outbox.nextSequence}, used ${last}`);
		expect(outbox.boot > this.#boot || pending.call === "open", `boot ${outbox.boot}`);
		this.#checkNotices(outbox);
	}

	/**
	 * Holds an outbox that was opened after bits had flipped against what can still be promised: nothing
	 * false is read; and after a single flip, no sequence is used again, and nothing is missing but the
	 * one observation it hits and what is in the shed count. What was acknowledged or dated may be
	 * forgotten.
	 *
	 * @param flips  bits that flipped since the last check
	 */
	checkDamaged(outbox: Outbox, flips: number): void {
		const listed = list(outbox);
		let before = 0;
		for (const observation of listed) {
			const { sequence } = observation;
			expect(sequence > before, `${sequence} after ${before}`);
			before = sequence;
			const quality = this.#made.get(sequence);
			expect(quality !== undefined, `${sequence} was never made`);
			if (!same(observation, observe(sequence, quality))) this.#checkContent(observation, quality!);
		}
		expect(outbox.waiting === listed.length, `${outbox.waiting} waiting, ${listed.length} listed`);
		if (flips > 1) return;
		const found = new Set(listed.map(({ sequence }) => sequence));
		const missing = [...this.#waiting].filter((sequence) => !found.has(sequence));
		const more = Math.max(0, outbox.shed - this.#shed);
		expect(missing.length <= flips + more, `${missing.length} missing, ${more} shed`);
		const last = Math.max(0, ...this.#made.keys());
		expect(outbox.nextSequence > last, `next sequence ${outbox.nextSequence}, used ${last}`);
	}

	/**
	 * Takes what a power cut has left as the truth from now on: what the call that was cut has done, it
	 * has done.
	 */
	resume(outbox: Outbox): void {
		const pending = this.#pending;
		const listed = list(outbox);
		const found = new Set(listed.map(({ sequence }) => sequence));
		for (const sequence of this.#waiting) {
			if (found.has(sequence)) continue;
			this.#waiting.delete(sequence);
			if (pending.call !== "acknowledge") continue;
			if (sequence >= pending.first && sequence <= pending.last) this.#acknowledged.add(sequence);
		}
		for (const { sequence, timeQuality, startSeconds } of listed) {
			if (!this.#made.has(sequence)) this.#made.set(sequence, timeQuality);
			this.#waiting.add(sequence);
			if (timeQuality === 2) this.#offsets.set(sequence, startSeconds - startOf(sequence, 3));
		}
		this.#shed = outbox.shed;
		const notice = new Notice();
		const numbers = new Map<number, number>();
		for (let from = 0; outbox.notices.peek(from, notice); from = notice.number + 1) {
			numbers.set(notice.number, notice.kind);
		}
		this.#notices.clear();
		for (const [number, kind] of numbers) this.#notices.set(number, kind);
		this.#noticesShed = outbox.notices.shed;
		this.opened(outbox);
	}

	/** Every observation that should wait does, or is shed by the call that was cut. */
	#checkAllThere(listed: ReadonlySet<number>, shed: number, lostWindow: boolean): void {
		const pending = this.#pending;
		let missing = 0;
		let newest = 0;
		let isOldest = true;
		const mayBeLost = lostWindow ? this.window : 0;
		const last = Math.max(0, ...this.#made.keys());
		for (const sequence of this.#waiting) {
			if (listed.has(sequence)) {
				isOldest = false;
				continue;
			}
			if (pending.call === "acknowledge" && sequence >= pending.first && sequence <= pending.last) {
				continue;
			}
			if (!isOldest && sequence > last - mayBeLost) {
				newest += 1;
				continue;
			}
			missing += 1;
		}
		expect(newest <= mayBeLost, `${newest} newest missing`);
		const more = shed - this.#shed;
		expect(more >= 0, `shed count fell from ${this.#shed} to ${shed}`);
		if (mayBeLost === 0) expect(missing === more, `${missing} missing, ${more} shed`);
		else expect(missing <= more + mayBeLost, `${missing} missing, ${more} shed`);
	}

	#checkContent(observation: ReturnType<typeof observe>, quality: TimeQuality): void {
		const { sequence } = observation;
		const expected = observe(sequence, quality);
		const offset = this.#offsets.get(sequence);
		if (offset !== undefined) {
			expected.startSeconds = startOf(sequence, 3) + offset;
			expected.timeQuality = 2;
		}
		if (same(observation, expected)) return;
		const pending = this.#pending;
		if (pending.call === "backStamp" && this.#thisBoot.includes(sequence)) {
			expected.startSeconds = startOf(sequence, 3) + pending.offset;
			expected.timeQuality = 2;
			if (same(observation, expected)) return;
		}
		throw new Error(`${sequence} is not what was stored`);
	}

	#checkNotices(outbox: Outbox): void {
		const pending = this.#pending;
		const notice = new Notice();
		const listed = new Set<number>();
		for (let from = 0; outbox.notices.peek(from, notice); from = notice.number + 1) {
			listed.add(notice.number);
			const isPending = pending.call === "notice" && pending.number === notice.number;
			expect(this.#notices.has(notice.number) || isPending, `notice ${notice.number}`);
			const bytes = noticeBytes(notice.number);
			expect(notice.length === bytes.length, "length of a notice");
			expect(
				bytes.every((byte, at) => byte === notice.bytes[at]),
				"bytes of a notice",
			);
		}
		let missing = 0;
		for (const number of this.#notices.keys()) {
			if (listed.has(number)) continue;
			if (pending.call === "acknowledgeNotice" && pending.number === number) continue;
			missing += 1;
		}
		const more = outbox.notices.shed - this.#noticesShed;
		expect(missing <= more && more >= 0, `${missing} notices missing, ${more} shed`);
		expect(outbox.notices.corrupt === 0, "corrupt notices without damage");
	}
}

/** What a notice of this number says. */
function noticeBytes(number: number): Uint8Array {
	return Uint8Array.from({ length: 20 + (number % 60) }, (_, at) => (at * 7 + number) & 0xff);
}

function expect(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

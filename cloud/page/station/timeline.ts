import { Store } from "../store.ts";
import { bounded, moved, type RangeName, ranges, type Span, zoomed } from "./span.ts";

/** What stretch of time the charts of a station show, and whether it goes along with the clock. */
export class Timeline extends Store {
	#span: Span;
	#bounds: Span;
	#range: RangeName | undefined;
	#isFollowing = true;

	/** @param bounds  what there is: from the first observation until now */
	constructor(range: RangeName, bounds: Span) {
		super();
		this.#bounds = bounds;
		this.#range = range;
		this.#span = lastly(range, bounds);
	}

	get span(): Span {
		return this.#span;
	}

	get bounds(): Span {
		return this.#bounds;
	}

	/** The range that was chosen, until it is zoomed away from. */
	get range(): RangeName | undefined {
		return this.#range;
	}

	get isFollowing(): boolean {
		return this.#isFollowing;
	}

	choose(range: RangeName): void {
		this.#range = range;
		this.#isFollowing = true;
		this.#show(lastly(range, this.#bounds));
	}

	/** Goes to the newest with the length that is in view. */
	follow(): void {
		const length = this.#span.to - this.#span.from;
		this.#isFollowing = true;
		this.#show({ from: this.#bounds.to - length, to: this.#bounds.to });
	}

	onMove(share: number): void {
		this.#take(moved(this.#span, share));
	}

	onZoom(factor: number, at: number): void {
		this.#range = undefined;
		// The newest stays in sight while it is followed.
		this.#take(zoomed(this.#span, factor, this.#isFollowing && at >= 0.5 ? 1 : at));
	}

	/** There is more to see. */
	extend(to: number): void {
		if (to <= this.#bounds.to) return;
		this.#bounds = { from: this.#bounds.from, to };
		if (this.#isFollowing) this.follow();
	}

	#take(span: Span): void {
		const next = bounded(span, this.#bounds);
		this.#isFollowing = next.to >= this.#bounds.to && next.from < this.#bounds.to;
		this.#show(next);
	}

	#show(span: Span): void {
		this.#span = span;
		this.changed();
	}
}

function lastly(name: RangeName, bounds: Span): Span {
	const [, , seconds] = ranges.find(([range]) => range === name)!;
	return { from: bounds.to - seconds, to: bounds.to };
}

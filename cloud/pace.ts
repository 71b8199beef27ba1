import { Bucket } from "./provisioning/bucket.ts";

/**
 * Lets work through at a rate, a second's worth at once at most; what is more waits for its turn, in
 * order.
 */
export class Pace {
	readonly #bucket: Bucket;
	readonly #turnMs: number;
	readonly #waiting: (() => void)[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(perSecond: number) {
		this.#bucket = new Bucket(perSecond);
		this.#turnMs = Math.max(1, 1000 / perSecond);
	}

	/** @returns whether it was done at once */
	take(work: () => void): boolean {
		if (this.#waiting.length === 0 && this.#bucket.take(performance.now())) {
			work();
			return true;
		}
		this.#waiting.push(work);
		this.#arm();
		return false;
	}

	/** What waits is not done any more. */
	end(): void {
		clearTimeout(this.#timer);
		this.#waiting.length = 0;
	}

	#arm(): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			while (this.#waiting.length > 0 && this.#bucket.take(performance.now())) {
				this.#waiting.shift()!();
			}
			if (this.#waiting.length > 0) this.#arm();
		}, this.#turnMs);
	}
}

import type { Bounds } from "../../bounds.ts";

/** Something that has happened, for whoever looks at the page. */
export interface News {
	readonly event: "event" | "figures" | "mail" | "observation" | "presence" | "shadow";
	readonly data: object;
}

/**
 * Hands what happens to those who listen. A slow reader is let go, and nobody waits for it: it has to
 * load everything anew.
 */
export class NewsStream {
	readonly #readers = new Set<Reader>();
	readonly #bounds: Pick<Bounds, "newsBytes" | "newsReaders">;

	constructor(bounds: Pick<Bounds, "newsBytes" | "newsReaders">) {
		this.#bounds = bounds;
	}

	get isHeard(): boolean {
		return this.#readers.size > 0;
	}

	tell(news: News): void {
		// Written once for all readers.
		const text = `event: ${news.event}\ndata: ${JSON.stringify(news.data)}\n\n`;
		for (const reader of this.#readers) reader.take(text);
	}

	/**
	 * The news from now on, as text/event-stream (HTML Living Standard §9.2); `undefined` while as many
	 * listen as may.
	 */
	open(): ReadableStream<Uint8Array> | undefined {
		if (this.#readers.size >= this.#bounds.newsReaders) return undefined;
		let reader: Reader;
		return new ReadableStream<Uint8Array>(
			{
				start: (controller) => {
					reader = new Reader(controller, () => this.#readers.delete(reader));
					this.#readers.add(reader);
					// The first byte tells the reader that it is heard.
					reader.take(": isobar\n\n");
				},
				cancel: () => {
					this.#readers.delete(reader);
				},
			},
			new ByteLengthQueuingStrategy({ highWaterMark: this.#bounds.newsBytes }),
		);
	}

	close(): void {
		for (const reader of this.#readers) reader.end();
	}
}

class Reader {
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #onEnd: () => void;

	constructor(controller: ReadableStreamDefaultController<Uint8Array>, onEnd: () => void) {
		this.#controller = controller;
		this.#onEnd = onEnd;
	}

	take(text: string): void {
		if ((this.#controller.desiredSize ?? 0) <= 0) this.#cut();
		else this.#controller.enqueue(new TextEncoder().encode(text));
	}

	/** What waits is for nobody, and the connection with it. */
	#cut(): void {
		this.#onEnd();
		this.#controller.error(new Error("the reader is too slow"));
	}

	end(): void {
		this.#onEnd();
		try {
			this.#controller.close();
		} catch {
			// The other end was faster.
		}
	}
}

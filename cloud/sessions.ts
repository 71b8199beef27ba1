import type { Readable } from "node:stream";
import { boundQueues, type QueueStore } from "./sessionqueues.ts";
import type { Timers } from "./timers.ts";

/** What is used of the store of aedes, which its own types leave open. */
interface Persistence extends QueueStore {
	createRetainedStreamCombi(topicFilters: readonly string[]): Readable;
	cleanSubscriptions(client: { readonly id: string }): Promise<unknown>;
	cleanIncoming(client: { readonly id: string }): Promise<unknown>;
	outgoingStream(client: { readonly id: string }): AsyncIterable<object>;
}

/** How long a session is kept for a client that is away: an hour, unless the account says otherwise. */
const sessionMs = 3_600_000;

/**
 * The sessions and retained messages that aedes keeps, by the rules of AWS IoT Core: a session ends an
 * hour after its client has gone, and a retained message comes to who names its topic, not to who
 * subscribes to it by a wildcard.
 *
 * Source: aws-iot-contract.md §1.6, §1.7.
 */
export class Sessions {
	readonly #persistence: Persistence;
	readonly #timers: Timers;
	/** What calls off the end of a session, by client id. */
	readonly #ends = new Map<string, () => void>();

	/** @param aedes  one that listens, since it makes its store then */
	constructor(aedes: object, timers: Timers, queues: { bytes: number; onLeftOut(): void }) {
		this.#persistence = (aedes as { readonly persistence: Persistence }).persistence;
		this.#timers = timers;
		nameRetained(this.#persistence);
		boundQueues(this.#persistence, queues.bytes, queues.onLeftOut);
	}

	/** A client whose session is kept has gone. */
	left(clientId: string): void {
		this.back(clientId);
		const end = (): void => {
			this.#ends.delete(clientId);
			void this.#forget(clientId);
		};
		this.#ends.set(clientId, this.#timers.after(sessionMs, end));
	}

	/** A client is there, again or for the first time. */
	back(clientId: string): void {
		this.#ends.get(clientId)?.();
		this.#ends.delete(clientId);
	}

	close(): void {
		for (const callOff of this.#ends.values()) callOff();
		this.#ends.clear();
	}

	async #forget(id: string): Promise<void> {
		const client = { id };
		await this.#persistence.cleanSubscriptions(client);
		await this.#persistence.cleanIncoming(client);
		for await (const packet of this.#persistence.outgoingStream(client)) {
			await this.#persistence.outgoingClearMessageId(client, packet);
		}
	}
}

/** Has the store look up retained messages by topic names alone. */
function nameRetained(persistence: Persistence): void {
	const look = persistence.createRetainedStreamCombi.bind(persistence);
	persistence.createRetainedStreamCombi = (topicFilters) =>
		look(topicFilters.filter((filter) => !/[+#]/.test(filter)));
}

/** A message as the store of aedes has it. */
interface Kept {
	readonly topic: string;
	readonly payload: string | Uint8Array;
}

interface Owner {
	readonly clientId: string;
}

/** What is used of the store of aedes, which its own types leave open. */
export interface QueueStore {
	outgoingEnqueue(owner: Owner, packet: Kept): Promise<void>;
	outgoingEnqueueCombi(owners: readonly Owner[], packet: Kept): Promise<void>;
	outgoingClearMessageId(
		client: { readonly id: string },
		packet: object,
	): Promise<Kept | undefined>;
}

/**
 * Bounds the messages that wait for kept sessions: each may have so many bytes, and what comes beyond is
 * left out for it. A client that is there and acknowledges nothing is closed by aedes then, as it finds
 * the message nowhere.
 */
export function boundQueues(store: QueueStore, maximum: number, onLeftOut: () => void): void {
	const waiting = new Map<string, number>();
	const add = store.outgoingEnqueueCombi.bind(store);
	const clear = store.outgoingClearMessageId.bind(store);
	store.outgoingEnqueueCombi = (owners, packet) => {
		const size = sizeOf(packet);
		const taken = owners.filter(({ clientId }) => {
			const bytes = (waiting.get(clientId) ?? 0) + size;
			if (bytes <= maximum) waiting.set(clientId, bytes);
			else onLeftOut();
			return bytes <= maximum;
		});
		return add(taken, packet);
	};
	store.outgoingEnqueue = (owner, packet) => store.outgoingEnqueueCombi([owner], packet);
	store.outgoingClearMessageId = async (client, packet) => {
		const cleared = await clear(client, packet);
		if (cleared?.payload === undefined) return cleared;
		const rest = (waiting.get(client.id) ?? 0) - sizeOf(cleared);
		if (rest > 0) waiting.set(client.id, rest);
		else waiting.delete(client.id);
		return cleared;
	};
}

function sizeOf({ topic, payload }: Kept): number {
	return Buffer.byteLength(topic) + payload.length;
}

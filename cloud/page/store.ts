import { useEffect, useReducer } from "preact/hooks";

/** Something that changes and says so; those who draw it hear of it at most once a frame. */
export class Store {
	readonly #listeners = new Set<() => void>();
	#isDue = false;

	/** @returns what ends it */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	protected changed(): void {
		if (this.#isDue) return;
		this.#isDue = true;
		// A page in the background gets no frames, and must not pile up what it would draw.
		const tell = (): void => {
			this.#isDue = false;
			for (const listener of this.#listeners) listener();
		};
		if (document.hidden) setTimeout(tell, 1_000);
		else requestAnimationFrame(tell);
	}
}

/** Draws the component anew when the store has changed. */
export function useStore<T extends Store>(store: T): T {
	const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0);
	useEffect(() => store.subscribe(() => redraw(undefined)), [store]);
	return store;
}

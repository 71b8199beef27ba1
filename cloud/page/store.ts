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

/**
 * Draws the component anew when the store has changed, now and then while it changes all the time: for
 * what nobody reads while it moves.
 *
 * @param everyMs  between two drawings
 */
export function useSettling<T extends Store>(store: T, everyMs = 200): T {
	const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0);
	useEffect(() => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const draw = (): void => {
			timer = undefined;
			redraw(undefined);
		};
		const end = store.subscribe(() => {
			timer ??= setTimeout(draw, everyMs);
		});
		return () => {
			end();
			clearTimeout(timer);
		};
	}, [store, everyMs]);
	return store;
}

/** Draws the component anew when the store has changed. */
export function useStore<T extends Store>(store: T): T {
	const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0);
	useEffect(() => store.subscribe(() => redraw(undefined)), [store]);
	return store;
}

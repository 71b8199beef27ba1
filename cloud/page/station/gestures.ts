/** What a hand or a key asks of a view of time. Shares are of its width. */
export interface Gestures {
	onMove(share: number): void;
	/** @param at  what stays where it is, 0..1 from the left */
	onZoom(factor: number, at: number): void;
}

/**
 * Listens to one chart: drag to move, pinch or Ctrl and wheel to zoom, double click to zoom in. The
 * wheel alone and a finger that goes up or down scroll the page, as everywhere.
 *
 * @returns what ends it
 */
export function listenTo(area: HTMLElement, gestures: Gestures): () => void {
	const fingers = new Map<number, PointerEvent>();
	const shareOf = (clientX: number): number => {
		const { left, width } = area.getBoundingClientRect();
		return (clientX - left) / width;
	};
	const ending = new AbortController();
	const options = { signal: ending.signal };

	area.addEventListener(
		"pointerdown",
		(event) => {
			fingers.set(event.pointerId, event);
			area.setPointerCapture(event.pointerId);
		},
		options,
	);
	area.addEventListener(
		"pointermove",
		(event) => {
			const before = fingers.get(event.pointerId);
			if (before === undefined) return;
			const others = [...fingers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
			fingers.set(event.pointerId, event);
			if (others.length === 0) {
				gestures.onMove(shareOf(before.clientX) - shareOf(event.clientX));
				return;
			}
			const other = others[0]!.clientX;
			const was = Math.max(20, Math.abs(before.clientX - other));
			const is = Math.max(20, Math.abs(event.clientX - other));
			gestures.onZoom(is / was, shareOf((event.clientX + other) / 2));
		},
		options,
	);
	for (const name of ["pointerup", "pointercancel"] as const) {
		area.addEventListener(name, ({ pointerId }) => fingers.delete(pointerId), options);
	}
	area.addEventListener("dblclick", (event) => gestures.onZoom(2, shareOf(event.clientX)), options);
	area.addEventListener(
		"wheel",
		(event) => {
			const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
			if (!event.ctrlKey && !event.metaKey && !isSideways) return;
			event.preventDefault();
			if (isSideways) gestures.onMove(event.deltaX / area.clientWidth);
			else gestures.onZoom(event.deltaY < 0 ? 1.25 : 0.8, shareOf(event.clientX));
		},
		{ passive: false, signal: ending.signal },
	);
	return () => ending.abort();
}

/** The same by keyboard; @returns whether the key meant something. */
export function keyGesture(key: string, gestures: Gestures): boolean {
	switch (key) {
		case "ArrowLeft":
			gestures.onMove(-0.2);
			return true;
		case "ArrowRight":
			gestures.onMove(0.2);
			return true;
		case "+":
		case "=":
			gestures.onZoom(1.5, 0.5);
			return true;
		case "-":
			gestures.onZoom(1 / 1.5, 0.5);
			return true;
		default:
			return false;
	}
}

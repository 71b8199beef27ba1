import type { Size } from "./projection.ts";

export interface Point {
	readonly x: number;
	readonly y: number;
}

/** Points at one place stand around it like the seeds of a sunflower, `gap` pixels apart. */
export function spread(points: readonly Point[], gap: number): readonly Point[] {
	const crowd = new Map<string, number>();
	return points.map(({ x, y }) => {
		const place = `${Math.round(x)} ${Math.round(y)}`;
		const rank = crowd.get(place) ?? 0;
		crowd.set(place, rank + 1);
		const angle = rank * 2.39996;
		const distance = gap * Math.sqrt(rank);
		return {
			x: x + distance * Math.cos(angle) * 1.25,
			y: y + distance * Math.sin(angle) * 0.8,
		};
	});
}

const roundsMaximum = 40;

/**
 * Pushes labels that cover each other apart, each pair by half along the shorter way, until none does or
 * it has been tried often enough.
 *
 * @param label  of one label, around its point; `undefined` leaves the points where they are
 */
export function apart(points: readonly Point[], label: Size | undefined): readonly Point[] {
	if (label === undefined) return points;
	const moved = points.map(({ x, y }) => ({ x, y }));
	for (let round = 0; round < roundsMaximum; round++) {
		let isCrowded = false;
		for (const [index, left] of moved.entries()) {
			for (const right of moved.slice(index + 1)) {
				if (push(left, right, label)) isCrowded = true;
			}
		}
		if (!isCrowded) break;
	}
	return moved;
}

function push(
	left: { x: number; y: number },
	right: { x: number; y: number },
	{ width, height }: Size,
): boolean {
	const [dx, dy] = [right.x - left.x, right.y - left.y];
	const [overX, overY] = [width - Math.abs(dx), height - Math.abs(dy)];
	if (overX <= 0 || overY <= 0) return false;
	if (overX < overY) {
		const by = (overX / 2 + 0.5) * (dx < 0 ? -1 : 1);
		left.x -= by;
		right.x += by;
	} else {
		const by = (overY / 2 + 0.5) * (dy < 0 ? -1 : 1);
		left.y -= by;
		right.y += by;
	}
	return true;
}

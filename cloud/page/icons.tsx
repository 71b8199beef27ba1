import type { JSX } from "preact";

/** Drawn in a square of 24, by stroke unless said otherwise. */
const paths = {
	mark: "M3 8c4-4 8 3 12 0 2-1.5 4-2 6-1M3 13c4-4 8 3 12 0 2-1.5 4-2 6-1M3 18c4-4 8 3 12 0 2-1.5 4-2 6-1",
	sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M4.9 4.900l1.4 1.400M17.7 17.700l1.4 1.400M2 12h2M20 12h2M4.9 19.100l1.4-1.400M17.7 6.300l1.4-1.4",
	moon: "M20 14.500A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5",
	auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 3v18",
	search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.5 4.5",
	alert: "M12 3.5 2.5 20h19zM12 10v4.500M12 17v.5",
	plus: "M12 5v14M5 12h14",
	minus: "M5 12h14",
	left: "M15 5l-7 7 7 7",
	right: "M9 5l7 7-7 7",
	down: "M12 4v11M7 11l5 5 5-5M5 20h14",
	home: "M8 3H3v5M16 3h5v5M8 21H3v-5M16 21h5v-5",
} as const;

/** A small drawing beside words; it says nothing that the words do not. */
export function Icon({ name }: { readonly name: keyof typeof paths }): JSX.Element {
	return (
		<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
			<path d={paths[name]} />
		</svg>
	);
}

/** An arrow that flies with the wind, on a disc; nothing for calm. */
export function WindArrow({ from }: { readonly from: number | null | undefined }): JSX.Element {
	return (
		<svg class="wind-arrow" viewBox="0 0 20 20" aria-hidden="true">
			{from === null || from === undefined ? (
				<circle cx="10" cy="10" r="3" />
			) : (
				<path d="M10 17V4M6 8l4-5 4 5" transform={`rotate(${from + 180} 10 10)`} />
			)}
		</svg>
	);
}

/** Colours of the style sheet as a canvas needs them: computed, for light or dark. */
export type Palette = Readonly<Record<string, string>>;

const names = [
	"ink",
	"soft",
	"line",
	"sheet",
	"night",
	"flag",
	"bad",
	"warm",
	"moist",
	"cool",
	"wind",
	"gust",
	"rain",
	"light",
	"power",
] as const;

/** Reads the custom properties `--NAME`, which the style sheet gives for light and dark. */
export function readPalette(): Palette {
	const probe = document.createElement("i");
	probe.hidden = true;
	document.body.append(probe);
	const colours = names.map((name) => {
		probe.style.color = `var(--${name})`;
		return [name, getComputedStyle(probe).color] as const;
	});
	probe.remove();
	return Object.fromEntries(colours);
}

/** The same colour, let through by a share. */
export function faded(colour: string, share: number): string {
	return colour.replace(/^rgb\((.+)\)$/, `rgba($1, ${share})`);
}

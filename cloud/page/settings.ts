import { Store } from "./store.ts";

export type Units = "metric" | "imperial";
export type Theme = "auto" | "light" | "dark";

const unitsKey = "isobar.units";
const themeKey = "isobar.theme";

/** How this browser likes to see things. Kept in it, where it lets us. */
class Settings extends Store {
	#units: Units = read(unitsKey) === "imperial" ? "imperial" : "metric";
	#theme: Theme = themeOf(read(themeKey));

	get units(): Units {
		return this.#units;
	}

	set units(units: Units) {
		this.#units = units;
		write(unitsKey, units);
		this.changed();
	}

	get theme(): Theme {
		return this.#theme;
	}

	set theme(theme: Theme) {
		this.#theme = theme;
		write(themeKey, theme);
		this.apply();
		this.changed();
	}

	/** Whether what is drawn is dark, whoever has chosen it. */
	get isDark(): boolean {
		if (this.#theme !== "auto") return this.#theme === "dark";
		return matchMedia("(prefers-color-scheme: dark)").matches;
	}

	apply(): void {
		document.documentElement.dataset.theme = this.#theme;
	}

	/** Draws again when the system changes between light and dark. */
	watch(): void {
		this.apply();
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.changed());
	}
}

export const settings = new Settings();

function themeOf(text: string | null): Theme {
	return text === "light" || text === "dark" ? text : "auto";
}

function read(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

function write(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch {
		// A browser that keeps nothing shows it the usual way next time.
	}
}

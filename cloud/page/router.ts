import { useEffect, useState } from "preact/hooks";

/** Calls back with every address that the page goes to. */
const listeners = new Set<() => void>();

/** Goes to an address of the page, such as "/stations/north". */
export function navigate(path: string): void {
	if (path === location.pathname) return;
	history.pushState(null, "", path);
	for (const listener of listeners) listener();
}

/** The address in view, without its query; the component is drawn anew when it changes. */
export function usePath(): string {
	const [path, setPath] = useState(location.pathname);
	useEffect(() => {
		const onChange = (): void => setPath(location.pathname);
		listeners.add(onChange);
		addEventListener("popstate", onChange);
		return () => {
			listeners.delete(onChange);
			removeEventListener("popstate", onChange);
		};
	}, []);
	return path;
}

/** Follows links between views without loading the document again. */
export function followLinks(): void {
	document.addEventListener("click", (event) => {
		const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
		const link = event.target instanceof Element ? event.target.closest("a") : null;
		if (!isPlain || link === null || link.origin !== location.origin) return;
		if (link.hasAttribute("download") || link.pathname.startsWith("/api/")) return;
		event.preventDefault();
		navigate(link.pathname);
		scrollTo(0, 0);
	});
}

export const stationPath = (thing: string, view = ""): string =>
	`/stations/${encodeURIComponent(thing)}${view === "" ? "" : `/${view}`}`;

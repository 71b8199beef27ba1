import type { ComponentType, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { openSession } from "./api.ts";
import { Icon } from "./icons.tsx";
import { type LinkState, network } from "./live.ts";
import { NetworkView } from "./network/view.tsx";
import { Loading } from "./parts.tsx";
import { usePath } from "./router.ts";
import { settings, type Theme, type Units } from "./settings.ts";
import { useStore } from "./store.ts";

const places = [
	["/", "Network"],
	["/events", "Events"],
	["/rules", "Rules"],
	["/registry", "Registry"],
	["/simulator", "Simulator"],
] as const;

/** Views that are loaded when they are first looked at. */
const lazyViews: readonly (readonly [
	pattern: RegExp,
	load: () => Promise<ComponentType<{ readonly words: readonly string[] }>>,
])[] = [
	[
		/^\/stations\/([^/]+)(?:\/([a-z]+))?$/,
		() => import("./station/view.tsx").then((module) => module.StationPage),
	],
	[/^\/events$/, () => import("./events/view.tsx").then((module) => module.EventsView)],
	[/^\/rules$/, () => import("./rules/view.tsx").then((module) => module.RulesView)],
	[/^\/simulator$/, () => import("./simulator/view.tsx").then((module) => module.SimulatorView)],
	[/^\/registry$/, () => import("./registry/view.tsx").then((module) => module.RegistryView)],
];

/** The frame around every view. */
export function App(): JSX.Element {
	const path = usePath();
	const main = useRef<HTMLElement>(null);
	const isFirst = useRef(true);
	useEffect(() => {
		// Who reads by ear or by keyboard begins at the top of what is new.
		if (!isFirst.current) main.current?.focus();
		isFirst.current = false;
	}, [path]);
	return (
		<>
			<a class="skip" href="#main">
				Skip to content
			</a>
			<Head path={path} />
			<main id="main" ref={main} tabIndex={-1}>
				<View path={path} />
			</main>
			<Foot />
		</>
	);
}

function Head({ path }: { readonly path: string }): JSX.Element {
	const { link } = useStore(network);
	return (
		<header class="top">
			<a class="brand" href="/">
				<Icon name="mark" />
				Isobar
			</a>
			<nav aria-label="Views">
				{places.map(([place, name]) => (
					<a key={place} href={place} aria-current={isAt(path, place) ? "page" : undefined}>
						{name}
					</a>
				))}
			</nav>
			<Link state={link} />
			<Preferences />
		</header>
	);
}

const linkWords: Readonly<Record<LinkState, string>> = {
	opening: "Connecting",
	live: "Live",
	lost: "No answer",
	locked: "Locked",
};

function Link({ state }: { readonly state: LinkState }): JSX.Element {
	return (
		<span class={`link link-${state}`} role="status">
			{linkWords[state]}
		</span>
	);
}

const themes: readonly Theme[] = ["auto", "light", "dark"];
const themeIcons = { auto: "auto", light: "sun", dark: "moon" } as const;

function Preferences(): JSX.Element {
	const { units, theme } = useStore(settings);
	const next = themes[(themes.indexOf(theme) + 1) % themes.length]!;
	const other: Units = units === "metric" ? "imperial" : "metric";
	return (
		<div class="preferences">
			<button
				type="button"
				class="button quiet"
				title={`Units: ${units}. Change to ${other}.`}
				onClick={() => {
					settings.units = other;
				}}
			>
				{units === "metric" ? "°C" : "°F"}
				<span class="unseen"> units: {units}</span>
			</button>
			<button
				type="button"
				class="button quiet"
				title={`Colours: ${theme}. Change to ${next}.`}
				onClick={() => {
					settings.theme = next;
				}}
			>
				<Icon name={themeIcons[theme]} />
				<span class="unseen">colours: {theme}</span>
			</button>
		</div>
	);
}

function View({ path }: { readonly path: string }): JSX.Element {
	const { link } = useStore(network);
	if (link === "locked") return <Unlock />;
	if (path === "/") return <NetworkView />;
	for (const [pattern, load] of lazyViews) {
		const match = pattern.exec(path);
		if (match) {
			const words = match.slice(1).map((word) => decodeURIComponent(word ?? ""));
			return <Lazy key={pattern.source} load={load} words={words} />;
		}
	}
	return <Nowhere path={path} />;
}

function Lazy({
	load,
	words,
}: {
	readonly load: () => Promise<ComponentType<{ readonly words: readonly string[] }>>;
	readonly words: readonly string[];
}): JSX.Element {
	const [Loaded, setLoaded] = useState<ComponentType<{ readonly words: readonly string[] }>>();
	useEffect(() => {
		void load().then((view) => setLoaded(() => view));
	}, [load]);
	return Loaded === undefined ? <Loading lines={5} /> : <Loaded words={words} />;
}

/** Asks for the token of a cloud that others can reach. */
function Unlock(): JSX.Element {
	const [problem, setProblem] = useState("");
	const onSubmit = async (event: SubmitEvent): Promise<void> => {
		event.preventDefault();
		const token = new FormData(event.target as HTMLFormElement).get("token");
		try {
			await openSession(String(token).trim());
			await network.open();
		} catch (error) {
			setProblem((error as Error).message);
		}
	};
	return (
		<form class="panel unlock" onSubmit={onSubmit}>
			<h1>This cloud asks for its token</h1>
			<p>
				It stands in <code>http.token</code> of the data directory, and its path was printed when
				the cloud started.
			</p>
			<label>
				Token
				<input name="token" type="password" autocomplete="off" required />
			</label>
			<button class="button strong" type="submit">
				Open
			</button>
			{problem !== "" && <p role="alert">{problem}</p>}
		</form>
	);
}

function Nowhere({ path }: { readonly path: string }): JSX.Element {
	return (
		<div class="panel">
			<h1>There is nothing at {path}</h1>
			<p>
				<a href="/">The network</a> is where everything begins.
			</p>
		</div>
	);
}

function Foot(): JSX.Element {
	return (
		<footer class="foot">
			<span>
				Times are in {Intl.DateTimeFormat().resolvedOptions().timeZone}; point at one for UTC.
			</span>
			<span>
				<a href="/api/openapi.json">API</a> · <a href="/metrics">metrics</a> ·{" "}
				<a href="/health">health</a>
			</span>
		</footer>
	);
}

function isAt(path: string, place: string): boolean {
	return place === "/" ? path === "/" || path.startsWith("/stations/") : path.startsWith(place);
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ApiError, send } from "../api.ts";
import { network } from "../live.ts";
import { Empty, Failure, Loading, Panel } from "../parts.tsx";
import { useResource } from "../resource.ts";
import { stationPath } from "../router.ts";
import { useStore } from "../store.ts";

interface Faults {
	readonly kinds: readonly {
		readonly name: string;
		readonly title: string;
		readonly detail: string;
	}[];
	readonly things: readonly string[];
}

/** Breaks simulated stations, so that one sees what becomes of their observations. */
export function SimulatorView(): JSX.Element {
	const { value, error, reload } = useResource<Faults>("/api/isobar/faults");
	useEffect(() => {
		document.title = "Simulator · Isobar";
	}, []);
	return (
		<>
			<h1>Simulator</h1>
			<p class="lead">
				Break a simulated station and look on: what it has observed is reported once it is back, and
				nothing is missing.
			</p>
			{error?.status === 404 && (
				<Empty title="No simulator runs beside this cloud">
					<p>
						<code>npm start</code> runs one, with twelve stations.
					</p>
				</Empty>
			)}
			{error !== undefined && error.status !== 404 && <Failure error={error} onRetry={reload} />}
			{value === undefined && error === undefined && <Loading />}
			{value !== undefined && <Desk faults={value} />}
		</>
	);
}

function Desk({ faults }: { readonly faults: Faults }): JSX.Element {
	const [thing, setThing] = useState(faults.things[0] ?? "");
	const [done, setDone] = useState<readonly string[]>([]);
	const [problem, setProblem] = useState<ApiError | undefined>(undefined);
	const station = useStore(network).station(thing);
	const inject = async (kind: string): Promise<void> => {
		try {
			const answer = await send<{ done: string }>("POST", "/api/isobar/faults", { kind, thing });
			setProblem(undefined);
			setDone([`${thing}: ${answer.done}`, ...done].slice(0, 10));
		} catch (error) {
			setProblem(error as ApiError);
		}
	};
	return (
		<Panel title="Faults" class="desk">
			{problem !== undefined && <Failure error={problem} />}
			<label class="note">
				Station
				<select
					class="field"
					value={thing}
					onChange={(event) => setThing(event.currentTarget.value)}
				>
					{faults.things.map((name) => (
						<option key={name}>{name}</option>
					))}
				</select>
			</label>
			<p class="note">
				<a href={stationPath(thing)}>{thing}</a> is {station?.connected ? "connected" : "offline"}.
			</p>
			<ul class="faults">
				{faults.kinds.map(({ name, title, detail }) => (
					<li key={name}>
						<button type="button" class="button" onClick={() => void inject(name)}>
							{title}
						</button>
						<span>{detail}</span>
					</li>
				))}
			</ul>
			<ol class="note" aria-live="polite" aria-label="What was done">
				{done.map((line, index) => (
					<li key={done.length - index}>{line}</li>
				))}
			</ol>
		</Panel>
	);
}

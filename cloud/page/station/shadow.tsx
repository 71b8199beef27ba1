import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ApiError, send } from "../api.ts";
import { network } from "../live.ts";
import { Empty, Failure, Loading, Panel } from "../parts.tsx";
import { useResource } from "../resource.ts";
import { Moment } from "../time.tsx";
import { desiredFault, numberFields } from "./settings.ts";

type Section = Readonly<Record<string, unknown>>;

/** A shadow as GetThingShadow answers it. */
interface ShadowDocument {
	readonly state: {
		readonly desired?: Section;
		readonly reported?: Section;
		readonly delta?: Section;
	};
	readonly metadata: { readonly desired?: Section; readonly reported?: Section };
	readonly version: number;
	readonly timestamp: number;
}

/** What a station is wanted to be and what it says it is; where they differ, what waits. */
export function ShadowView({ thing }: { readonly thing: string }): JSX.Element {
	const path = `/api/things/${encodeURIComponent(thing)}/shadow`;
	const { value: shadow, error, reload } = useResource<ShadowDocument>(path);
	useEffect(
		() =>
			network.onNews("shadow", (news) => (news as { thing: string }).thing === thing && reload()),
		[thing, reload],
	);
	if (shadow === undefined) {
		if (error === undefined) return <Loading lines={6} />;
		if (error.status !== 404) return <Failure error={error} onRetry={reload} />;
		return (
			<Empty title="This station has no shadow yet">
				<p>It makes one by itself when it connects for the first time.</p>
			</Empty>
		);
	}
	return (
		<div class="about">
			<Panel
				title="Settings"
				aside={
					<span class="faint">
						version {shadow.version}, <Moment at={shadow.timestamp * 1000} />
					</span>
				}
			>
				<Settings shadow={shadow} />
				<Editor key={thing} path={path} shadow={shadow} onSent={reload} />
			</Panel>
			<Panel title="Document">
				<Sections shadow={shadow} />
			</Panel>
		</div>
	);
}

/** Member by member: desired, reported, and whether the station has taken it. */
function Settings({ shadow }: { readonly shadow: ShadowDocument }): JSX.Element {
	const { desired = {}, reported = {}, delta = {} } = shadow.state;
	const names = [...new Set([...numberFields.map(({ name }) => name), ...Object.keys(desired)])];
	return (
		<table class="grid">
			<thead>
				<tr>
					<th scope="col">Setting</th>
					<th scope="col">Desired</th>
					<th scope="col">Reported</th>
					<th scope="col">State</th>
				</tr>
			</thead>
			<tbody>
				{names.map((name) => (
					<tr key={name} data-setting={name}>
						<th scope="row">{name}</th>
						<td>{showValue(desired[name])}</td>
						<td>{showValue(reported[name])}</td>
						<td>
							{name in delta ? (
								<span class="alarm">waits for the station</span>
							) : (
								<span class="faint">{name in desired ? "taken" : "its own"}</span>
							)}
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function showValue(value: unknown): string {
	if (value === undefined) return "–";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Changes the desired state. It says which version it has seen, so that nobody's change is overwritten. */
function Editor({
	path,
	shadow,
	onSent,
}: {
	readonly path: string;
	readonly shadow: ShadowDocument;
	readonly onSent: () => void;
}): JSX.Element {
	const { desired = {}, reported = {} } = shadow.state;
	const [seen, setSeen] = useState(shadow.version);
	const [edits, setEdits] = useState<Section>({});
	const [text, setText] = useState("");
	const [problem, setProblem] = useState<ApiError | undefined>(undefined);
	const [done, setDone] = useState("");
	const hasEdits = Object.keys(edits).length > 0 || text.trim() !== "";
	// What is only looked at goes along with the document.
	const version = hasEdits ? seen : shadow.version;
	useEffect(() => {
		if (!hasEdits) setSeen(shadow.version);
	}, [shadow.version, hasEdits]);

	const more = parseSection(text);
	const wanted: Section = { ...(typeof more === "string" ? {} : more), ...edits };
	const fault = typeof more === "string" ? more : desiredFault({ ...desired, ...wanted }, reported);
	const isConflict = problem?.status === 409;

	const onSubmit = async (event: SubmitEvent): Promise<void> => {
		event.preventDefault();
		setDone("");
		try {
			await send("POST", path, { state: { desired: wanted }, version });
			setProblem(undefined);
			setEdits({});
			setText("");
			setDone("Sent. The station reports it when it has taken it.");
		} catch (error) {
			setProblem(error as ApiError);
		}
		onSent();
	};
	return (
		<form class="editor" onSubmit={onSubmit}>
			<h3>Change what is desired</h3>
			<div class="fields">
				{numberFields.map(({ name, title, description, minimum, maximum }) => (
					<label key={name} title={description}>
						{title}, s
						<input
							class="field"
							type="number"
							name={name}
							min={minimum}
							max={maximum}
							step={1}
							value={String(edits[name] ?? desired[name] ?? reported[name] ?? "")}
							onInput={(input) => {
								const { value } = input.currentTarget;
								setEdits({ ...edits, [name]: value === "" ? null : Number(value) });
							}}
						/>
					</label>
				))}
			</div>
			<details>
				<summary>Other members, as JSON</summary>
				<textarea
					class="field"
					rows={5}
					aria-label="Other members of desired, as JSON"
					placeholder={'{ "limits": { "airTemperature": { "maximum": 45 } } }'}
					value={text}
					onInput={(input) => setText(input.currentTarget.value)}
				/>
			</details>
			{fault !== undefined && hasEdits && (
				<p class="problem" role="alert">
					{fault}
				</p>
			)}
			{isConflict && (
				<p class="problem" role="alert">
					Somebody has changed the shadow meanwhile: you have seen version {version}, it is now{" "}
					{shadow.version}. Look at the settings above, then send your change on top of it.
				</p>
			)}
			{problem !== undefined && !isConflict && <Failure error={problem} />}
			<div class="bar-buttons">
				<button
					class="button strong"
					type="submit"
					disabled={!hasEdits || fault !== undefined || (isConflict && seen !== shadow.version)}
				>
					Send
				</button>
				{isConflict && (
					<button
						class="button"
						type="button"
						onClick={() => {
							setSeen(shadow.version);
							setProblem(undefined);
						}}
					>
						Go on with version {shadow.version}
					</button>
				)}
				<span class="faint" role="status">
					{done}
				</span>
			</div>
		</form>
	);
}

/** An object, or what is wrong with the text; nothing for an empty one. */
function parseSection(text: string): Section | string {
	if (text.trim() === "") return {};
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === "object" && value !== null && !Array.isArray(value))
			return value as Section;
		return 'expected an object, such as { "limits": {} }';
	} catch (error) {
		return `not JSON: ${(error as Error).message}`;
	}
}

function Sections({ shadow }: { readonly shadow: ShadowDocument }): JSX.Element {
	const { desired, reported, delta } = shadow.state;
	return (
		<>
			{Object.entries({ delta, desired, reported }).map(
				([name, section]) =>
					section !== undefined && (
						<details key={name} open={name !== "reported"}>
							<summary>{name}</summary>
							<pre class="document" tabIndex={0}>
								{JSON.stringify(section, null, 2)}
							</pre>
						</details>
					),
			)}
			{desired === undefined && (
				<p class="note">Nothing is desired yet: the station goes by its own definition.</p>
			)}
		</>
	);
}

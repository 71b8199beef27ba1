import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ApiError, send } from "../api.ts";
import { network } from "../live.ts";
import { Choice, Empty, Failure, Loading, Panel } from "../parts.tsx";
import { useResource } from "../resource.ts";
import { Moment } from "../time.tsx";
import { numberFields } from "./settings.ts";
import { ShadowEditor } from "./shadoweditor.tsx";

export type Section = Readonly<Record<string, unknown>>;

/** A shadow as GetThingShadow answers it. */
export interface ShadowDocument {
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
	const [name, setName] = useState("");
	const step = encodeURIComponent(thing);
	const listPath = `/api/api/things/shadow/ListNamedShadowsForThing/${step}?pageSize=100`;
	const { value: list, reload: reloadNames } = useResource<{ results: readonly string[] }>(
		listPath,
	);
	const query = name === "" ? "" : `?${new URLSearchParams({ name })}`;
	const path = `/api/things/${step}/shadow${query}`;
	const names = [...new Set([...(list?.results ?? []), ...(name === "" ? [] : [name])])].sort();
	return (
		<>
			<Names names={names} name={name} onName={setName} />
			<OneShadow
				key={path}
				{...{ thing, path, name }}
				onChanged={reloadNames}
				onDeleted={() => {
					setName("");
					reloadNames();
				}}
			/>
		</>
	);
}

/** Which shadow is in view: the classic one, which has the settings, or a named one. */
function Names({
	names,
	name,
	onName,
}: {
	readonly names: readonly string[];
	readonly name: string;
	readonly onName: (name: string) => void;
}): JSX.Element {
	const [wanted, setWanted] = useState("");
	return (
		<form
			class="bar"
			onSubmit={(event) => {
				event.preventDefault();
				onName(wanted);
				setWanted("");
			}}
		>
			<Choice
				label="Shadow"
				options={[["", "Settings"], ...names.map((one) => [one, one] as const)]}
				value={name}
				onChange={onName}
			/>
			<span class="bar-buttons">
				<input
					class="field shadow-name"
					aria-label="Name of another shadow"
					placeholder="Name of another shadow"
					pattern="[a-zA-Z0-9:_\-]{1,64}"
					title="1 to 64 letters, digits, : _ -"
					required
					value={wanted}
					onInput={(event) => setWanted(event.currentTarget.value)}
				/>
				<button type="submit" class="button">
					Open
				</button>
			</span>
		</form>
	);
}

/** A shadow that is not there yet. */
const nothing: ShadowDocument = { state: {}, metadata: {}, version: 0, timestamp: 0 };

function OneShadow({
	thing,
	path,
	name,
	onChanged,
	onDeleted,
}: {
	readonly thing: string;
	readonly path: string;
	/** Empty for the classic shadow. */
	readonly name: string;
	readonly onChanged: () => void;
	readonly onDeleted: () => void;
}): JSX.Element {
	const { value, error, reload } = useResource<ShadowDocument>(path);
	const [problem, setProblem] = useState<ApiError | undefined>(undefined);
	useEffect(
		() =>
			network.onNews("shadow", (news) => (news as { thing: string }).thing === thing && reload()),
		[thing, reload],
	);
	const isMissing = error?.status === 404;
	if (value === undefined && error === undefined) return <Loading lines={6} />;
	if (error !== undefined && !isMissing) return <Failure error={error} onRetry={reload} />;
	if (isMissing && name === "") {
		return (
			<Empty title="This station has no shadow yet">
				<p>It makes one by itself when it connects for the first time.</p>
			</Empty>
		);
	}
	const shadow = isMissing ? nothing : value!;
	const onDelete = async (): Promise<void> => {
		if (!confirm(`Delete the shadow ${name} of ${thing}?`)) return;
		await send("DELETE", path).then(onDeleted, setProblem);
	};
	return (
		<div class="about">
			<Panel
				title={name === "" ? "Settings" : `Shadow ${name}`}
				aside={<Version shadow={shadow} onDelete={name === "" ? undefined : onDelete} />}
			>
				{problem !== undefined && <Failure error={problem} />}
				{isMissing ? (
					<p class="note">There is none of this name yet. What is sent below makes it.</p>
				) : (
					<Settings shadow={shadow} names={name === "" ? numberFields.map(nameOf) : []} />
				)}
				<ShadowEditor
					{...{ path, shadow, hasSettings: name === "" }}
					onSent={() => {
						reload();
						onChanged();
					}}
				/>
			</Panel>
			<Panel title="Document">
				<Sections shadow={shadow} />
			</Panel>
		</div>
	);
}

const nameOf = ({ name }: { readonly name: string }): string => name;

function Version({
	shadow: { version, timestamp },
	onDelete,
}: {
	readonly shadow: ShadowDocument;
	readonly onDelete: (() => void) | undefined;
}): JSX.Element | null {
	if (version === 0) return null;
	return (
		<span class="faint">
			version {version}, <Moment at={timestamp * 1000} />{" "}
			{onDelete && (
				<button type="button" class="button small" onClick={onDelete}>
					Delete
				</button>
			)}
		</span>
	);
}

/** Member by member: desired, reported, and whether the station has taken it. */
function Settings({
	shadow,
	names: always,
}: {
	readonly shadow: ShadowDocument;
	/** Of members that are shown in any case. */
	readonly names: readonly string[];
}): JSX.Element {
	const { desired = {}, reported = {}, delta = {} } = shadow.state;
	const names = [...new Set([...always, ...Object.keys(desired)])];
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
			{desired === undefined && <p class="note">Nothing is desired yet.</p>}
		</>
	);
}

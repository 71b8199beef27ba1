import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ApiError, send } from "../api.ts";
import { Failure } from "../parts.tsx";
import { desiredFault, numberFields } from "./settings.ts";
import type { Section, ShadowDocument } from "./shadow.tsx";

/**
 * Changes the desired state. It says which version it has seen, so that nobody's change is overwritten.
 *
 * @param hasSettings  whether it is the shadow that the station reads its settings from: they are held
 *   against their schema. What other shadows have is the affair of who made them.
 */
export function ShadowEditor({
	path,
	shadow,
	hasSettings,
	onSent,
}: {
	readonly path: string;
	readonly shadow: ShadowDocument;
	readonly hasSettings: boolean;
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
	const settingsFault = hasSettings ? desiredFault({ ...desired, ...wanted }, reported) : undefined;
	const fault = typeof more === "string" ? more : settingsFault;
	const isConflict = problem?.status === 409;

	const onSubmit = async (event: SubmitEvent): Promise<void> => {
		event.preventDefault();
		setDone("");
		try {
			// A shadow that is not there yet has no version.
			const seenVersion = version === 0 ? {} : { version };
			await send("POST", path, { state: { desired: wanted }, ...seenVersion });
			setProblem(undefined);
			setEdits({});
			setText("");
			setDone(hasSettings ? "Sent. The station reports it when it has taken it." : "Sent.");
		} catch (error) {
			setProblem(error as ApiError);
		}
		onSent();
	};
	return (
		<form class="editor" onSubmit={onSubmit}>
			<h3>Change what is desired</h3>
			{hasSettings && (
				<Fields
					currentOf={(name) => edits[name] ?? desired[name] ?? reported[name]}
					onEdit={(name, value) => setEdits({ ...edits, [name]: value })}
				/>
			)}
			<details open={!hasSettings}>
				<summary>{hasSettings ? "Other members, as JSON" : "Members, as JSON"}</summary>
				<textarea
					class="field"
					rows={5}
					aria-label="Members of desired, as JSON"
					placeholder={
						hasSettings
							? '{ "limits": { "airTemperature": { "maximum": 45 } } }'
							: '{ "member": "value", "another": null }'
					}
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

/** The settings that are whole numbers, each within the bounds of the schema. */
function Fields({
	currentOf,
	onEdit,
}: {
	readonly currentOf: (name: string) => unknown;
	readonly onEdit: (name: string, value: number | null) => void;
}): JSX.Element {
	return (
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
						value={String(currentOf(name) ?? "")}
						onInput={({ currentTarget: { value } }) =>
							onEdit(name, value === "" ? null : Number(value))
						}
					/>
				</label>
			))}
		</div>
	);
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Choice, Panel } from "../parts.tsx";
import { EventList } from "./list.tsx";
import { MailList } from "./mails.tsx";

/** Kinds of events that people ask for together. */
const choices = [
	["", "All"],
	["alarm,cleared", "Alarms"],
	["connected,disconnected", "Connections"],
	["rule", "Rules"],
	["mail", "Mails"],
] as const;

type Kinds = (typeof choices)[number][0];

/** What has happened, and which mails were written about it. */
export function EventsView(): JSX.Element {
	const [kinds, setKinds] = useState<Kinds>("");
	useEffect(() => {
		document.title = "Events · Isobar";
	}, []);
	return (
		<>
			<h1>Events</h1>
			<p class="lead">
				Connections, alarms and their ends, faults of rules, and the mails about them. The newest
				come first, as they happen.
			</p>
			<div class="events-and-mails">
				<Panel
					title="What has happened"
					aside={<Choice label="Kind" options={choices} value={kinds} onChange={setKinds} />}
				>
					<EventList key={kinds} kinds={kinds} />
				</Panel>
				<Panel title="Mails">
					<MailList />
				</Panel>
			</div>
		</>
	);
}

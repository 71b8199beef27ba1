import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { EventView } from "../../web/views.ts";
import { Empty, Failure, Loading } from "../parts.tsx";
import { useNews, useResource } from "../resource.ts";
import { stationPath } from "../router.ts";
import { Moment } from "../time.tsx";

const pageLength = 50;

/** Events of one station or of all, of some kinds or of all. */
export function EventList({
	thing,
	kinds = "",
}: {
	readonly thing?: string;
	/** With commas between; all when it is empty. */
	readonly kinds?: string;
}): JSX.Element {
	const [before, setBefore] = useState<number | undefined>(undefined);
	const query = new URLSearchParams({
		limit: String(pageLength),
		...(thing === undefined ? {} : { thing }),
		...(kinds === "" ? {} : { kinds }),
		...(before === undefined ? {} : { before: String(before) }),
	});
	const path = `/api/isobar/events?${query}`;
	const { value, error, reload } = useResource<{ events: readonly EventView[] }>(path);
	// What is older does not change.
	useNews("event", before === undefined ? reload : undefined);
	if (value === undefined) {
		return error === undefined ? <Loading /> : <Failure error={error} onRetry={reload} />;
	}
	const { events } = value;
	const hasOlder = events.length === pageLength;
	return (
		<>
			{error !== undefined && <Failure error={error} onRetry={reload} />}
			{events.length === 0 ? (
				<NoEvents isFirst={before === undefined} />
			) : (
				<ol class="events">
					{events.map((event) => (
						<Event key={event.id} event={event} hasLink={thing === undefined} />
					))}
				</ol>
			)}
			{(hasOlder || before !== undefined) && (
				<div class="pager">
					<button
						type="button"
						class="button small"
						disabled={before === undefined}
						onClick={() => setBefore(undefined)}
					>
						Newest
					</button>
					<button
						type="button"
						class="button small"
						disabled={!hasOlder}
						onClick={() => setBefore(events.at(-1)!.id)}
					>
						Older
					</button>
				</div>
			)}
		</>
	);
}

function NoEvents({ isFirst }: { readonly isFirst: boolean }): JSX.Element {
	return (
		<Empty title={isFirst ? "Nothing of this has happened yet" : "There is nothing older"}>
			<p>
				A station that connects or goes, an alarm that begins or ends, a rule that fails and a mail
				are events.
			</p>
		</Empty>
	);
}

const kindWords: Readonly<Record<string, string>> = {
	connected: "connected",
	disconnected: "gone",
	alarm: "alarm",
	cleared: "well again",
	rule: "rule",
	mail: "mail",
	cloud: "cloud",
};

function Event({
	event: { time, kind, thing, text },
	hasLink,
}: {
	readonly event: EventView;
	readonly hasLink: boolean;
}): JSX.Element {
	const isAbout = thing !== undefined && text.startsWith(`${thing} `);
	return (
		<li class={`event event-${kind}`}>
			<Moment at={time} />
			<span class="event-kind">{kindWords[kind] ?? kind}</span>
			<span class="event-text">
				{isAbout && hasLink ? (
					<>
						<a href={stationPath(thing)}>{thing}</a>
						{text.slice(thing.length)}
					</>
				) : (
					text
				)}
			</span>
		</li>
	);
}

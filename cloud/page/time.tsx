import type { JSX } from "preact";
import { useEffect, useReducer } from "preact/hooks";

const dateTime = new Intl.DateTimeFormat(undefined, {
	dateStyle: "medium",
	timeStyle: "medium",
	hourCycle: "h23",
});
const clock = new Intl.DateTimeFormat(undefined, {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hourCycle: "h23",
});

/** The zone of whoever reads this, for example "Europe/Paris". */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment in the reader's zone. */
export const local = (epochMs: number): string => dateTime.format(epochMs);

/** The same moment in UTC, to the second. */
export const utc = (epochMs: number): string =>
	`${new Date(epochMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** How long ago something was, in one unit. */
export function age(epochMs: number, now: number): string {
	const seconds = Math.max(0, Math.round((now - epochMs) / 1000));
	if (seconds < 90) return `${seconds} s`;
	if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
	if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
	return `${Math.round(seconds / 86_400)} d`;
}

/** The time of day, or the date when it was another day; UTC on hover. */
export function Moment({ at }: { readonly at: string | number | null }): JSX.Element {
	if (at === null) return <span class="faint">never</span>;
	const epochMs = typeof at === "number" ? at : Date.parse(at);
	const isToday = new Date(epochMs).toDateString() === new Date().toDateString();
	return (
		<time dateTime={new Date(epochMs).toISOString()} title={`${utc(epochMs)} · ${zone}`}>
			{isToday ? clock.format(epochMs) : local(epochMs)}
		</time>
	);
}

/** How long ago, growing; the moment itself on hover. */
export function Age({ at }: { readonly at: string | null }): JSX.Element {
	const now = useNow(1_000);
	if (at === null) return <span class="faint">never</span>;
	const epochMs = Date.parse(at);
	return (
		<time dateTime={at} title={`${local(epochMs)} · ${utc(epochMs)}`}>
			{age(epochMs, now)}
		</time>
	);
}

/** Now, as often as asked. */
function useNow(everyMs: number): number {
	const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0);
	useEffect(() => {
		const timer = setInterval(() => {
			if (!document.hidden) redraw(undefined);
		}, everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return Date.now();
}

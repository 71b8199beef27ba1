import type { LogEvent } from "./logevent.ts";

type Log = (line: string, event?: LogEvent) => void;

/** Lines of one kind that are written in a span of so many ms. */
const linesMaximum = 200;
const spanMs = 10_000;

/**
 * A log for what others can cause as often as they like: of each kind of line, by its first word, so
 * many are written in ten seconds, and then one that says how many there were beside them.
 */
export function limitLines(log: Log): Log {
	const kinds = new Map<string, { count: number }>();
	return (line, event) => {
		const kind = line.slice(0, Math.max(line.indexOf(" "), 0));
		let span = kinds.get(kind);
		if (!span) {
			span = { count: 0 };
			kinds.set(kind, span);
			const begun = span;
			setTimeout(() => {
				kinds.delete(kind);
				const more = begun.count - linesMaximum;
				if (more > 0) {
					log(`${more} more lines "${kind} …" in ${spanMs / 1000} s`, { level: "warn" });
				}
			}, spanMs).unref();
		}
		span.count += 1;
		if (span.count <= linesMaximum) log(line, event);
	};
}

import { CloudFault } from "../../fault.ts";
import { ApiFault } from "../fault.ts";
import { secondsRange, viewsOf, wholeNumber } from "../query.ts";
import type { RouteModule } from "../services.ts";
import type { SeriesView } from "../views.ts";

const daySeconds = 86_400;

/** What a station has measured, for charts and for spreadsheets. */
export const series: RouteModule = (app, services) => {
	app.get("/api/isobar/series/:thing", async (context) => {
		const name = context.req.param("thing");
		const thing = name.replace(/\.csv$/, "");
		const channels = context.req.query("channels");
		if (channels === undefined || channels === "") {
			throw new ApiFault("InvalidRequestException", "channels: expected names with commas between");
		}
		const now = Math.ceil(Date.now() / 1000);
		const to = wholeNumber(context, "to", { ...secondsRange, otherwise: now });
		const from = wholeNumber(context, "from", { ...secondsRange, otherwise: to - daySeconds });
		const points = wholeNumber(context, "points", {
			minimum: 1,
			maximum: 10_000,
			otherwise: 1_000,
		});
		const request = { thing, channels: channels.split(","), from, to, points };
		let answer: SeriesView;
		try {
			answer = await viewsOf(services).series.query(request);
		} catch (error) {
			if (!(error instanceof CloudFault && error.code === "BadRequest")) throw error;
			throw new ApiFault("InvalidRequestException", error.message);
		}
		const wantsCsv = name !== thing || (context.req.header("accept") ?? "").startsWith("text/csv");
		if (!wantsCsv) return context.json(answer);
		context.header("content-type", "text/csv; charset=utf-8; header=present");
		context.header("content-disposition", `attachment; filename="${thing}.csv"`);
		return context.body(toCsv(answer));
	});
};

/** A table as of RFC 4180: a row for each step, and the unit of each column in its name. */
function toCsv({ time, channels, flags }: SeriesView): string {
	const columns = Object.entries(channels).flatMap(([name, channel]) =>
		(["mean", "min", "max", "sum"] as const)
			.filter((figure) => channel[figure]?.some((value) => value !== null))
			.map((figure) => ({
				title: `${name} ${figure} (${channel.unit})`,
				values: channel[figure]!,
			})),
	);
	const notes = notesByStep(flags);
	const head = ["time (UTC)", ...columns.map(({ title }) => title), "notes"];
	const rows = time.map((seconds, index) => [
		new Date(seconds * 1000).toISOString(),
		...columns.map(({ values }) => values[index] ?? ""),
		notes.get(index) ?? "",
	]);
	return `${[head, ...rows].map((row) => row.join(",")).join("\r\n")}\r\n`;
}

function notesByStep(flags: SeriesView["flags"]): Map<number, string> {
	const notes = new Map<number, string>();
	for (const [channel, names] of Object.entries(flags)) {
		for (const [name, indices] of Object.entries(names)) {
			for (const index of indices) {
				const before = notes.get(index);
				const note = `${channel} ${name}`;
				notes.set(index, before === undefined ? note : `${before}; ${note}`);
			}
		}
	}
	return notes;
}

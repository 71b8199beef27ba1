import { ApiFault } from "../fault.ts";
import { secondsRange, viewsOf, wholeNumber } from "../query.ts";
import type { RouteModule } from "../services.ts";

/** The network at a glance: figures over time, every station, and what happens as it happens. */
export const stations: RouteModule = (app, services) => {
	app.get("/api/isobar/overview", (context) => {
		const { from: asked, to: until, step: wanted } = context.req.query();
		if (asked === undefined && until === undefined && wanted === undefined) {
			return context.json(viewsOf(services).watch.figures.latest());
		}
		const now = Math.floor(Date.now() / 1000);
		const to = wholeNumber(context, "to", { ...secondsRange, otherwise: now });
		const from = wholeNumber(context, "from", { ...secondsRange, otherwise: to - 3_600 });
		const step = wholeNumber(context, "step", { minimum: 1, maximum: 86_400, otherwise: 60 });
		if (from >= to) {
			throw new ApiFault("InvalidRequestException", `from ${from}, to ${to}: expected from < to`);
		}
		return context.json(viewsOf(services).watch.figures.overview(from, to, step));
	});
	app.get("/api/isobar/stations", async (context) =>
		context.json({ stations: await viewsOf(services).watch.stations() }),
	);
	app.get("/api/isobar/stations/:thing", async (context) => {
		const thing = context.req.param("thing");
		const station = await viewsOf(services).watch.station(thing);
		if (station === undefined) {
			throw new ApiFault("ResourceNotFoundException", `there is no station ${thing}`);
		}
		return context.json(station);
	});
	app.get("/api/isobar/stream", () => {
		const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
		const stream = viewsOf(services).watch.stream.open();
		if (stream) return new Response(stream, { headers });
		throw new ApiFault("ServiceUnavailableException", "as many follow the news as may");
	});
};

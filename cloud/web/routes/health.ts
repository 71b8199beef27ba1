import type { RouteModule } from "../services.ts";

/** Whether the cloud works, for whoever watches over it: 503 while messages can't be kept. */
export const health: RouteModule = (app, { meters }) => {
	const startedAt = performance.now();
	app.get("/health", (context) => {
		const problem = meters?.broker.keepFailure;
		const body = {
			status: problem === undefined ? "ok" : "failing",
			uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
			connections: meters?.broker.connections ?? 0,
			...(problem === undefined ? {} : { problem: `messages can't be kept: ${problem}` }),
		};
		return context.json(body, problem === undefined ? 200 : 503);
	});
};

import type { RouteModule } from "../services.ts";

/** Whether the cloud is there, for whoever watches over it. */
export const health: RouteModule = (app) => {
	const startedAt = performance.now();
	app.get("/health", (context) =>
		context.json({
			status: "ok",
			uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
		}),
	);
};

import { existsSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { Hono } from "hono";

const missing =
	"The page is not in this installation. The API is here all the same: /api/openapi.json says what it has.\n";

/**
 * Serves the files of the page. Its own addresses, such as /stations/north, all lead to index.html.
 *
 * @param directory  with index.html; where there is none, one line says so
 */
export function servePage(app: Hono, directory: string | undefined): void {
	if (directory === undefined || !existsSync(join(directory, "index.html"))) {
		app.get("/", (context) => context.text(missing));
		return;
	}
	app.get("/*", serveStatic({ root: directory }));
	app.get("/*", async (context, next) => {
		const { path } = context.req;
		if (path.startsWith("/api/") || /\.\w+$/.test(path)) return next();
		return serveStatic({ root: directory, path: "index.html" })(context, next);
	});
}

import openapi from "../../../schema/openapi.json";
import type { RouteModule } from "../services.ts";

/** What the API is, in OpenAPI 3.1. */
export const document: RouteModule = (app) => {
	app.get("/api/openapi.json", (context) => context.json(openapi));
};

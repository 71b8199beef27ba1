import { document } from "./routes/document.ts";
import { health } from "./routes/health.ts";
import type { RouteModule } from "./services.ts";

/** Every module of routes; a new one is a line here. */
export const routeModules: readonly RouteModule[] = [document, health];

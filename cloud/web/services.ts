import type { Hono } from "hono";
import type { RegistryStore } from "../registry/store.ts";
import type { Shadows } from "../shadows.ts";

/** What the routes of the HTTP API are made from. */
export interface Services {
	/** What ARNs have to say. */
	readonly region: string;
	readonly accountId: string;
	readonly registry: RegistryStore;
	readonly shadows: Shadows;
}

/**
 * Adds routes to the API. A module of routes exports one of these, stands in the list of `routes.ts`
 * and has its operations in `schema/openapi.json`.
 *
 * A route throws `ApiFault`, `RegistryFault` or `ShadowRejected` for what it refuses; anything else
 * that is thrown is logged and answered as `InternalFailureException`.
 */
export type RouteModule = (app: Hono, services: Services) => void;

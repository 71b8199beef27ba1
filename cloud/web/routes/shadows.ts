import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";

interface ShadowInput {
	readonly thingName: string;
	/** Of the shadow; the classic one has none. */
	readonly name?: string;
	readonly payload: Uint8Array;
	readonly pageSize?: number;
	readonly nextToken?: string;
}

const nothing = new Uint8Array();

/** Shadows, as over MQTT; an error is an answer and not a message. */
export const shadows: RouteModule = (app, services) => {
	const addressOf = ({ thingName, name }: ShadowInput) => ({ thing: thingName, shadowName: name });

	operate<ShadowInput>(app, "GetThingShadow", (input) =>
		services.shadows.ask("get", addressOf(input), nothing),
	);

	operate<ShadowInput>(app, "UpdateThingShadow", (input) =>
		services.shadows.ask("update", addressOf(input), input.payload),
	);

	operate<ShadowInput>(app, "DeleteThingShadow", (input) =>
		services.shadows.ask("delete", addressOf(input), nothing),
	);

	operate<ShadowInput>(app, "ListNamedShadowsForThing", ({ thingName, pageSize, nextToken }) => {
		const names = services.shadows.names(thingName);
		const { page, next } = pageOf(names, (name) => name, { limit: pageSize, token: nextToken });
		return { results: page, nextToken: next, timestamp: Math.floor(Date.now() / 1000) };
	});
};

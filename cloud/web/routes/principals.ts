import { attachThingPrincipal, detachThingPrincipal } from "../../registry/certificates.ts";
import type { Attachment } from "../../registry/entities.ts";
import { Arns } from "../arn.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";

interface PrincipalInput {
	readonly thingName: string;
	readonly "x-amzn-principal": string;
	readonly thingPrincipalType?: Attachment;
	readonly maxResults?: number;
	readonly nextToken?: string;
}

/** Which certificate is attached to which thing. */
export const principals: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);
	const certificateOf = (input: PrincipalInput): string =>
		arns.nameIn("cert", input["x-amzn-principal"]);

	/** The certificates of a thing, each with its kind of attachment. */
	function attached(thingName: string): (readonly [string, Attachment])[] {
		registry.state.demand("thing", thingName);
		return [...registry.state.certificates]
			.filter(({ things }) => Object.hasOwn(things, thingName))
			.map(({ certificateId, things }) => [certificateId, things[thingName]!] as const);
	}

	operate<PrincipalInput>(app, "AttachThingPrincipal", (input) => {
		const { thingName, thingPrincipalType } = input;
		return registry.run((state) =>
			attachThingPrincipal(state, thingName, certificateOf(input), thingPrincipalType),
		);
	});

	operate<PrincipalInput>(app, "DetachThingPrincipal", (input) => {
		registry.state.demand("thing", input.thingName);
		return registry.run((state) =>
			detachThingPrincipal(state, input.thingName, certificateOf(input)),
		);
	});

	operate<PrincipalInput>(app, "ListThingPrincipals", ({ thingName, maxResults, nextToken }) => {
		const ids = attached(thingName).map(([certificateId]) => certificateId);
		const { page, next } = pageOf(ids, (id) => id, { limit: maxResults, token: nextToken });
		return { principals: page.map((id) => arns.of("cert", id)), nextToken: next };
	});

	operate<PrincipalInput>(app, "ListThingPrincipalsV2", (input) => {
		const { thingName, maxResults, nextToken, thingPrincipalType: wanted } = input;
		const all = attached(thingName).filter(([, type]) => wanted === undefined || type === wanted);
		const { page, next } = pageOf(all, ([id]) => id, { limit: maxResults, token: nextToken });
		const thingPrincipalObjects = page.map(([id, thingPrincipalType]) => {
			return { principal: arns.of("cert", id), thingPrincipalType };
		});
		return { thingPrincipalObjects, nextToken: next };
	});

	operate<PrincipalInput>(app, "ListPrincipalThings", (input) => {
		const { maxResults, nextToken } = input;
		const { things } = registry.state.demand("certificate", certificateOf(input));
		const request = { limit: maxResults, token: nextToken };
		const { page, next } = pageOf(Object.keys(things), (name) => name, request);
		return { things: page, nextToken: next };
	});
};

import { type CommonOptions, described, listed, type Noun, pairs, said, step } from "./command.ts";
import { arnOf } from "./principal.ts";

interface ThingOptions extends CommonOptions {
	readonly type?: string | false;
	readonly attribute?: Record<string, string>;
	readonly billingGroup?: string;
	readonly exclusive?: boolean;
	readonly force?: boolean;
}

/** `isobar thing …` */
export function addThingVerbs(noun: Noun): void {
	noun
		.verb<ThingOptions>(
			"create <name>",
			"Makes a thing; the same one again changes nothing.",
			async (api, [name], { type, attribute, billingGroup }) => {
				const body = {
					...(type ? { thingTypeName: type } : {}),
					...(attribute ? { attributePayload: { attributes: attribute } } : {}),
					...(billingGroup ? { billingGroupName: billingGroup } : {}),
				};
				const answer = await api.call("POST", `/things/${step(name!)}`, { body });
				return said(answer, `thing ${name} is there`);
			},
			(command) =>
				command
					.option("--type <NAME>", "its thing type")
					.option("--attribute <NAME=VALUE>", "an attribute; can be repeated", pairs)
					.option("--billing-group <NAME>", "its billing group"),
		)
		.verb("describe <name>", "Shows a thing.", async (api, [name]) =>
			described(await api.call("GET", `/things/${step(name!)}`)),
		)
		.verb<ThingOptions>(
			"list",
			"Lists things.",
			async (api, _, { type, attribute }) => {
				const [one] = Object.entries(attribute ?? {});
				const query = {
					thingTypeName: type || undefined,
					attributeName: one?.[0],
					attributeValue: one?.[1],
				};
				const things = await api.all("GET", "/things", "things", { query });
				return listed(things, ({ thingName, thingTypeName, attributes }) =>
					[
						thingName,
						thingTypeName ?? "",
						...Object.entries(attributes).map((pair) => pair.join("=")),
					]
						.join("  ")
						.trimEnd(),
				);
			},
			(command) =>
				command
					.option("--type <NAME>", "only those of this type")
					.option("--attribute <NAME=VALUE>", "only those with this attribute", pairs),
		)
		.verb<ThingOptions>(
			"update <name>",
			"Changes attributes and type of a thing; attributes that are not named stay.",
			async (api, [name], { type, attribute }) => {
				const body = {
					...(type === false ? { removeThingType: true } : {}),
					...(type ? { thingTypeName: type } : {}),
					...(attribute ? { attributePayload: { attributes: attribute, merge: true } } : {}),
				};
				const answer = await api.call("PATCH", `/things/${step(name!)}`, { body });
				return said(answer, `thing ${name} is updated`);
			},
			(command) =>
				command
					.option("--type <NAME>", "its thing type from now on")
					.option("--no-type", "no thing type from now on")
					.option("--attribute <NAME=VALUE>", "an attribute; NAME= removes it", pairs),
		)
		.verb<ThingOptions>(
			"delete <name>",
			"Deletes a thing; its shadows stay.",
			async (api, [name], { force }) => {
				const path = `/things/${step(name!)}`;
				if (force) {
					for (const principal of await api.all("GET", `${path}/principals`, "principals")) {
						const headers = { "x-amzn-principal": principal };
						await api.call("DELETE", `${path}/principals`, { headers });
					}
				}
				return said(await api.call("DELETE", path), `thing ${name} is deleted`);
			},
			(command) => command.option("--force", "detaches its certificates first"),
		)
		.verb<ThingOptions>(
			"attach <name> <certificate>",
			"Attaches a certificate, by its id or its file, to a thing.",
			async (api, [name, certificate], { exclusive }) => {
				const query = { thingPrincipalType: exclusive ? "EXCLUSIVE_THING" : undefined };
				const headers = { "x-amzn-principal": arnOf(certificate!) };
				const path = `/things/${step(name!)}/principals`;
				const answer = await api.call("PUT", path, { query, headers });
				return said(answer, `thing ${name} has the certificate`);
			},
			(command) => command.option("--exclusive", "neither may have another"),
		)
		.verb(
			"detach <name> <certificate>",
			"Detaches a certificate from a thing.",
			async (api, [name, certificate]) => {
				const headers = { "x-amzn-principal": arnOf(certificate!) };
				const path = `/things/${step(name!)}/principals`;
				const answer = await api.call("DELETE", path, { headers });
				return said(answer, `thing ${name} has the certificate no more`);
			},
		)
		.verb("certificates <name>", "Lists the certificates of a thing.", async (api, [name]) =>
			listed(await api.all("GET", `/things/${step(name!)}/principals`, "principals"), (arn) =>
				arn.replace(/^.*cert\//, ""),
			),
		);
}

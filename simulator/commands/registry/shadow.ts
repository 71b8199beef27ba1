import { UsageError } from "../options.ts";
import { type CommonOptions, listed, type Noun, said, step } from "./command.ts";

interface ShadowOptions extends CommonOptions {
	readonly name?: string;
}

/** `isobar shadow …` */
export function addShadowVerbs(noun: Noun): void {
	const pathOf = (thing: string): string => `/things/${step(thing)}/shadow`;
	noun
		.verb<ShadowOptions>(
			"get <thing>",
			"Shows a shadow.",
			async (api, [thing], { name }) => {
				const document = await api.call("GET", pathOf(thing!), { query: { name } });
				return said(document, JSON.stringify(document, null, 2));
			},
			withName,
		)
		.verb<ShadowOptions>(
			"update <thing> <document>",
			'Updates a shadow with a document such as {"state":{"desired":{…}}}.',
			async (api, [thing, text], { name }) => {
				const body = readJson(text!);
				const answer = await api.call("POST", pathOf(thing!), { query: { name }, body });
				return said(answer, `the shadow has version ${answer.version}`);
			},
			withName,
		)
		.verb<ShadowOptions>(
			"delete <thing>",
			"Deletes a shadow.",
			async (api, [thing], { name }) =>
				said(
					await api.call("DELETE", pathOf(thing!), { query: { name } }),
					"the shadow is deleted",
				),
			withName,
		)
		.verb("list <thing>", "Lists the named shadows of a thing.", async (api, [thing]) => {
			const path = `/api/things/shadow/ListNamedShadowsForThing/${step(thing!)}`;
			return listed((await api.call("GET", path)).results, (name) => name);
		});
}

function withName<Command extends { option(flags: string, description: string): Command }>(
	command: Command,
): Command {
	return command.option("--name <NAME>", "a named shadow; the classic one without it");
}

function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new UsageError(`${JSON.stringify(text.slice(0, 60))} is no JSON; expected a document`);
	}
}

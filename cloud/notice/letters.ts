import { join } from "node:path";
import { CloudFault, messageOf } from "../fault.ts";
import { readIfPresent } from "../file.ts";
import { type Environment, MessageScope } from "../rules/sql/scope.ts";
import { Template } from "../rules/sql/template.ts";
import type { JsonObject } from "../services/document.ts";

export type LetterKind = "alarm" | "digest";

/** The templates of mails: a line `Subject: …`, an empty line, the text. */
const usual: Readonly<Record<LetterKind, string>> = Object.freeze({
	alarm: [
		"Subject: Isobar: ${CASE count WHEN 1 THEN get(lines, 0) ELSE count + ' stations have an alarm' END}",
		"",
		"${text}",
		"",
		"There is one mail for an incident, however often it comes and goes; it is over when the station has",
		"been well for ${calmSeconds} seconds.",
		"",
	].join("\n"),
	digest: ["Subject: Isobar: ${count} events in ${hours} hours", "", "${text}", ""].join("\n"),
});

/** What mails say, by templates that a file `<kind>.txt` in a folder can take the place of. */
export class Letters {
	readonly #templates: ReadonlyMap<LetterKind, { subject: Template; text: Template }>;
	readonly #environment: Environment;

	private constructor(
		templates: ReadonlyMap<LetterKind, { subject: Template; text: Template }>,
		environment: Environment,
	) {
		this.#templates = templates;
		this.#environment = environment;
	}

	/** @throws {CloudFault} "BadConfig" for a template that can't be used */
	static async open(directory: string, environment: Environment): Promise<Letters> {
		const templates = new Map<LetterKind, { subject: Template; text: Template }>();
		for (const kind of Object.keys(usual) as LetterKind[]) {
			const path = join(directory, `${kind}.txt`);
			templates.set(kind, parse(path, (await readIfPresent(path)) ?? usual[kind]));
		}
		return new Letters(templates, environment);
	}

	/** Fills in a template. @param facts  what its `${…}` can name, as the payload of a rule */
	write(kind: LetterKind, facts: JsonObject): { subject: string; text: string } {
		const message = {
			topicName: `isobar/notice/${kind}`,
			payload: new TextEncoder().encode(JSON.stringify(facts)),
			clientId: "n/a",
			principal: undefined,
			traceId: this.#environment.uuid(),
		};
		const scope = new MessageScope(message, this.#environment);
		const { subject, text } = this.#templates.get(kind)!;
		return { subject: subject.render(scope), text: text.render(scope) };
	}
}

function parse(path: string, source: string): { subject: Template; text: Template } {
	const [, subject, text] = /^Subject: ?([^\r\n]+)\r?\n\r?\n(.*)$/s.exec(source) ?? [];
	if (subject === undefined || text === undefined) {
		throw new CloudFault("BadConfig", `${path}: expected "Subject: …", an empty line and the text`);
	}
	try {
		return { subject: new Template(subject), text: new Template(text) };
	} catch (error) {
		throw new CloudFault("BadConfig", `${path}: ${messageOf(error)}`);
	}
}

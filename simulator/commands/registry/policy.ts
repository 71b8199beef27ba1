import { readFileSync } from "node:fs";
import { messageOf } from "../../../cloud/fault.ts";
import { UsageError } from "../options.ts";
import { type CommonOptions, described, listed, type Noun, said, step } from "./command.ts";
import { targetOf } from "./principal.ts";

interface PolicyOptions extends CommonOptions {
	readonly cert?: string;
	readonly group?: string;
}

/** `isobar policy …` */
export function addPolicyVerbs(noun: Noun): void {
	noun
		.verb("create <name> <file>", "Makes a policy of a document.", async (api, [name, file]) => {
			const body = { policyDocument: readDocument(file!) };
			const answer = await api.call("POST", `/policies/${step(name!)}`, { body });
			return said(answer, `policy ${name} is there`);
		})
		.verb("describe <name>", "Shows a policy and its document in force.", async (api, [name]) =>
			described(await api.call("GET", `/policies/${step(name!)}`)),
		)
		.verb("list", "Lists policies, newest first.", async (api) =>
			listed(await api.all("GET", "/policies", "policies"), ({ policyName }) => policyName),
		)
		.verb(
			"update <name> <file>",
			"Makes a version of a document and puts it into force; five versions are kept.",
			async (api, [name, file]) => {
				const body = { policyDocument: readDocument(file!) };
				const query = { setAsDefault: true };
				const answer = await api.call("POST", `/policies/${step(name!)}/version`, { query, body });
				return said(answer, `version ${answer.policyVersionId} of policy ${name} is in force`);
			},
		)
		.verb("versions <name>", "Lists the versions of a policy.", async (api, [name]) => {
			const { policyVersions } = await api.call("GET", `/policies/${step(name!)}/version`);
			return listed(policyVersions, ({ versionId, isDefaultVersion }) =>
				isDefaultVersion ? `${versionId}  in force` : versionId,
			);
		})
		.verb(
			"default <name> <version>",
			"Puts a version into force.",
			async (api, [name, version]) => {
				const path = `/policies/${step(name!)}/version/${step(version!)}`;
				return said(
					await api.call("PATCH", path),
					`version ${version} of policy ${name} is in force`,
				);
			},
		)
		.verb(
			"delete <name> [version]",
			"Deletes a policy, or one version of it.",
			async (api, [name, version]) => {
				const path = `/policies/${step(name!)}`;
				const what = version === undefined ? path : `${path}/version/${step(version)}`;
				const words = version === undefined ? `policy ${name}` : `version ${version} of ${name}`;
				return said(await api.call("DELETE", what), `${words} is deleted`);
			},
		)
		.verb<PolicyOptions>(
			"attach <name>",
			"Attaches a policy to a certificate or a thing group.",
			async (api, [name], options) => {
				const body = { target: targetOf(options) };
				const answer = await api.call("PUT", `/target-policies/${step(name!)}`, { body });
				return said(answer, `policy ${name} is attached`);
			},
			withTarget,
		)
		.verb<PolicyOptions>(
			"detach <name>",
			"Detaches a policy.",
			async (api, [name], options) => {
				const body = { target: targetOf(options) };
				const answer = await api.call("POST", `/target-policies/${step(name!)}`, { body });
				return said(answer, `policy ${name} is detached`);
			},
			withTarget,
		)
		.verb("targets <name>", "Lists what a policy is attached to.", async (api, [name]) =>
			listed(await api.all("POST", `/policy-targets/${step(name!)}`, "targets"), (arn) => arn),
		);
}

function withTarget<Command extends { option(flags: string, description: string): Command }>(
	command: Command,
): Command {
	return command
		.option("--cert <ID>", "a certificate, by its id or its file")
		.option("--group <NAME>", "a thing group");
}

function readDocument(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		throw new UsageError(`${messageOf(error)}; expected a file with a policy document`);
	}
}

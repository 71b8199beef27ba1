import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import {
	Authorities,
	type CustomerAuthority,
	makeClaim,
	type ProvisioningTemplate,
	provision,
	type Secrets,
	Templates,
	Vault,
} from "../../cloud/index.ts";
import { ExitCode, type Host } from "./host.ts";
import { authorityPassphrase, dataKey } from "./secret.ts";

/** Options that all of these commands have. */
interface Common {
	readonly data: string;
	readonly json?: boolean;
}

interface TemplateOptions extends Common {
	readonly body?: string;
	readonly hook?: string;
	readonly enabled?: "true" | "false";
}

interface RegisterOptions extends Common {
	readonly certificate: string;
	readonly verification: string;
	readonly autoRegistration?: boolean;
	readonly template?: string;
}

/**
 * Adds `isobar provision-template` and `isobar ca`. They change files of the data directory, which a
 * running cloud reads whenever it needs them.
 */
export function addProvisioningCommands(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
	const done = (text: string, value: unknown, { json }: Common): void => {
		host.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
		onEnd(ExitCode.Ok);
	};
	const open: Open = (options) => openData(options, host);
	addTemplateCommand(program, open, done);
	addAuthorityCommand(program, open, done);
}

type Done = (text: string, value: unknown, options: Common) => void;
type Open = (options: Common) => ReturnType<typeof openData>;

function addTemplateCommand(program: Command, open: Open, done: Done): void {
	const command = program
		.command("provision-template")
		.description("Templates by which devices with a claim certificate register themselves.");
	const body = () => new Option("--body <FILE>", "template as AWS has it, JSON");
	const hook = () => new Option("--hook <FILE>", "JavaScript module that is asked before each");
	const enabled = () => new Option("--enabled <BOOLEAN>").choices(["true", "false"]);
	shared(command.command("create <NAME>"))
		.description("Checks a template and keeps it.")
		.addOption(body().makeOptionMandatory())
		.addOption(hook())
		.addOption(enabled())
		.action(async (templateName: string, options: TemplateOptions) => {
			const { templates } = await open(options);
			const change = changeOf(options);
			await templates.create({ templateName, templateBody: "", enabled: true, ...change });
			done(`made ${templateName}`, await templates.find(templateName), options);
		});
	shared(command.command("update <NAME>"))
		.description("Changes what is given of a template.")
		.addOption(body())
		.addOption(hook())
		.addOption(enabled())
		.action(async (templateName: string, options: TemplateOptions) => {
			const { templates } = await open(options);
			await templates.update(templateName, changeOf(options));
			done(`changed ${templateName}`, await templates.find(templateName), options);
		});
	shared(command.command("list"))
		.description("Names of all templates.")
		.action(async (options: Common) => {
			const all = await (await open(options)).templates.list();
			done(all.map(templateLine).join("\n"), all, options);
		});
	shared(command.command("delete <NAME>"))
		.description("Forgets a template; what it has provisioned stays.")
		.action(async (templateName: string, options: Common) => {
			await (await open(options)).templates.remove(templateName);
			done(`deleted ${templateName}`, { templateName }, options);
		});
	shared(command.command("claim <NAME>"))
		.description("Makes the claim certificate of a template, and says where it is.")
		.action(async (templateName: string, options: Common) => {
			const { templates, secrets } = await open(options);
			await templates.update(templateName, {});
			const { certificate, key } = await makeClaim(options.data, templateName, secrets);
			done(`${certificate}\n${key}`, { certificate, key }, options);
		});
}

function addAuthorityCommand(program: Command, open: Open, done: Done): void {
	const command = program
		.command("ca")
		.description(
			"Certificate authorities of yours, whose devices may connect and register themselves.",
		);
	shared(command.command("code"))
		.description("The registration code: the common name of a verification certificate.")
		.action(async (options: Common) => {
			const registrationCode = await (await open(options)).authorities.registrationCode();
			done(registrationCode, { registrationCode }, options);
		});
	shared(command.command("register"))
		.description("Registers an authority that has signed the registration code.")
		.requiredOption("--certificate <FILE>", "of the authority, PEM")
		.requiredOption("--verification <FILE>", "verification certificate, PEM")
		.option("--auto-registration", "devices register themselves by their first connection")
		.option("--template <NAME>", "and are provisioned by this template")
		.action(async (options: RegisterOptions) => {
			const { autoRegistration, template } = options;
			const authority = await (await open(options)).authorities.register({
				certificate: readFileSync(options.certificate, "utf8"),
				verificationCertificate: readFileSync(options.verification, "utf8"),
				...(autoRegistration ? { autoRegistration } : {}),
				...(template === undefined ? {} : { templateName: template }),
			});
			done(`registered ${authority.certificateId}`, authority, options);
		});
	shared(command.command("list"))
		.description("All registered authorities.")
		.action(async (options: Common) => {
			const all = await (await open(options)).authorities.list();
			done(all.map(authorityLine).join("\n"), all, options);
		});
	shared(command.command("update <ID>"))
		.description("Changes the status of an authority.")
		.addOption(
			new Option("--status <STATUS>").choices(["ACTIVE", "INACTIVE"]).makeOptionMandatory(),
		)
		.action(
			async (id: string, options: Common & { readonly status: CustomerAuthority["status"] }) => {
				const { status } = options;
				await (await open(options)).authorities.update(id, { status });
				done(`changed ${id}`, { certificateId: id, status }, options);
			},
		);
	shared(command.command("delete <ID>"))
		.description("Forgets an authority; certificates that are registered stay.")
		.action(async (certificateId: string, options: Common) => {
			await (await open(options)).authorities.remove(certificateId);
			done(`deleted ${certificateId}`, { certificateId }, options);
		});
}

function shared(command: Command): Command {
	return command
		.option("--data <DIR>", "data directory of the local cloud", ".isobar")
		.option("--json", "the result as JSON");
}

async function openData(
	{ data }: Common,
	host: Host,
): Promise<{
	readonly templates: Templates;
	readonly authorities: Authorities;
	readonly secrets: Secrets;
}> {
	const vault = await Vault.open(data, { dataKey: dataKey(host) });
	const secrets = { caPassphrase: authorityPassphrase(host), vault };
	await provision(data, [], undefined, secrets);
	return { templates: Templates.in(data), authorities: Authorities.in(data), secrets };
}

function changeOf({
	body,
	hook,
	enabled,
}: TemplateOptions): Partial<Omit<ProvisioningTemplate, "templateName">> {
	return {
		...(body === undefined ? {} : { templateBody: readFileSync(body, "utf8") }),
		...(hook === undefined ? {} : { hook: resolve(hook) }),
		...(enabled === undefined ? {} : { enabled: enabled === "true" }),
	};
}

function templateLine({ templateName, enabled, hook }: ProvisioningTemplate): string {
	return [
		templateName,
		enabled ? "enabled" : "not enabled",
		...(hook ? [`hook ${hook}`] : []),
	].join("  ");
}

function authorityLine(authority: CustomerAuthority): string {
	const { certificateId, status, autoRegistrationStatus, templateName } = authority;
	return [certificateId, status, `auto-registration ${autoRegistrationStatus}`, templateName ?? ""]
		.join("  ")
		.trim();
}

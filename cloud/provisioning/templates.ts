import { readdir, unlink } from "node:fs/promises";
import { resolve } from "node:path";
import { CloudFault, codeOf, messageOf } from "../fault.ts";
import { createFile, readIfPresent, replaceFile, syncDirectory } from "../file.ts";
import { Layout } from "../layout.ts";
import { MalformedTemplate, parseTemplate, type Template } from "../services/template.ts";

/** A provisioning template with what is around it. */
export interface ProvisioningTemplate {
	readonly templateName: string;
	/** JSON, as AWS has it; aws-iot-contract.md §5.2. */
	readonly templateBody: string;
	/** Devices can be provisioned with it. */
	readonly enabled: boolean;
	/** Path of a module that is asked before each provisioning; see `hook.ts`. */
	readonly hook?: string | undefined;
	readonly description?: string;
	/** "FLEET_PROVISIONING" unless given. */
	readonly type?: TemplateType;
	/** Of no use here. */
	readonly provisioningRoleArn?: string;
	readonly createdMs?: number;
	readonly modifiedMs?: number;
	/** The version whose body `templateBody` is; 1 unless given. */
	readonly defaultVersionId?: number;
	/** Where there has been more than one; see `templateversions.ts`. */
	readonly versions?: readonly TemplateVersion[];
}

export type TemplateType = "FLEET_PROVISIONING" | "JITP";

export interface TemplateVersion {
	readonly versionId: number;
	readonly templateBody: string;
	readonly createdMs?: number;
}

/** Whether a text can name a template: `[0-9A-Za-z_-]`, 1 to 36 characters. */
export function isTemplateName(text: string): boolean {
	return /^[0-9A-Za-z_-]{1,36}$/.test(text);
}

/**
 * The templates of a data directory, a file each. They are read whenever they are used, so a command that
 * changes one needs no word with a running cloud.
 */
export class Templates {
	readonly #layout: Layout;

	constructor(layout: Layout) {
		this.#layout = layout;
	}

	/** Those of a data directory. */
	static in(dataDir: string): Templates {
		return new Templates(new Layout(dataDir));
	}

	async list(): Promise<ProvisioningTemplate[]> {
		const names = (await readdir(this.#layout.templates))
			.filter((file) => file.endsWith(".json"))
			.map((file) => file.slice(0, -".json".length))
			.sort();
		const found = await Promise.all(names.map((name) => this.find(name)));
		return found.filter((template) => template !== undefined);
	}

	/** @throws {CloudFault} "Corrupt" when its file holds no template */
	async find(templateName: string): Promise<ProvisioningTemplate | undefined> {
		if (!isTemplateName(templateName)) return undefined;
		const path = this.#layout.template(templateName);
		const text = await readIfPresent(path);
		if (text === undefined) return undefined;
		try {
			return { ...(JSON.parse(text) as ProvisioningTemplate), templateName };
		} catch (error) {
			throw new CloudFault("Corrupt", `${path} holds no template: ${messageOf(error)}`);
		}
	}

	/** @throws {CloudFault} "BadName", "BadTemplate", or "Exists" when there is one of that name */
	async create(template: ProvisioningTemplate): Promise<void> {
		check(template);
		const { templateName } = template;
		const path = this.#layout.template(templateName);
		if (!(await createFile(path, JSON.stringify(template), 0o600))) {
			throw new CloudFault("Exists", `there is a template ${templateName} already`);
		}
		await syncDirectory(this.#layout.templates);
	}

	/** @throws {CloudFault} "NotFound" or "BadTemplate" */
	async update(
		templateName: string,
		change: Partial<Omit<ProvisioningTemplate, "templateName">>,
	): Promise<void> {
		const template = inVersion({ ...(await this.demand(templateName)), ...change });
		check(template);
		for (const version of template.versions ?? []) check({ ...template, ...version });
		await replaceFile(this.#layout.template(templateName), JSON.stringify(template), 0o600);
		await syncDirectory(this.#layout.templates);
	}

	/** @throws {CloudFault} "NotFound" */
	async remove(templateName: string): Promise<void> {
		await this.demand(templateName);
		try {
			await unlink(this.#layout.template(templateName));
		} catch (error) {
			if (codeOf(error) !== "ENOENT") throw error;
		}
		await syncDirectory(this.#layout.templates);
	}

	/**
	 * The file of a hook that is a function of rules: `rules/functions/NAME.mjs`.
	 *
	 * @param functionArn  or the name alone
	 * @throws {CloudFault} "BadTemplate" for what can be no name of a file
	 */
	functionPath(functionArn: string): string {
		const name = functionArn.split(":").at(-1)!;
		if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
			return resolve(this.#layout.rules, "functions", `${name}.mjs`);
		}
		throw new CloudFault("BadTemplate", `${JSON.stringify(functionArn)} names no function`);
	}

	/** @throws {CloudFault} "NotFound" */
	async demand(templateName: string): Promise<ProvisioningTemplate> {
		const template = await this.find(templateName);
		if (!template) throw new CloudFault("NotFound", `there is no template ${templateName}`);
		return template;
	}
}

/** The body that counts stands among the versions, too. */
function inVersion(template: ProvisioningTemplate): ProvisioningTemplate {
	const { versions, templateBody, defaultVersionId = 1 } = template;
	if (!versions) return template;
	const withBody = versions.map((version) =>
		version.versionId === defaultVersionId ? { ...version, templateBody } : version,
	);
	return { ...template, versions: withBody };
}

function check({ templateName, templateBody }: ProvisioningTemplate): Template {
	if (!isTemplateName(templateName)) {
		throw new CloudFault(
			"BadName",
			`${JSON.stringify(templateName)} is no template name: 1 to 36 of a-z A-Z 0-9 _ -`,
		);
	}
	try {
		return parseTemplate(templateBody);
	} catch (error) {
		if (!(error instanceof MalformedTemplate)) throw error;
		throw new CloudFault("BadTemplate", `template ${templateName}: ${error.message}`);
	}
}

import { createPublicKey } from "node:crypto";
import { basename } from "node:path";
import type { ProvisioningTemplate, TemplateType } from "../../provisioning/templates.ts";
import {
	defaultVersionOf,
	versionOf,
	versionsOf,
	withDefault,
	withoutVersion,
	withVersion,
} from "../../provisioning/templateversions.ts";
import { Arns } from "../arn.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { seconds } from "./types.ts";

interface TemplateInput {
	readonly templateName: string;
	readonly description?: string;
	readonly templateBody: string;
	readonly enabled?: boolean;
	readonly provisioningRoleArn?: string;
	readonly preProvisioningHook?: { readonly targetArn: string };
	readonly removePreProvisioningHook?: boolean;
	readonly type?: TemplateType;
	readonly defaultVersionId?: number;
	readonly versionId: number;
	readonly setAsDefault?: boolean;
	readonly maxResults?: number;
	readonly nextToken?: string;
}

/** Provisioning templates, their versions, and claims for one device. */
export const templates: RouteModule = (app, services) => {
	const { templates, live, region, accountId } = services;
	const arns = new Arns(services);
	const arnOf = (name: string): string => arns.of("provisioningtemplate", name);

	/** The hook of a template is a local module: `rules/functions/NAME.mjs` is `…:function:NAME`. */
	function hookOf({ preProvisioningHook }: TemplateInput): { readonly hook?: string } {
		if (!preProvisioningHook) return {};
		return { hook: templates.functionPath(preProvisioningHook.targetArn) };
	}

	function summaryOf(template: ProvisioningTemplate) {
		const { templateName, description, enabled, createdMs, modifiedMs } = template;
		return {
			templateArn: arnOf(templateName),
			templateName,
			description,
			creationDate: seconds(createdMs),
			lastModifiedDate: seconds(modifiedMs ?? createdMs),
			enabled,
			type: template.type ?? "FLEET_PROVISIONING",
		};
	}

	operate<TemplateInput>(app, "CreateProvisioningTemplate", async (input) => {
		const { templateName, templateBody, description, type, enabled = false } = input;
		const { provisioningRoleArn } = input;
		await templates.create({
			...{ templateName, templateBody, enabled, ...hookOf(input) },
			...(description === undefined ? {} : { description }),
			...(type === undefined ? {} : { type }),
			...(provisioningRoleArn === undefined ? {} : { provisioningRoleArn }),
			createdMs: Date.now(),
		});
		return { templateArn: arnOf(templateName), templateName, defaultVersionId: 1 };
	});

	operate<TemplateInput>(app, "DescribeProvisioningTemplate", async ({ templateName }) => {
		const template = await templates.demand(templateName);
		const { templateBody, provisioningRoleArn, hook } = template;
		const prefix = `arn:aws:lambda:${region}:${accountId}:function:`;
		const targetArn = hook && prefix + basename(hook, ".mjs");
		return {
			...summaryOf(template),
			defaultVersionId: defaultVersionOf(template),
			templateBody,
			provisioningRoleArn,
			...(targetArn ? { preProvisioningHook: { payloadVersion: "2020-04-01", targetArn } } : {}),
		};
	});

	operate<TemplateInput>(app, "ListProvisioningTemplates", async ({ maxResults, nextToken }) => {
		const request = { limit: maxResults, token: nextToken };
		const keyOf = ({ templateName }: ProvisioningTemplate): string => templateName;
		const { page, next } = pageOf(await templates.list(), keyOf, request);
		return { templates: page.map(summaryOf), nextToken: next };
	});

	operate<TemplateInput>(app, "UpdateProvisioningTemplate", async (input) => {
		const { templateName, description, enabled, defaultVersionId } = input;
		const { provisioningRoleArn, removePreProvisioningHook } = input;
		const template = await templates.demand(templateName);
		await templates.update(templateName, {
			...(description === undefined ? {} : { description }),
			...(enabled === undefined ? {} : { enabled }),
			...(provisioningRoleArn === undefined ? {} : { provisioningRoleArn }),
			...(defaultVersionId === undefined ? {} : withDefault(template, defaultVersionId)),
			...(removePreProvisioningHook ? { hook: undefined } : hookOf(input)),
			modifiedMs: Date.now(),
		});
	});

	operate<TemplateInput>(app, "DeleteProvisioningTemplate", ({ templateName }) =>
		templates.remove(templateName),
	);

	operate<TemplateInput>(app, "CreateProvisioningTemplateVersion", async (input) => {
		const { templateName, templateBody, setAsDefault = false } = input;
		const template = await templates.demand(templateName);
		const now = Date.now();
		const change = withVersion(template, templateBody, { setAsDefault, now });
		await templates.update(templateName, { ...change, modifiedMs: now });
		const { versionId } = change.versions.at(-1)!;
		const templateArn = arnOf(templateName);
		return { templateArn, templateName, versionId, isDefaultVersion: setAsDefault };
	});

	operate<TemplateInput>(app, "DescribeProvisioningTemplateVersion", async (input) => {
		const template = await templates.demand(input.templateName);
		const { versionId, templateBody, createdMs } = versionOf(template, input.versionId);
		const isDefaultVersion = versionId === defaultVersionOf(template);
		return { versionId, creationDate: seconds(createdMs), templateBody, isDefaultVersion };
	});

	operate<TemplateInput>(app, "ListProvisioningTemplateVersions", async (input) => {
		const template = await templates.demand(input.templateName);
		const versions = versionsOf(template).map(({ versionId, createdMs }) => ({
			versionId,
			creationDate: seconds(createdMs),
			isDefaultVersion: versionId === defaultVersionOf(template),
		}));
		return { versions };
	});

	operate<TemplateInput>(app, "DeleteProvisioningTemplateVersion", async (input) => {
		const template = await templates.demand(input.templateName);
		await templates.update(input.templateName, withoutVersion(template, input.versionId));
	});

	operate<TemplateInput>(app, "CreateProvisioningClaim", async ({ templateName }) => {
		const { enabled } = await templates.demand(templateName);
		if (!live) throw new ApiFault("ServiceUnavailableException", "no cloud runs here");
		if (!enabled) {
			throw new ApiFault("InvalidRequestException", `template ${templateName} is not enabled`);
		}
		const { certificateId, certificatePem, keyPair, expiration } =
			await live.createProvisioningClaim(templateName);
		const PublicKey = createPublicKey(keyPair.PrivateKey).export({ type: "spki", format: "pem" });
		return {
			...{ certificateId, certificatePem, keyPair: { PublicKey, ...keyPair } },
			expiration: Math.floor(expiration / 1000),
		};
	});
};

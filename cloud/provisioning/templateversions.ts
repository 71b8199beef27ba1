import { CloudFault } from "../fault.ts";
import type { ProvisioningTemplate, TemplateVersion } from "./templates.ts";

/*
 * Versions of a provisioning template: at most five, one of which counts. Each function says what would
 * change. Source: aws-iot-contract.md §5.2, and CreateProvisioningTemplateVersion of the API Reference.
 */

const versionsMaximum = 5;

type Change = Partial<Omit<ProvisioningTemplate, "templateName">>;

/** All versions, the oldest first. */
export function versionsOf(template: ProvisioningTemplate): readonly TemplateVersion[] {
	const { templateBody, createdMs } = template;
	const only = { versionId: defaultVersionOf(template), templateBody };
	return template.versions ?? [{ ...only, ...(createdMs === undefined ? {} : { createdMs }) }];
}

export function defaultVersionOf({ defaultVersionId = 1 }: ProvisioningTemplate): number {
	return defaultVersionId;
}

/** @throws {CloudFault} "NotFound" */
export function versionOf(template: ProvisioningTemplate, versionId: number): TemplateVersion {
	const found = versionsOf(template).find((version) => version.versionId === versionId);
	if (found) return found;
	const { templateName } = template;
	throw new CloudFault("NotFound", `template ${templateName} has no version ${versionId}`);
}

/** @throws {CloudFault} "VersionsLimit" */
export function withVersion(
	template: ProvisioningTemplate,
	templateBody: string,
	{ setAsDefault, now }: { readonly setAsDefault: boolean; readonly now: number },
): Change & { readonly versions: readonly TemplateVersion[] } {
	const versions = versionsOf(template);
	if (versions.length >= versionsMaximum) {
		throw new CloudFault(
			"VersionsLimit",
			`template ${template.templateName} has ${versionsMaximum} versions; delete one first`,
		);
	}
	const versionId = Math.max(...versions.map((version) => version.versionId)) + 1;
	return {
		versions: [...versions, { versionId, templateBody, createdMs: now }],
		...(setAsDefault ? { templateBody, defaultVersionId: versionId } : {}),
	};
}

/** Has another version count. @throws {CloudFault} "NotFound" */
export function withDefault(template: ProvisioningTemplate, versionId: number): Change {
	const { templateBody } = versionOf(template, versionId);
	return { templateBody, defaultVersionId: versionId };
}

/** @throws {CloudFault} "NotFound", or "DeleteConflict" for the version that counts */
export function withoutVersion(template: ProvisioningTemplate, versionId: number): Change {
	versionOf(template, versionId);
	if (versionId === defaultVersionOf(template)) {
		throw new CloudFault("DeleteConflict", `version ${versionId} is the one that counts`);
	}
	return { versions: versionsOf(template).filter((version) => version.versionId !== versionId) };
}

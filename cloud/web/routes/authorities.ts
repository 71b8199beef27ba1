import { X509Certificate } from "node:crypto";
import type { AuthorityChange, CustomerAuthority } from "../../provisioning/authorities.ts";
import { Arns } from "../arn.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import { pageOf, timeKey } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { seconds } from "./types.ts";

interface AuthorityInput {
	readonly certificateId: string;
	readonly caCertificate: string;
	readonly verificationCertificate: string;
	readonly setAsActive?: boolean;
	readonly allowAutoRegistration?: boolean;
	readonly registrationConfig?: { readonly templateName?: string; readonly roleArn?: string };
	readonly newStatus?: CustomerAuthority["status"];
	readonly newAutoRegistrationStatus?: CustomerAuthority["autoRegistrationStatus"];
	readonly removeAutoRegistration?: boolean;
	readonly templateName?: string;
	readonly pageSize?: number;
	readonly marker?: string;
	readonly isAscendingOrder?: boolean;
}

/** Certificate authorities of customers, whose devices may connect. */
export const authorities: RouteModule = (app, services) => {
	const { authorities, accountId } = services;
	const arns = new Arns(services);

	operate(app, "GetRegistrationCode", async () => {
		return { registrationCode: await authorities.registrationCode() };
	});

	operate<AuthorityInput>(app, "RegisterCACertificate", async (input) => {
		const { caCertificate, verificationCertificate, registrationConfig } = input;
		const templateName = registrationConfig?.templateName;
		const { certificateId } = await authorities.register({
			certificate: caCertificate,
			verificationCertificate,
			active: input.setAsActive ?? false,
			autoRegistration: input.allowAutoRegistration ?? false,
			...(templateName === undefined ? {} : { templateName }),
		});
		return { certificateArn: arns.of("cacert", certificateId), certificateId };
	});

	operate<AuthorityInput>(app, "DescribeCACertificate", async ({ certificateId }) => {
		const { certificatePem, templateName, ...found } = await authorities.demand(certificateId);
		const { validFrom, validTo } = new X509Certificate(certificatePem);
		const certificateDescription = {
			certificateArn: arns.of("cacert", certificateId),
			certificateId,
			status: found.status,
			certificatePem,
			ownedBy: accountId,
			creationDate: seconds(found.createdMs),
			autoRegistrationStatus: found.autoRegistrationStatus,
			certificateMode: "DEFAULT",
			validity: {
				notBefore: seconds(Date.parse(validFrom)),
				notAfter: seconds(Date.parse(validTo)),
			},
		};
		return {
			certificateDescription,
			...(templateName === undefined ? {} : { registrationConfig: { templateName } }),
		};
	});

	operate<AuthorityInput>(app, "ListCACertificates", async (input) => {
		const { pageSize, marker, isAscendingOrder = false, templateName } = input;
		const all = (await authorities.list()).filter(
			(one) => templateName === undefined || one.templateName === templateName,
		);
		const request = { limit: pageSize, token: marker, descending: !isAscendingOrder };
		const keyOf = (one: CustomerAuthority): string => timeKey(one.createdMs, one.certificateId);
		const { page, next } = pageOf(all, keyOf, request);
		const listed = page.map(({ certificateId, status, createdMs }) => ({
			certificateArn: arns.of("cacert", certificateId),
			certificateId,
			status,
			creationDate: seconds(createdMs),
		}));
		return { certificates: listed, nextMarker: next };
	});

	operate<AuthorityInput>(app, "UpdateCACertificate", async (input) => {
		const { newStatus, newAutoRegistrationStatus, registrationConfig } = input;
		if (input.removeAutoRegistration && newAutoRegistrationStatus === "ENABLE") {
			throw new ApiFault("InvalidRequestException", "auto-registration is enabled and removed");
		}
		const templateName = registrationConfig?.templateName;
		const change: AuthorityChange = {
			...(newStatus === undefined ? {} : { status: newStatus }),
			...(newAutoRegistrationStatus === undefined
				? {}
				: { autoRegistrationStatus: newAutoRegistrationStatus }),
			...(templateName === undefined ? {} : { templateName }),
			...(input.removeAutoRegistration
				? { autoRegistrationStatus: "DISABLE", templateName: undefined }
				: {}),
		};
		await authorities.update(input.certificateId, change);
	});

	operate<AuthorityInput>(app, "DeleteCACertificate", async ({ certificateId }) => {
		const { status } = await authorities.demand(certificateId);
		if (status === "ACTIVE") {
			throw new ApiFault("CertificateStateException", `the authority ${certificateId} is ACTIVE`);
		}
		await authorities.remove(certificateId);
	});
};

import { createPublicKey, X509Certificate } from "node:crypto";
import { certificateIdOf } from "../../access.ts";
import { makeKey, SigningRequestFault } from "../../registry/authority.ts";
import {
	deleteCertificate,
	registerCertificate,
	updateCertificate,
} from "../../registry/certificates.ts";
import type { Certificate, CertificateStatus, Change } from "../../registry/entities.ts";
import type { Registry } from "../../registry/registry.ts";
import { Arns } from "../arn.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import { pageOf, timeKey } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { seconds } from "./types.ts";

interface CertificateInput {
	readonly certificateId: string;
	readonly certificateSigningRequest: string;
	readonly certificatePem: string;
	readonly status?: CertificateStatus;
	readonly setAsActive?: boolean;
	readonly newStatus: CertificateStatus;
	readonly forceDelete?: boolean;
	readonly pageSize?: number;
	readonly marker?: string;
	readonly isAscendingOrder?: boolean;
}

/** It can name no thing, so that nobody takes the certificate for one of a thing. */
const commonName = "Isobar IoT Certificate";

/** Certificates: made here, or from a request; their states; their end. */
export const certificates: RouteModule = (app, services) => {
	const { registry, authority } = services;
	const arns = new Arns(services);

	async function register(certificatePem: string, setAsActive = false) {
		return keep(new X509Certificate(certificatePem), setAsActive ? "ACTIVE" : "INACTIVE");
	}

	async function keep(certificate: X509Certificate, status: CertificateStatus) {
		const certificateId = certificateIdOf(certificate);
		const certificatePem = certificate.toString();
		await registry.run((state) =>
			registerCertificate(state, certificateId, certificatePem, status),
		);
		return { certificateArn: arns.of("cert", certificateId), certificateId, certificatePem };
	}

	operate<CertificateInput>(app, "CreateKeysAndCertificate", async ({ setAsActive }) => {
		const PrivateKey = await makeKey();
		const made = await register(await authority.issueDevice(PrivateKey, commonName), setAsActive);
		const PublicKey = createPublicKey(PrivateKey).export({ type: "spki", format: "pem" });
		return { ...made, keyPair: { PublicKey, PrivateKey } };
	});

	operate<CertificateInput>(app, "CreateCertificateFromCsr", async (input) => {
		try {
			const pem = await authority.issueForRequest(input.certificateSigningRequest);
			return await register(pem, input.setAsActive);
		} catch (error) {
			if (!(error instanceof SigningRequestFault)) throw error;
			throw new ApiFault("InvalidRequestException", `certificateSigningRequest: ${error.message}`);
		}
	});

	operate<CertificateInput>(app, "RegisterCertificateWithoutCA", async (input) => {
		const certificate = certificateIn(input.certificatePem);
		const { certificateArn, certificateId } = await keep(certificate, input.status ?? "INACTIVE");
		return { certificateArn, certificateId };
	});

	operate<CertificateInput>(app, "DescribeCertificate", ({ certificateId }) => {
		const { certificatePem, status, ...rest } = registry.state.demand("certificate", certificateId);
		const { validFrom, validTo } = new X509Certificate(certificatePem);
		const certificateDescription = {
			certificateArn: arns.of("cert", certificateId),
			certificateId,
			status,
			certificatePem,
			ownedBy: services.accountId,
			creationDate: seconds(rest.createdMs),
			lastModifiedDate: seconds(rest.modifiedMs),
			certificateMode: "DEFAULT",
			validity: {
				notBefore: seconds(Date.parse(validFrom)),
				notAfter: seconds(Date.parse(validTo)),
			},
		};
		return { certificateDescription };
	});

	operate<CertificateInput>(app, "ListCertificates", (input) => {
		const { pageSize, marker, isAscendingOrder = false } = input;
		const request = { limit: pageSize, token: marker, descending: !isAscendingOrder };
		const keyOf = (one: Certificate): string => timeKey(one.createdMs, one.certificateId);
		const { page, next } = pageOf(registry.state.certificates, keyOf, request);
		const listed = page.map(({ certificateId, status, createdMs }) => ({
			certificateArn: arns.of("cert", certificateId),
			certificateId,
			status,
			certificateMode: "DEFAULT",
			creationDate: seconds(createdMs),
		}));
		return { certificates: listed, nextMarker: next };
	});

	operate<CertificateInput>(app, "UpdateCertificate", ({ certificateId, newStatus }) =>
		registry.run((state) => updateCertificate(state, certificateId, newStatus)),
	);

	operate<CertificateInput>(app, "DeleteCertificate", ({ certificateId, forceDelete = false }) =>
		registry.run((state) =>
			forceDelete ? deleteByForce(state, certificateId) : deleteCertificate(state, certificateId),
		),
	);
};

function certificateIn(pem: string): X509Certificate {
	try {
		return new X509Certificate(pem);
	} catch {
		throw new ApiFault(
			"CertificateValidationException",
			"certificatePem: expected a certificate in PEM",
		);
	}
}

/** Policies are no obstacle then; things are. */
function deleteByForce(state: Registry, certificateId: string): Change[] {
	const { status, things } = state.demand("certificate", certificateId);
	const isFree = status !== "ACTIVE" && Object.keys(things).length === 0;
	if (!isFree) return deleteCertificate(state, certificateId);
	return [{ kind: "certificate", name: certificateId, value: undefined }];
}

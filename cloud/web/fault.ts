import type { ContentfulStatusCode } from "hono/utils/http-status";
import { CloudFault } from "../fault.ts";
import { MessageFault } from "../message.ts";
import { RegistryFault } from "../registry/fault.ts";
import { ShadowRejected } from "../shadows.ts";

/**
 * The exceptions of the AWS IoT APIs and the HTTP status that each comes with.
 *
 * Source: the Errors sections of the AWS IoT API Reference.
 */
const statuses = {
	CertificateConflictException: 409,
	CertificateStateException: 406,
	CertificateValidationException: 400,
	ConflictException: 409,
	DeleteConflictException: 409,
	ForbiddenException: 403,
	InternalFailureException: 500,
	InvalidRequestException: 400,
	LimitExceededException: 410,
	MalformedPolicyException: 400,
	MethodNotAllowedException: 405,
	RequestEntityTooLargeException: 413,
	ResourceAlreadyExistsException: 409,
	ResourceNotFoundException: 404,
	ServiceUnavailableException: 503,
	SqlParseException: 400,
	ThrottlingException: 429,
	UnauthorizedException: 401,
	UnknownOperationException: 404,
	UnsupportedDocumentEncodingException: 415,
	VersionConflictException: 409,
	VersionsLimitExceededException: 409,
} as const satisfies Record<string, ContentfulStatusCode>;

export type ApiCode = keyof typeof statuses;

/** A request that is refused, in the words of the AWS API. */
export class ApiFault extends Error {
	override readonly name = "ApiFault";
	readonly code: string;
	readonly status: ContentfulStatusCode;

	constructor(code: ApiCode, message: string) {
		super(message);
		this.code = code;
		this.status = statuses[code];
	}
}

/** Anything that a route has thrown, as the API says it; `undefined` for a mistake of ours. */
export function faultOf(error: unknown): ApiFault | undefined {
	if (error instanceof ApiFault) return error;
	if (error instanceof RegistryFault) return new ApiFault(error.code, error.message);
	if (error instanceof CloudFault && Object.hasOwn(cloudCodes, error.code)) {
		return new ApiFault(cloudCodes[error.code as keyof typeof cloudCodes], error.message);
	}
	if (error instanceof MessageFault) return new ApiFault("InvalidRequestException", error.message);
	if (error instanceof ShadowRejected) return new ApiFault(shadowCode(error.code), error.message);
	return undefined;
}

/** What the parts of the cloud say of a request. */
const cloudCodes = Object.freeze({
	BadCertificate: "CertificateValidationException",
	BadName: "InvalidRequestException",
	BadTemplate: "InvalidRequestException",
	DeleteConflict: "DeleteConflictException",
	Exists: "ResourceAlreadyExistsException",
	NotFound: "ResourceNotFoundException",
	VersionsLimit: "VersionsLimitExceededException",
} as const satisfies Record<string, ApiCode>);

/** Source: aws-iot-contract.md §3.6, and the Errors of UpdateThingShadow. */
function shadowCode(status: number): ApiCode {
	switch (status) {
		case 404:
			return "ResourceNotFoundException";
		case 409:
			return "ConflictException";
		case 413:
			return "RequestEntityTooLargeException";
		case 415:
			return "UnsupportedDocumentEncodingException";
		case 429:
			return "ThrottlingException";
		case 500:
			return "InternalFailureException";
		default:
			return "InvalidRequestException";
	}
}

/** A request that the registry refuses, with the name of the exception in the AWS API as `code`. */
export class RegistryFault extends Error {
	override readonly name = "RegistryFault";
	readonly code: FaultCode;

	constructor(code: FaultCode, message: string) {
		super(message);
		this.code = code;
	}
}

type FaultCode =
	| "CertificateStateException"
	| "DeleteConflictException"
	| "InvalidRequestException"
	| "LimitExceededException"
	| "MalformedPolicyException"
	| "ResourceAlreadyExistsException"
	| "ResourceNotFoundException"
	| "VersionConflictException"
	| "VersionsLimitExceededException";

export const RegistryLimits = Object.freeze({
	attributesWithType: 50,
	attributesWithoutType: 3,
	policiesPerTarget: 10,
	policyVersions: 5,
	tags: 50,
	groupsPerThing: 10,
	groupDepth: 7,
	groupChildren: 100,
} as const);

export function absent(what: string): never {
	throw new RegistryFault("ResourceNotFoundException", `there is no ${what}`);
}

export function exists(what: string): RegistryFault {
	return new RegistryFault("ResourceAlreadyExistsException", `there is ${what} already`);
}

export function invalid(message: string): RegistryFault {
	return new RegistryFault("InvalidRequestException", message);
}

export function limit(what: string, bound: keyof typeof RegistryLimits): RegistryFault {
	return new RegistryFault("LimitExceededException", `more than ${RegistryLimits[bound]} ${what}`);
}

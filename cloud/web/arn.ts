import { ApiFault } from "./fault.ts";

/** What a resource is, in the words of its ARN. */
export type ResourceType =
	| "billinggroup"
	| "cacert"
	| "cert"
	| "policy"
	| "provisioningtemplate"
	| "rule"
	| "thing"
	| "thinggroup"
	| "thingtype";

/** ARNs of one account in one region: `arn:aws:iot:REGION:ACCOUNT:TYPE/NAME`. */
export class Arns {
	readonly #prefix: string;

	constructor({ region, accountId }: { readonly region: string; readonly accountId: string }) {
		this.#prefix = `arn:aws:iot:${region}:${accountId}:`;
	}

	of(type: ResourceType, name: string): string {
		return `${this.#prefix}${type}/${name}`;
	}

	/** @throws {ApiFault} "InvalidRequestException" for what is no ARN of this account */
	parse(arn: string): { readonly type: string; readonly name: string } {
		const [type = "", ...rest] = arn.slice(this.#prefix.length).split("/");
		if (!arn.startsWith(this.#prefix) || rest.length === 0) {
			throw new ApiFault(
				"InvalidRequestException",
				`${JSON.stringify(arn)} is no ARN of here; expected ${this.#prefix}TYPE/NAME`,
			);
		}
		return { type, name: rest.join("/") };
	}

	/** The name in an ARN that must be of that type. */
	nameIn(type: ResourceType, arn: string): string {
		const parsed = this.parse(arn);
		if (parsed.type === type) return parsed.name;
		throw new ApiFault("InvalidRequestException", `${arn} is no ARN of a ${type}`);
	}

	/** The name that is given, or the one in the ARN that is given. */
	either(type: ResourceType, name: string | undefined, arn: string | undefined): string {
		if (name !== undefined) return name;
		if (arn !== undefined) return this.nameIn(type, arn);
		throw new ApiFault("InvalidRequestException", `the name or the ARN of the ${type} is missing`);
	}
}

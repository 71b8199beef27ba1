import { expect } from "@jest/globals";
import type { Change } from "../../cloud/registry/entities.ts";
import { Registry } from "../../cloud/registry/registry.ts";

/** A registry that applies what its operations name. */
export class RegistryBench extends Registry {
	do(...operations: ((registry: Registry) => Change[])[]): this {
		for (const operation of operations) this.apply(operation(this));
		return this;
	}
}

/** A policy document that allows one action everywhere. */
export function documentOf(action: string): string {
	return JSON.stringify({
		Version: "2012-10-17",
		Statement: [{ Effect: "Allow", Action: action, Resource: "*" }],
	});
}

/** An operation that the registry refuses with that exception, and that changes nothing. */
export function refuses(operation: () => unknown, code: string): void {
	let thrown: unknown;
	try {
		operation();
	} catch (error) {
		thrown = error;
	}
	expect(thrown).toMatchObject({ name: "RegistryFault", code });
}

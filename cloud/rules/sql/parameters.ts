import { isObject, type Json } from "../../services/document.ts";
import type { Scope } from "./scope.ts";
import { Template } from "./template.ts";

/** What stands in the place of a value: the value, or a template and the like below it. */
type Plan =
	| { readonly json: Json }
	| { readonly template: Template }
	| { readonly elements: readonly Plan[] }
	| { readonly members: readonly (readonly [string, Plan])[] };

/** Compiles the text at a place; the caller knows how to say where that is. */
export type Compile = (place: readonly (string | number)[], compile: () => Plan) => Plan;

/** The parameters of an action, whose texts may have `${…}` in them. */
export class Parameters {
	readonly #plan: Plan;

	/** @throws {SqlFault} by way of `compile` */
	constructor(value: Json, compile: Compile) {
		this.#plan = planOf(value, [], compile);
	}

	/** @throws {UnreadablePayload} */
	render(scope: Scope): Json {
		return render(this.#plan, scope);
	}
}

function planOf(value: Json, place: readonly (string | number)[], compile: Compile): Plan {
	if (typeof value === "string") {
		if (!value.includes("${")) return { json: value };
		return compile(place, () => ({ template: new Template(value) }));
	}
	if (Array.isArray(value)) {
		return {
			elements: value.map((one: Json, index) => planOf(one, [...place, index], compile)),
		};
	}
	if (!isObject(value)) return { json: value };
	return {
		members: Object.entries(value).map(
			([key, member]) => [key, planOf(member, [...place, key], compile)] as const,
		),
	};
}

function render(plan: Plan, scope: Scope): Json {
	if ("json" in plan) return plan.json;
	if ("template" in plan) return plan.template.render(scope);
	if ("elements" in plan) return plan.elements.map((element) => render(element, scope));
	return Object.fromEntries(plan.members.map(([key, member]) => [key, render(member, scope)]));
}

import type { PolicyTarget } from "../../registry/entities.ts";
import { attachPolicy, detachPolicy } from "../../registry/policies.ts";
import { Arns } from "../arn.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";

interface TargetInput {
	readonly policyName: string;
	/** ARN of a certificate or a thing group. */
	readonly target: string;
	/** ARN of a certificate. */
	readonly principal?: string;
	readonly thingName?: string;
	readonly recursive?: boolean;
	readonly pageSize?: number;
	readonly marker?: string;
}

/** What policies are attached to, and which count for whom. */
export const targets: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);
	const named = (policyName: string) => {
		return { policyName, policyArn: arns.of("policy", policyName) };
	};

	function targetOf(arn: string): PolicyTarget {
		const { type, name } = arns.parse(arn);
		if (type === "cert") return { certificateId: name };
		if (type === "thinggroup") return { thingGroupName: name };
		throw new ApiFault("InvalidRequestException", `a policy can't be attached to a ${type}`);
	}

	/** The policies of a target, those of the groups above among them if asked. */
	function policiesOf(target: PolicyTarget, recursive: boolean): readonly string[] {
		if ("certificateId" in target) {
			return registry.state.demand("certificate", target.certificateId).policies;
		}
		const group = registry.state.demand("group", target.thingGroupName);
		if (!recursive) return group.policies;
		const all = registry.state.lineage(target.thingGroupName).flatMap(({ policies }) => policies);
		return [...new Set(all)];
	}

	operate<TargetInput>(app, "AttachPolicy", ({ policyName, target }) =>
		registry.run((state) => attachPolicy(state, policyName, targetOf(target))),
	);

	operate<TargetInput>(app, "DetachPolicy", ({ policyName, target }) => {
		registry.state.demand("policy", policyName);
		return registry.run((state) => detachPolicy(state, policyName, targetOf(target)));
	});

	operate<TargetInput>(app, "ListAttachedPolicies", (input) => {
		const { target, recursive = false, pageSize, marker } = input;
		const names = policiesOf(targetOf(target), recursive);
		const { page, next } = pageOf(names, (name) => name, { limit: pageSize, token: marker });
		return { policies: page.map(named), nextMarker: next };
	});

	operate<TargetInput>(app, "ListTargetsForPolicy", ({ policyName, pageSize, marker }) => {
		const { state } = registry;
		state.demand("policy", policyName);
		const has = ({ policies }: { policies: readonly string[] }) => policies.includes(policyName);
		const ids = [...state.certificates].filter(has).map((one) => one.certificateId);
		const groups = [...state.groups].filter(has).map((one) => one.thingGroupName);
		const all = [
			...ids.map((id) => arns.of("cert", id)),
			...groups.map((name) => arns.of("thinggroup", name)),
		];
		const { page, next } = pageOf(all, (arn) => arn, { limit: pageSize, token: marker });
		return { targets: page, nextMarker: next };
	});

	operate<TargetInput>(app, "GetEffectivePolicies", ({ principal, thingName }) => {
		const { state } = registry;
		const id = principal === undefined ? undefined : arns.nameIn("cert", principal);
		if (id !== undefined) state.demand("certificate", id);
		const thing = thingName === undefined ? undefined : state.demand("thing", thingName);
		const effectivePolicies = state.policiesOf(id ?? "", thing).map(({ policyName }) => {
			const { policyDocument } = state.demand("policy", policyName);
			return { ...named(policyName), policyDocument };
		});
		return { effectivePolicies };
	});
};

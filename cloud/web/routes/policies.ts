import type { NamedPolicy } from "../../registry/entities.ts";
import { createPolicy, deletePolicy } from "../../registry/policies.ts";
import {
	createPolicyVersion,
	defaultVersionOf,
	deletePolicyVersion,
	findVersion,
	nextVersionOf,
	setDefaultPolicyVersion,
	versionsOf,
} from "../../registry/versions.ts";
import { Arns } from "../arn.ts";
import { operate } from "../operation.ts";
import { pageOf, timeKey } from "../paging.ts";
import type { RouteModule } from "../services.ts";
import { type Tag, tagsOf } from "./tags.ts";
import { seconds } from "./types.ts";

interface PolicyInput {
	readonly policyName: string;
	readonly policyDocument: string;
	readonly policyVersionId: string;
	readonly setAsDefault?: boolean;
	readonly tags?: readonly Tag[];
	readonly pageSize?: number;
	readonly marker?: string;
	readonly isAscendingOrder?: boolean;
}

/** Policies and their versions. */
export const policies: RouteModule = (app, services) => {
	const { registry } = services;
	const arns = new Arns(services);
	const demand = (name: string): NamedPolicy => registry.state.demand("policy", name);

	operate<PolicyInput>(app, "CreatePolicy", async ({ policyName, policyDocument, tags }) => {
		const all = tagsOf(tags).tags;
		await registry.run((state) => createPolicy(state, policyName, policyDocument, all));
		const policyArn = arns.of("policy", policyName);
		return { policyName, policyArn, policyDocument, policyVersionId: "1" };
	});

	operate<PolicyInput>(app, "GetPolicy", ({ policyName }) => {
		const policy = demand(policyName);
		return {
			policyName,
			policyArn: arns.of("policy", policyName),
			policyDocument: policy.policyDocument,
			defaultVersionId: defaultVersionOf(policy),
			creationDate: seconds(policy.createdMs),
			lastModifiedDate: seconds(policy.modifiedMs),
		};
	});

	operate<PolicyInput>(app, "ListPolicies", ({ pageSize, marker, isAscendingOrder = false }) => {
		const request = { limit: pageSize, token: marker, descending: !isAscendingOrder };
		const keyOf = (one: NamedPolicy): string => timeKey(one.createdMs, one.policyName);
		const { page, next } = pageOf(registry.state.policies, keyOf, request);
		const listed = page.map(({ policyName }) => {
			return { policyName, policyArn: arns.of("policy", policyName) };
		});
		return { policies: listed, nextMarker: next };
	});

	operate<PolicyInput>(app, "DeletePolicy", ({ policyName }) =>
		registry.run((state) => deletePolicy(state, policyName)),
	);

	operate<PolicyInput>(app, "CreatePolicyVersion", async (input) => {
		const { policyName, policyDocument, setAsDefault = false } = input;
		let policyVersionId = "";
		await registry.run((state) => {
			policyVersionId = nextVersionOf(state.demand("policy", policyName));
			const options = { setAsDefault, epochMs: Date.now() };
			return createPolicyVersion(state, policyName, policyDocument, options);
		});
		const policyArn = arns.of("policy", policyName);
		return { policyArn, policyDocument, policyVersionId, isDefaultVersion: setAsDefault };
	});

	operate<PolicyInput>(app, "ListPolicyVersions", ({ policyName }) => {
		const policy = demand(policyName);
		const policyVersions = versionsOf(policy).map(({ versionId, createdMs }) => ({
			versionId,
			isDefaultVersion: versionId === defaultVersionOf(policy),
			createDate: seconds(createdMs),
		}));
		return { policyVersions };
	});

	operate<PolicyInput>(app, "GetPolicyVersion", ({ policyName, policyVersionId }) => {
		const policy = demand(policyName);
		const { policyDocument, createdMs } = findVersion(policy, policyVersionId);
		return {
			policyName,
			policyArn: arns.of("policy", policyName),
			policyDocument,
			policyVersionId,
			isDefaultVersion: policyVersionId === defaultVersionOf(policy),
			creationDate: seconds(createdMs),
		};
	});

	operate<PolicyInput>(app, "SetDefaultPolicyVersion", ({ policyName, policyVersionId }) =>
		registry.run((state) => setDefaultPolicyVersion(state, policyName, policyVersionId)),
	);

	operate<PolicyInput>(app, "DeletePolicyVersion", ({ policyName, policyVersionId }) =>
		registry.run((state) => deletePolicyVersion(state, policyName, policyVersionId)),
	);
};

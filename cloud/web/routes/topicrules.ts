import { ConfigFault } from "../../configfile.ts";
import { Query } from "../../rules/engine.ts";
import type { Rule, RuleDocument } from "../../rules/rulefile.ts";
import { SqlFault } from "../../rules/sql/parse.ts";
import { topicMatches } from "../../services/topics.ts";
import { Arns } from "../arn.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { RouteModule } from "../services.ts";

interface RuleInput extends RuleDocument {
	readonly ruleName: string;
}

interface ListInput {
	readonly topic?: string;
	readonly ruleDisabled?: boolean;
	readonly maxResults?: number;
	readonly nextToken?: string;
}

/** Rules as files: a change counts with the next message. */
export const topicRules: RouteModule = (app, services) => {
	const { ruleFiles } = services;
	const arns = new Arns(services);

	/** @throws {ApiFault} what AWS says of a statement that is none, or of any other mistake */
	function change({ ruleName, ...document }: RuleInput, work: Work): Promise<void> {
		try {
			new Query(document.sql);
		} catch (error) {
			if (!(error instanceof SqlFault)) throw error;
			throw new ApiFault("SqlParseException", `sql, character ${error.at + 1}: ${error.message}`);
		}
		return inWords(() => work(ruleName, document));
	}

	operate<RuleInput>(app, "CreateTopicRule", (input) =>
		change(input, (name, document) => ruleFiles.create(name, document)),
	);

	operate<RuleInput>(app, "ReplaceTopicRule", (input) =>
		change(input, (name, document) => ruleFiles.replace(name, document)),
	);

	operate<RuleInput>(app, "GetTopicRule", async ({ ruleName }) => {
		const found = await inWords(() => ruleFiles.find(ruleName));
		if (!found) throw new ApiFault("UnauthorizedException", `there is no rule ${ruleName}`);
		const { sql, description, actions, ruleDisabled = false, errorAction } = found.document;
		const { awsIotSqlVersion = "2016-03-23" } = found.document;
		const rule = { ruleName, sql, description, actions, ruleDisabled, errorAction };
		return { ruleArn: arns.of("rule", ruleName), rule: { ...rule, awsIotSqlVersion } };
	});

	operate<ListInput>(app, "ListTopicRules", async (input) => {
		const { topic, ruleDisabled, maxResults, nextToken } = input;
		const { rules } = await ruleFiles.read();
		const isAsked = ({ query, isDisabled }: Rule): boolean =>
			(ruleDisabled === undefined || ruleDisabled === isDisabled) &&
			(topic === undefined ||
				(query.topicFilter !== undefined && topicMatches(query.topicFilter, topic)));
		const request = { limit: maxResults, token: nextToken };
		const { page, next } = pageOf(rules.filter(isAsked), ({ name }) => name, request);
		const listed = page.map(({ name, query, isDisabled }) => ({
			ruleArn: arns.of("rule", name),
			ruleName: name,
			topicPattern: query.topicFilter,
			ruleDisabled: isDisabled,
		}));
		return { rules: listed, nextToken: next };
	});

	operate<RuleInput>(app, "DeleteTopicRule", ({ ruleName }) => ruleFiles.remove(ruleName));

	operate<RuleInput>(app, "EnableTopicRule", ({ ruleName }) =>
		inWords(() => ruleFiles.setDisabled(ruleName, false)),
	);

	operate<RuleInput>(app, "DisableTopicRule", ({ ruleName }) =>
		inWords(() => ruleFiles.setDisabled(ruleName, true)),
	);
};

type Work = (ruleName: string, document: RuleDocument) => Promise<void>;

/** The place in a file is of no use to who has sent no file. */
async function inWords<Result>(work: () => Promise<Result>): Promise<Result> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof ConfigFault)) throw error;
		throw new ApiFault("InvalidRequestException", error.reason);
	}
}

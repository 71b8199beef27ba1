import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Empty, Failure, Loading, Panel } from "../parts.tsx";
import { showCount } from "../quantity.ts";
import { useResource } from "../resource.ts";
import { Moment } from "../time.tsx";

interface Counters {
	readonly topicMatch: number;
	readonly rulesExecuted: number;
	readonly parseError: number;
	readonly ruleMessageThrottled: number;
	readonly success: number;
	readonly failure: number;
	readonly errorActionSuccess: number;
	readonly errorActionFailure: number;
}

interface Rule {
	readonly name: string;
	readonly file: string;
	readonly sql: string;
	readonly description?: string;
	readonly isDisabled: boolean;
	readonly actions: readonly string[];
	readonly errorAction?: string;
	readonly counters: Counters;
}

interface RuleFault {
	readonly file: string;
	readonly line: number;
	readonly column: number;
	readonly reason: string;
}

interface Metric {
	readonly namespace: string;
	readonly name: string;
	readonly unit: string;
	readonly count: number;
	readonly minimum: number;
	readonly maximum: number;
	readonly last: number;
	/** UTC ms. */
	readonly at: number;
}

/** As ListRules answers. */
interface Rules {
	readonly rules: readonly Rule[];
	readonly faults: readonly RuleFault[];
	readonly metrics: readonly Metric[];
}

/** ms between two looks at the counters. */
const refreshMs = 3_000;

/** What the rules do with messages, how often, and what went wrong. */
export function RulesView(): JSX.Element {
	const { value, error, reload } = useResource<Rules>("/api/isobar/rules", refreshMs);
	useEffect(() => {
		document.title = "Rules · Isobar";
	}, []);
	return (
		<>
			<h1>Rules</h1>
			<p class="lead">
				Each message whose topic a rule selects from is handed to its actions. Counters are since
				the start of the cloud.
			</p>
			{error !== undefined && <Failure error={error} onRetry={reload} />}
			{value === undefined && error === undefined && <Loading />}
			{value !== undefined && <Found found={value} />}
		</>
	);
}

function Found({ found: { rules, faults, metrics } }: { readonly found: Rules }): JSX.Element {
	return (
		<div class="stack">
			{faults.length > 0 && <Faults faults={faults} />}
			<Panel title="Rules">
				{rules.length === 0 ? (
					<Empty title="There is no rule yet">
						<p>
							<code>isobar rule create NAME FILE</code> makes one of a JSON file, and it counts at
							once; <code>isobar rule test FILE</code> shows what it makes of a message.
						</p>
					</Empty>
				) : (
					<RuleTable rules={rules} />
				)}
			</Panel>
			{metrics.length > 0 && <Metrics metrics={metrics} />}
		</div>
	);
}

const counted: readonly (readonly [title: string, hint: string, name: keyof Counters])[] = [
	["Matched", "Messages on a topic that the rule selects from", "topicMatch"],
	["Executed", "Messages whose condition was true", "rulesExecuted"],
	["Actions done", "Actions that have succeeded", "success"],
	["Failed", "Actions that have failed", "failure"],
	["Not JSON", "Messages that could not be read as the rule asks", "parseError"],
	["Throttled", "Messages that were left out because there were too many", "ruleMessageThrottled"],
];

const isBad: ReadonlySet<keyof Counters> = new Set([
	"failure",
	"parseError",
	"ruleMessageThrottled",
]);

function RuleTable({ rules }: { readonly rules: readonly Rule[] }): JSX.Element {
	return (
		// A table that is wider than a phone is moved sideways, by keyboard too.
		<section class="wide-table" tabIndex={0} aria-label="Rules and their counters">
			<table class="grid">
				<thead>
					<tr>
						<th scope="col">Rule</th>
						<th scope="col">Actions</th>
						{counted.map(([title, hint, name]) => (
							<th key={name} scope="col" class="number" title={hint}>
								{title}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rules.map((rule) => (
						<RuleRow key={rule.file} rule={rule} />
					))}
				</tbody>
			</table>
		</section>
	);
}

function RuleRow({ rule }: { readonly rule: Rule }): JSX.Element {
	const { name, description, file, sql, isDisabled, actions, errorAction, counters } = rule;
	return (
		<tr data-rule={name}>
			<th scope="row" class="rule-name">
				{name} {isDisabled && <span class="alarm">off</span>}
				{description !== undefined && <p class="rule-about">{description}</p>}
				<details class="rule-sql">
					<summary class="rule-sql-head" title={file}>
						SQL
					</summary>
					<pre>{sql}</pre>
				</details>
			</th>
			<td>
				{actions.join(", ")}
				{errorAction !== undefined && <span class="faint"> else {errorAction}</span>}
			</td>
			{counted.map(([, , counter]) => (
				<td
					key={counter}
					class={`number${isBad.has(counter) && counters[counter] > 0 ? " bad" : ""}`}
				>
					{showCount(counters[counter])}
				</td>
			))}
		</tr>
	);
}

function Faults({ faults }: { readonly faults: readonly RuleFault[] }): JSX.Element {
	return (
		<Panel title="Files that are no rules">
			<ul class="rule-faults" role="alert">
				{faults.map(({ file, line, column, reason }) => (
					<li key={file}>
						<code>
							{file}:{line}:{column}
						</code>{" "}
						{reason}
					</li>
				))}
			</ul>
			<p class="note">
				Mend the file with <code>isobar rule replace NAME FILE</code>, which counts at once; one
				that is mended by hand is read at the next start.
			</p>
		</Panel>
	);
}

function Metrics({ metrics }: { readonly metrics: readonly Metric[] }): JSX.Element {
	return (
		<Panel title="Metrics that rules have written">
			<section class="wide-table" tabIndex={0} aria-label="Metrics that rules have written">
				<table class="grid">
					<thead>
						<tr>
							<th scope="col">Metric</th>
							<th scope="col" class="number">
								Last
							</th>
							<th scope="col" class="number">
								Lowest
							</th>
							<th scope="col" class="number">
								Highest
							</th>
							<th scope="col" class="number">
								Values
							</th>
							<th scope="col">Newest</th>
						</tr>
					</thead>
					<tbody>
						{metrics.map(({ namespace, name, unit, count, minimum, maximum, last, at }) => (
							<tr key={`${namespace} ${name}`}>
								<th scope="row">
									<span class="faint">{namespace}</span> {name}
								</th>
								<td class="number">
									{last} {unit === "None" ? "" : unit}
								</td>
								<td class="number">{minimum}</td>
								<td class="number">{maximum}</td>
								<td class="number">{showCount(count)}</td>
								<td>
									<Moment at={at} />
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</section>
		</Panel>
	);
}

import { type Action, PermanentFault, text } from "./action.ts";

/** What has been put into one metric since the start. */
export interface MetricFigures {
	readonly namespace: string;
	readonly name: string;
	readonly unit: string;
	readonly count: number;
	readonly sum: number;
	readonly minimum: number;
	readonly maximum: number;
	readonly last: number;
	/** UTC in ms, of the last value. */
	readonly at: number;
}

/** Metrics at most; a name made of a topic must not fill the memory. */
const metricsMaximum = 10_000;

/** The metrics that rules put, in the place of CloudWatch: figures since the start, in memory. */
export class RuleMetrics {
	readonly #figures = new Map<string, MetricFigures>();

	get all(): readonly MetricFigures[] {
		return [...this.#figures.values()];
	}

	/** @throws {PermanentFault} when there are too many metrics */
	put(namespace: string, name: string, unit: string, value: number, at: number): void {
		const key = JSON.stringify([namespace, name, unit]);
		const before = this.#figures.get(key);
		if (!before && this.#figures.size >= metricsMaximum) {
			throw new PermanentFault(`there are ${metricsMaximum} metrics already`);
		}
		this.#figures.set(key, {
			namespace,
			name,
			unit,
			count: (before?.count ?? 0) + 1,
			sum: (before?.sum ?? 0) + value,
			minimum: Math.min(before?.minimum ?? value, value),
			maximum: Math.max(before?.maximum ?? value, value),
			last: value,
			at,
		});
	}
}

/** The action `cloudwatchMetric`. */
export function metricAction(metrics: RuleMetrics): Action {
	return {
		name: "CloudwatchMetricAction",
		resource: (parameters) => text(parameters, "metricName"),
		async perform({ parameters, at }) {
			const value = text(parameters, "metricValue");
			const time = text(parameters, "metricTimestamp");
			if (value.trim() === "" || !Number.isFinite(Number(value))) {
				throw new PermanentFault(`metricValue: expected a number, got ${JSON.stringify(value)}`);
			}
			metrics.put(
				text(parameters, "metricNamespace"),
				text(parameters, "metricName"),
				text(parameters, "metricUnit"),
				Number(value),
				time === "" ? at : Number(time) * 1000,
			);
		},
	};
}

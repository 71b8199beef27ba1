import { Counter, Gauge, Registry } from "prom-client";
import type { RuleCounters } from "../../rules/execution.ts";
import type { RuleFigures } from "../../rules/figures.ts";
import type { Meters, RouteModule } from "../services.ts";

/** Names of the broker's counters by the operation of CloudWatch that they count. */
const brokerNames = Object.freeze({
	Connect: "isobar_connect_total",
	Ping: "isobar_ping_total",
	PublishIn: "isobar_publish_in_total",
	PublishOut: "isobar_publish_out_total",
	PublishRetained: "isobar_publish_retained_total",
	Subscribe: "isobar_subscribe_total",
	Unsubscribe: "isobar_unsubscribe_total",
} as const);

/** What Prometheus reads. Nothing is counted here: the parts count, and are read when somebody asks. */
export const metrics: RouteModule = (app, { meters }) => {
	const registry = meters && makeRegistry(meters);
	app.get("/metrics", async (context) => {
		if (!registry) return context.text("# no cloud runs on this data directory\n");
		return context.body(await registry.metrics(), 200, { "content-type": registry.contentType });
	});
};

function makeRegistry(meters: Meters): Registry {
	const registry = new Registry();
	const registers = [registry];
	for (const [operation, name] of Object.entries(brokerNames)) {
		new Counter({
			name,
			help: `${operation} by result and protocol, as CloudWatch counts it.`,
			labelNames: ["result", "protocol"],
			registers,
			collect() {
				this.reset();
				for (const [key, count] of meters.broker.traffic.counts) {
					const [counted, result, protocol] = key.split(".");
					if (counted !== operation) continue;
					this.inc({ result: snake(result!), protocol: protocol!.toLowerCase() }, count);
				}
			},
		});
	}
	new Counter({
		name: "isobar_shadow_requests_total",
		help: "GetThingShadow, UpdateThingShadow, DeleteThingShadow by result and protocol.",
		labelNames: ["operation", "result", "protocol"],
		registers,
		collect() {
			this.reset();
			for (const [key, count] of meters.shadows.counts) {
				const [operation, result, protocol] = key.split(" ");
				const labels = {
					operation: operation!,
					result: result!,
					protocol: protocol!.toLowerCase(),
				};
				this.inc(labels, count);
			}
		},
	});
	addRuleMetrics(registry, meters.rules.figures);
	const count = (name: string, help: string, read: () => number): void => {
		new Counter({
			name,
			help,
			registers,
			collect() {
				this.reset();
				this.inc(read());
			},
		});
	};
	const gauge = (name: string, help: string, read: () => number): void => {
		new Gauge({
			name,
			help,
			registers,
			collect() {
				this.set(read());
			},
		});
	};
	const { archive, broker, listener } = meters;
	gauge("isobar_open_connections", "Connections over TLS, whosever.", () => listener.open);
	gauge(
		"isobar_half_open_connections",
		"Those of them whose client is not accepted yet.",
		() => listener.halfOpen,
	);
	count(
		"isobar_dropped_half_open_total",
		"Half open connections that were let go for newer ones.",
		() => listener.dropped.halfOpen,
	);
	count(
		"isobar_dropped_connections_total",
		"Connections that were refused because too many were open.",
		() => listener.dropped.connections,
	);
	gauge("isobar_connected_clients", "Clients that are connected.", () => broker.connections);
	gauge(
		"isobar_outbound_waiting_bytes",
		"Bytes that wait for clients to read them.",
		() => broker.waitingBytes,
	);
	count("isobar_bytes_in_total", "Bytes of MQTT from clients.", () => broker.bytes.bytesIn);
	count("isobar_bytes_out_total", "Bytes of MQTT to clients.", () => broker.bytes.bytesOut);
	count(
		"isobar_archive_observations_total",
		"Observations written since the start.",
		() => archive.archived,
	);
	count(
		"isobar_archive_duplicates_total",
		"Observations that came again and were not written again.",
		() => archive.duplicates,
	);
	count(
		"isobar_archive_rejected_total",
		"Reports that were not wholly understood, and kept as they came.",
		() => archive.rejected,
	);
	gauge("process_resident_memory_bytes", "Memory of the process.", () => process.memoryUsage.rss());
	count("process_cpu_seconds_total", "CPU time of the process.", () => {
		const { user, system } = process.cpuUsage();
		return (user + system) / 1e6;
	});
	return registry;
}

/** Names of the counters of a rule by what CloudWatch counts. */
const ruleNames = Object.freeze({
	topicMatch: "isobar_rule_topic_match_total",
	rulesExecuted: "isobar_rule_executed_total",
	parseError: "isobar_rule_parse_error_total",
	ruleMessageThrottled: "isobar_rule_message_throttled_total",
} as const satisfies Partial<Record<keyof RuleCounters, string>>);

function addRuleMetrics(registry: Registry, figures: RuleFigures): void {
	const registers = [registry];
	for (const [counted, name] of Object.entries(ruleNames)) {
		new Counter({
			name,
			help: `${counted} of each rule, as CloudWatch counts it.`,
			labelNames: ["rule"],
			registers,
			collect() {
				this.reset();
				for (const [rule, counters] of figures.rules) {
					this.inc({ rule }, counters[counted as keyof typeof ruleNames]);
				}
			},
		});
	}
	new Counter({
		name: "isobar_rule_not_found_total",
		help: "Messages for rules that are not there or are disabled; beyond a thousand names under none.",
		labelNames: ["rule"],
		registers,
		collect() {
			this.reset();
			for (const [rule, count] of figures.notFound) this.inc({ rule }, count);
		},
	});
	new Counter({
		name: "isobar_rule_action_total",
		help: "Actions of each rule by their type and result, as CloudWatch counts them.",
		labelNames: ["rule", "action", "result"],
		registers,
		collect() {
			this.reset();
			for (const { ruleName, actionType, result, count } of figures.actions) {
				this.inc({ rule: ruleName, action: actionType, result: snake(result) }, count);
			}
		},
	});
}

function snake(result: string): string {
	return result.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

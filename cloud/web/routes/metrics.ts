import { Counter, Gauge, Registry } from "prom-client";
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
			help: `${operation} by result, as CloudWatch counts it.`,
			labelNames: ["result"],
			registers,
			collect() {
				this.reset();
				for (const [key, count] of meters.broker.traffic.counts) {
					const [counted, result] = key.split(".");
					if (counted === operation) this.inc({ result: snake(result!) }, count);
				}
			},
		});
	}
	new Counter({
		name: "isobar_shadow_requests_total",
		help: "GetThingShadow, UpdateThingShadow, DeleteThingShadow by result.",
		labelNames: ["operation", "result"],
		registers,
		collect() {
			this.reset();
			for (const [key, count] of meters.shadows.counts) {
				const [operation, result] = key.split(" ");
				this.inc({ operation: operation!, result: result! }, count);
			}
		},
	});
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
	const { archive, broker } = meters;
	gauge("isobar_connected_clients", "Clients that are connected.", () => broker.connections);
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

function snake(result: string): string {
	return result.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

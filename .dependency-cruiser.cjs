/**
 * The layer table of docs/architecture.md, executed. Each rule names one folder and what it may
 * import; anything else is an error. There are no exceptions: one needs an ADR.
 */
const rooms = "sensing|payload|outbox|mqtt|shadow|jobs|provisioning|clock|power";
const foundation = "^firmware/(base/|limits\\.ts$)";
const ports = "^firmware/ports/";
const wireRooms = "^firmware/(mqtt/(packet|encode|decode|topic)\\.ts$|payload/|sensing/channel\\.ts$|shadow/protocol\\.ts$|jobs/protocol\\.ts$)";
const cloudCore = "^cloud/(services/|rules/engine\\.ts$|registry/(registry|policy)\\.ts$)";

/** One rule: modules of `from` import nothing but `allowed`. */
const only = (name, from, allowed, comment) => ({
	name,
	comment,
	severity: "error",
	from: typeof from === "string" ? { path: from } : from,
	to: { pathNot: Array.isArray(allowed) ? allowed : [allowed] },
});

/** As `only`, but only types may be imported from `typesFrom`. */
const typesOnly = (name, from, to) => ({
	name,
	severity: "error",
	from: { path: from },
	to: { path: to, dependencyTypesNot: ["type-only"] },
});

module.exports = {
	forbidden: [
		{ name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
		{ name: "no-orphans", severity: "error", from: { orphan: true, path: "^(firmware|sensors|simulator|cloud)/", pathNot: "/(ports/|conditions\\.ts$)" }, to: {} },
		only("foundation", foundation, [foundation], "base and limits import nothing outside themselves"),
		only("ports", ports, [ports], "ports are types and know only each other"),
		typesOnly("ports-are-types", "^firmware/(?!platform/)", ports),
		only(
			"rooms",
			{ path: `^firmware/(${rooms})/` },
			[foundation, ports, "^firmware/$1/", "^firmware/sensing/channel\\.ts$", "^firmware/mqtt/topic\\.ts$"],
			"a room imports its own folder, base, limits and types of ports",
		),
		only("channel-table", { path: `^firmware/(?!payload/|sensing/|station/|index|platform/)` , pathNot: "^firmware/(station|index|platform)" }, ["^(?!firmware/sensing/channel\\.ts$)"], "payload alone shares the channel table with sensing"),
		only("mqtt-topic", { path: "^firmware/", pathNot: "^firmware/(mqtt|shadow|jobs|provisioning|station|platform)/|^firmware/index" }, ["^(?!firmware/mqtt/)"], "shadow, jobs and provisioning alone share topics with mqtt"),
		only("station", "^firmware/(station/|index\\.ts$)", ["^firmware/(?!platform/)"], "the station knows every room, no sensor and no platform"),
		only("platform", "^firmware/platform/", ["^firmware/", "^sensors/", "^embedded:", "^(timer|time|mc/config)$", "^isobar:station$"]),
		only("sensors", "^sensors/", ["^sensors/", "^firmware/base/(assert|bytes|crc)\\.ts$", ports], "a driver knows its bus and nothing else"),
		{ name: "drivers-know-no-other", severity: "error", from: { path: "^sensors/(?!catalogue|index)" }, to: { path: "^sensors/", pathNot: "^sensors/(error|register|families)" } },
		typesOnly("sensors-use-port-types", "^sensors/", ports),
		only("kernel", "^simulator/kernel/", ["^simulator/kernel/"]),
		only("weather", "^simulator/weather/", ["^simulator/(weather|kernel)/"]),
		only("parts", "^simulator/parts/", ["^simulator/(parts|kernel|weather)/", ports], "a simulated part never imports its driver"),
		typesOnly("parts-use-port-types", "^simulator/(parts|device)/", ports),
		only("device", { path: "^simulator/device/", pathNot: "/tls\\.ts$" }, ["^simulator/(device|parts|kernel|weather)/", ports, foundation]),
		only("device-tls", "^simulator/device/tls\\.ts$", ["^simulator/(device|kernel)/", ports, foundation, "^(node:)?(tls|net|dns|fs|crypto)(/promises)?$"]),
		only("broker", "^simulator/broker/", ["^simulator/(broker|kernel)/", cloudCore, wireRooms, foundation, ports]),
		only("cloud-core", cloudCore, [cloudCore, wireRooms, foundation, ports], "the cloud core obeys the firmware's rules: it also runs inside the simulator"),
		{ name: "cloud-shell", severity: "error", from: { path: "^cloud/" }, to: { path: "^(firmware/(station|mqtt/(session|link|inflight))|sensors/|simulator/)" } },
		{ name: "fleet-uses-the-station", severity: "error", from: { path: "^simulator/(fleet|commands|dashboard|cli|index)" }, to: { path: `^firmware/(${rooms})/`, dependencyTypesNot: ["type-only"] } },
		{ name: "product-imports-no-test", severity: "error", from: { path: "^(firmware|sensors|simulator|cloud|scripts|examples)/" }, to: { path: "^tests/" } },
	],
	options: {
		doNotFollow: { path: "node_modules" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.json" },
		enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
	},
};

/**
 * The layer table of docs/architecture.md, executed. Each rule names one folder and what it may
 * import; anything else is an error. There are no exceptions: one needs an ADR.
 */
const rooms = "sensing|payload|outbox|mqtt|network|shadow|jobs|provisioning|clock|power";
const foundation = "^firmware/(base/|limits\\.ts$)";
const ports = "^firmware/ports/";
const wireRooms =
	"^firmware/(mqtt/(packet|encode|decode|topic)\\.ts$|payload/|sensing/channel\\.ts$|shadow/protocol\\.ts$|jobs/protocol\\.ts$)";
const cloudCore =
	"^cloud/(services/|rules/(engine\\.ts$|sql/)|registry/(?!authority|store|subject)[^/]+\\.ts$)";

/** What drivers have in common; everything else in `sensors/` is one part's own. */
const driversShare =
	"^sensors/(bussensor|fault|option|pulse|repetition|word|[a-z0-9]+compensation)\\.ts$";

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
		{
			name: "no-cycles",
			severity: "error",
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
		},
		{
			name: "no-orphans",
			severity: "error",
			from: {
				orphan: true,
				path: "^(firmware|sensors|simulator|cloud)/",
				pathNot: "/(ports/|conditions\\.ts$|moddable/(native|declarations)/)",
			},
			to: {},
		},
		only(
			"foundation",
			foundation,
			[foundation],
			"base and limits import nothing outside themselves",
		),
		only("ports", ports, [ports], "ports are types and know only each other"),
		typesOnly("ports-are-types", "^firmware/(?!platform/)", ports),
		only(
			"rooms",
			{ path: `^firmware/(${rooms})/` },
			[
				foundation,
				ports,
				"^firmware/$1/",
				"^firmware/sensing/channel\\.ts$",
				"^firmware/mqtt/topic\\.ts$",
			],
			"a room imports its own folder, base, limits and types of ports",
		),
		{
			name: "channel-table-is-for-payload",
			comment: "payload alone shares the channel table with sensing",
			severity: "error",
			from: { path: `^firmware/(${rooms})/`, pathNot: "^firmware/(payload|sensing)/" },
			to: { path: "^firmware/sensing/" },
		},
		{
			name: "topics-are-for-the-aws-rooms",
			comment: "shadow, jobs and provisioning alone share topics with mqtt",
			severity: "error",
			from: {
				path: `^firmware/(${rooms})/`,
				pathNot: "^firmware/(mqtt|shadow|jobs|provisioning)/",
			},
			to: { path: "^firmware/mqtt/" },
		},
		only(
			"station",
			"^firmware/(station/|index\\.ts$)",
			["^firmware/(?!platform/)"],
			"the station knows every room, no sensor and no platform",
		),
		only("platform", "^firmware/platform/", [
			"^firmware/",
			"^sensors/",
			"^embedded:",
			"^(timer|time|mc/config)$",
			"^isobar:station$",
		]),
		only(
			"sensors",
			"^sensors/",
			["^sensors/", "^firmware/base/(assert|bytes|crc)\\.ts$", ports],
			"a driver knows its bus and nothing else",
		),
		{
			name: "drivers-know-no-other",
			severity: "error",
			from: { path: "^sensors/(?!catalogue|index)" },
			to: { path: "^sensors/", pathNot: driversShare },
		},
		typesOnly("sensors-use-port-types", "^sensors/", ports),
		only("kernel", "^simulator/kernel/", ["^simulator/kernel/"]),
		only("weather", "^simulator/weather/", ["^simulator/(weather|kernel)/"]),
		only(
			"parts",
			"^simulator/parts/",
			["^simulator/(parts|kernel|weather)/", ports],
			"a simulated part never imports its driver",
		),
		typesOnly("parts-use-port-types", "^simulator/(parts|device)/", ports),
		only("device", { path: "^simulator/device/", pathNot: "/tls\\.ts$" }, [
			"^simulator/(device|parts|kernel|weather)/",
			ports,
			foundation,
		]),
		only("device-tls", "^simulator/device/tls\\.ts$", [
			"^simulator/(device|kernel)/",
			ports,
			foundation,
			"^(node:)?(tls|net|dns|fs|crypto)(/promises)?$",
		]),
		only("broker", "^simulator/broker/", [
			"^simulator/(broker|kernel)/",
			cloudCore,
			wireRooms,
			foundation,
			ports,
		]),
		only(
			"cloud-core",
			cloudCore,
			[cloudCore, wireRooms, foundation, ports],
			"the cloud core obeys the firmware's rules: it also runs inside the simulator",
		),
		{
			name: "cloud-shell",
			severity: "error",
			from: { path: "^cloud/" },
			to: { path: "^(firmware/(station|mqtt/(session|link|inflight))|sensors/|simulator/)" },
		},
		{
			name: "fleet-uses-the-station",
			severity: "error",
			from: { path: "^simulator/(fleet|commands|dashboard|cli|index)" },
			to: { path: `^firmware/(${rooms})/`, dependencyTypesNot: ["type-only"] },
		},
		{
			name: "manifests-know-no-firmware",
			comment: "what builds and flashes reads the firmware as files",
			severity: "error",
			from: { path: "^manifests/" },
			to: { path: "^(firmware|sensors|simulator|cloud)/" },
		},
		{
			name: "product-imports-no-test",
			severity: "error",
			from: { path: "^(firmware|sensors|simulator|cloud|manifests|scripts|examples)/" },
			to: { path: "^tests/" },
		},
	],
	options: {
		doNotFollow: { path: "node_modules" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.json" },
		enhancedResolveOptions: {
			exportsFields: ["exports"],
			conditionNames: ["import", "node", "default"],
		},
	},
};

import { durationPattern, milliseconds } from "../fleet/duration.ts";
import { fleetFaults, stationFaults } from "../fleet/faults.ts";
import type { FaultRule } from "../fleet/plan.ts";
import {
	either,
	list,
	mapped,
	number,
	object,
	oneOf,
	optional,
	required,
	type Schema,
	ShapeError,
	text,
	type ValueOf,
	whole,
} from "./shape.ts";

const name = text(
	'a name of lower-case letters, digits and dashes, such as "calm-day"',
	"^[a-z0-9]+(-[a-z0-9]+)*$",
);
const prose = text("a text of 1 to 2000 characters", "^[^]{1,2000}$");
const sensorName = text("the name of a sensor", "^.{1,64}$");
const thing = text("a thing name", "^[a-zA-Z0-9:_-]{1,128}$");

const duration = mapped(
	text('a duration such as "250ms", "30s", "10m", "2h" or "1d"', durationPattern),
	milliseconds,
);
const span = either(
	Array.isArray,
	mapped(list(duration, 2, 2), ([shortest, longest]) => [shortest!, longest!] as const),
	mapped(duration, (one) => [one, one] as const),
);
const moments = either(
	Array.isArray,
	list(duration, 1),
	mapped(duration, (one) => [one]),
);

const path = object({
	delay: optional(duration, "one way"),
	jitter: optional(duration, "on top of the delay, at most"),
	loss: optional(number(0, 0.9), "share of segments that are lost and sent again"),
	window: optional(whole(1, 65_535), "bytes that one side takes before the other has read them"),
	segment: optional(whole(1, 65_535), "bytes of the largest segment"),
});

const cadence = object({
	sampleSeconds: optional(whole(1, 3_600), "seconds between samples"),
	observeSeconds: optional(whole(1, 3_600), "seconds of an observation"),
	reportSeconds: optional(whole(1, 86_400), "seconds between reports"),
});

const choice = object({
	share: optional(number(0, 1), "each station with this probability"),
	things: optional(list(thing, 1), "these stations"),
});

const faultRule = object({
	fault: required(oneOf([...stationFaults, ...fleetFaults]), "what happens"),
	perDay: optional(number(0, 10_000), "times a day, for each station or for the fleet, at random"),
	at: optional(moments, "when, from the start; instead of perDay"),
	for: optional(span, "how long; of two durations anything between"),
	stations: optional(choice, "which stations; all of them by default"),
	from: optional(duration, "no earlier than this, from the start"),
	until: optional(duration, "no later than this, from the start"),
	point: optional(
		oneOf(["moment", "flash", "keyValue", "turn"]),
		"of powerCut and brownOut: in the middle of what; drawn by default",
	),
	sessions: optional(
		oneOf(["kept", "lost"]),
		"of brokerOutage: whether the broker has its sessions afterwards",
	),
	direction: optional(oneOf(["up", "down"]), "of halfOpen: what does not get through"),
	sensor: optional(sensorName, "of sensorFault: which one; drawn by default"),
	part: optional(
		oneOf(["nack", "stuck", "busy", "unplugged", "bounce", "crc", "power"]),
		"of sensorFault: what it has; drawn by default",
	),
	path: optional(path, "of slowLink and narrowLink: what it is like"),
	step: optional(duration, "of clockStep and timeStep: how wrong; drawn by default"),
	desired: optional(cadence, "of shadowChange: what is desired; drawn by default"),
});

const station = object({
	sampleSeconds: optional(whole(1, 3_600), "seconds between samples"),
	observeSeconds: optional(whole(1, 3_600), "seconds of an observation"),
	reportSeconds: optional(whole(1, 86_400), "seconds between reports"),
	qos: optional(oneOf([1, 2]), "QoS of reports"),
	keepAliveSeconds: optional(whole(5, 1_200), "MQTT keep-alive"),
	healthSeconds: optional(whole(10, 86_400), "seconds between health messages"),
	lossWindow: optional(whole(0, 64), "observations that a power cut may take"),
	power: optional(
		oneOf(["mains", "solar"]),
		"solar: sleeps between observations, and leaves out the sensors that count pulses",
	),
	flashBlocks: optional(whole(6, 4_096), "erase blocks of 4 KiB in the outbox partition"),
	driftPpm: optional(number(0, 500), "error of the crystals, at most"),
});

const expectations = object({
	shed: optional(
		oneOf(["none", "some", "any"]),
		"observations that a full flash gives up; none by default",
	),
	connectPeakShare: optional(
		number(0, 1),
		"share of the fleet that may connect within any one second after the first broker outage",
	),
	backWithin: optional(
		duration,
		"all stations are connected again within this time after the first broker outage",
	),
});

const scenario = object({
	$schema: optional(text("a URI", "^.{1,200}$"), "the schema of this file"),
	name: required(name, "what --scenario calls it"),
	title: required(prose, "one line for people"),
	about: optional(prose, "what happens and what it shows"),
	stations: optional(whole(1, 100_000), "stations of the fleet, 10 by default"),
	for: optional(duration, "how long faults happen, one day by default"),
	settle: optional(
		duration,
		"how long everything may take to arrive after the last fault, 30 minutes by default",
	),
	station: optional(station, "what is changed in the station's definition"),
	path: optional(path, "what lies between the stations and the broker in calm times"),
	faults: optional(list(faultRule, 0), "what happens"),
	expect: optional(expectations, "what must be so, beside the invariants that always hold"),
});

/** A scenario as it is written. Durations are ms. */
export type Scenario = ValueOf<typeof scenario>;

/** What the simulator takes a scenario's left-out members for. */
export const usualScenario = Object.freeze({
	stations: 10,
	duration: 86_400_000,
	settle: 1_800_000,
});

/** The published schema of scenario files. */
export const scenarioSchema: Schema = {
	$schema: "https://json-schema.org/draft/2020-12/schema",
	$id: "https://isobar.example/schema/scenario.schema.json",
	title: "Isobar scenario",
	description: "What happens to a simulated fleet. docs/simulator.md explains the members.",
	...scenario.schema,
};

/**
 * Reads a scenario file.
 *
 * @param source  the text of the file
 * @param file    its name, for messages
 * @throws {ShapeError} one line: file, path of the member, what stands there, what was expected
 */
export function parseScenario(source: string, file: string): Scenario {
	let document: unknown;
	try {
		document = JSON.parse(source);
	} catch (error) {
		throw new Error(`${file}: ${(error as Error).message}; expected JSON`);
	}
	try {
		const read = scenario.read(document, "");
		read.faults?.forEach((rule, index) => {
			checkRule(rule, `faults[${index}]`);
		});
		return read;
	} catch (error) {
		if (error instanceof ShapeError) error.message = `${file}: ${error.message}`;
		throw error;
	}
}

type WrittenRule = NonNullable<Scenario["faults"]>[number];

/** What a schema cannot say well. */
function checkRule(rule: WrittenRule, at: string): void {
	const { perDay, at: times, stations, for: span } = rule;
	if ((perDay === undefined) === (times === undefined)) {
		throw new ShapeError(at, rule.fault, "either perDay or at beside it");
	}
	if (
		stations !== undefined &&
		(stations.share === undefined) === (stations.things === undefined)
	) {
		throw new ShapeError(`${at}.stations`, stations, "either share or things");
	}
	if (span !== undefined && (span[0] > span[1] || span[0] === 0)) {
		throw new ShapeError(`${at}.for`, span, "durations above 0, the shorter one first");
	}
}

/** The rules of a scenario as the fault plan takes them. */
export function rulesOf({ faults = [] }: Scenario): readonly FaultRule[] {
	return faults.map((rule) => {
		const { fault, perDay, at, for: span, stations, from, until, ...details } = rule;
		return {
			fault,
			perDay,
			at,
			duration: span,
			from,
			until,
			stations:
				stations?.things === undefined
					? stations && { share: stations.share! }
					: { things: stations.things },
			details,
		};
	});
}

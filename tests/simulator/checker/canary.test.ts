import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { defineStation } from "../../../firmware/index.ts";
import { Stage } from "../../../firmware/outbox/stage.ts";
import type { ReportHead } from "../../../simulator/broker/cloud.ts";
import { VirtualRetainedMemory } from "../../../simulator/device/storage.ts";
import { ArchiveLedger, type Report } from "../../../simulator/fleet/archive.ts";
import { type Invariant, InvariantError } from "../../../simulator/fleet/checker.ts";
import type { VirtualFleet } from "../../../simulator/fleet/virtual.ts";
import { hour, makeFleet, minute, pass, slow } from "../virtual/support.ts";

/*
 * Each of these breaks one thing on purpose, and the checker must see it. One that passes would mean
 * that nobody looks.
 */

/** Runs until an invariant fails, for six hours at most. */
function failureOf(run: () => void): InvariantError {
	try {
		run();
	} catch (error) {
		if (error instanceof InvariantError) return error;
		throw error;
	}
	throw new Error("no invariant failed");
}

function expectFailure(invariant: Invariant, fleet: VirtualFleet, run: () => void): InvariantError {
	const error = failureOf(run);
	expect(error.invariant).toBe(invariant);
	expect(error.message).toContain("seed 1");
	expect(error.message).toContain(new Date(error.time).toISOString());
	// A run that has failed does not go on as if nothing had happened.
	expect(() => pass(fleet, 1)).toThrow(error);
	return error;
}

/** An archive that does something wrong with the rows of one report. */
class BrokenArchive extends ArchiveLedger {
	mode: "forgets" | "repeats" | "invents" | "reverses" | "changes" | "well" = "well";

	override wants(): boolean {
		return true;
	}

	override store(thing: string, head: ReportHead, report: Report | undefined): boolean {
		if (this.mode === "forgets") return true;
		if (this.mode === "changes") {
			const observations = report!.observations.map((one) => ({
				...one,
				values: { ...one.values, airTemperature: one.values.airTemperature! + 0.2 },
			}));
			return super.store(thing, head, { ...report!, observations });
		}
		if (this.mode === "reverses") {
			const second = { ...head, first: head.first + 2, count: head.count - 2 };
			this.mode = "well";
			super.store(thing, second, undefined);
		}
		return super.store(thing, head, report);
	}

	protected override write(
		thing: string,
		sequence: number,
		head: ReportHead,
		report: Report | undefined,
		index: number,
	): void {
		super.write(thing, sequence, head, report, index);
		if (this.mode === "repeats") this.watcher.onRow(thing, sequence);
		if (this.mode === "invents") this.watcher.onRow(thing, sequence + 1_000_000);
	}
}

function withBrokenArchive(mode: BrokenArchive["mode"]): VirtualFleet {
	const fleet = makeFleet(2, {
		createArchive: (watcher, keepsRows) => new BrokenArchive(watcher, keepsRows),
	});
	pass(fleet, 20 * minute);
	(fleet.archive as BrokenArchive).mode = mode;
	return fleet;
}

describe("a canary", () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	test.each([
		["forgets", "lost"],
		["repeats", "twice"],
		["invents", "unknown"],
		["reverses", "order"],
		["changes", "changed"],
	] as const)("an archive that %s fails as %s", (mode, invariant) => {
		const fleet = withBrokenArchive(mode);
		expectFailure(invariant, fleet, () => pass(fleet, hour));
	});

	test("a healthy archive in its place does not fail", () => {
		const fleet = withBrokenArchive("well");
		pass(fleet, hour);
		expect(fleet.ledger()).toMatchObject({ lost: 0, duplicates: 0 });
	});

	test("a flash that is wiped while nobody knows the time fails as reused", () => {
		const fleet = makeFleet();
		const [board] = fleet.boards;
		const [station] = fleet.stations;
		const restart = (): void => {
			station!.powerCut();
			board!.flash.load(new Uint8Array(board!.flash.status().size).fill(0xff));
			board!.crystal.losePower();
			station!.powerOn();
		};
		fleet.timeServer.isUp = false;
		pass(fleet, 10 * minute);
		restart();
		expectFailure("reused", fleet, () => pass(fleet, 10 * minute));
	});

	test("a reset that takes retained memory with it fails as lost", () => {
		const fleet = makeFleet(1, { definition: defineStation({ ...slow, lossWindow: 20 }) });
		fleet.stopBroker(true);
		pass(fleet, 15.5 * minute);
		const [station] = fleet.stations;
		jest.spyOn(VirtualRetainedMemory.prototype, "read").mockImplementation((into) => into.fill(7));
		station!.reset("watchdog");
		expectFailure("lost", fleet, () => pass(fleet, minute));
	});

	test("a power cut that takes more than the stated loss window fails as lost", () => {
		jest.spyOn(Stage.prototype, "hasRoom").mockImplementation(function (this: Stage) {
			return this.count < 12;
		});
		const fleet = makeFleet(1, { definition: defineStation({ ...slow, lossWindow: 4 }) });
		fleet.stopBroker(true);
		pass(fleet, 11.5 * minute);
		fleet.stations[0]!.powerCut();
		expectFailure("lost", fleet, () => fleet.stations[0]!.powerOn());
	});

	test("the same with a stage that keeps to its word is counted as taken", () => {
		const fleet = makeFleet(1, { definition: defineStation({ ...slow, lossWindow: 4 }) });
		fleet.stopBroker(true);
		pass(fleet, 11.5 * minute);
		fleet.stations[0]!.powerCut();
		fleet.stations[0]!.powerOn();
		fleet.startBroker();
		pass(fleet, hour);
		const { made, acknowledged, archived, taken, lost, waiting } = fleet.ledger();
		expect(taken).toBeGreaterThan(0);
		expect(taken).toBeLessThanOrEqual(4);
		expect({ lost, acknowledged }).toEqual({ lost: 0, acknowledged: archived });
		expect(made).toBe(archived + taken + waiting);
	});

	test("a broker that forgets its sessions behind our back fails as once", () => {
		const fleet = makeFleet(1, {
			definition: defineStation({ ...slow, qos: 2 }),
			createArchive: (watcher, keepsRows) =>
				new (class extends ArchiveLedger {
					override store(thing: string, head: ReportHead, report: Report | undefined): boolean {
						// PUBREC is still on its way.
						fleet.clock.schedule(fleet.now + 1, () => fleet.cloud.broker.crash(false));
						return super.store(thing, head, report);
					}
				})(watcher, keepsRows),
		});
		expectFailure("once", fleet, () => pass(fleet, hour));
	});

	test("too many messages under way fail as limit", () => {
		const fleet = makeFleet();
		pass(fleet, minute);
		Object.defineProperty(fleet.stations[0]!.state!, "inflight", { get: () => 13, set: () => {} });
		expect(expectFailure("limit", fleet, () => pass(fleet, hour)).message).toContain("13 messages");
	});

	test("an item in the key-value domain that is too large fails as limit", () => {
		const fleet = makeFleet();
		fleet.boards[0]!.keyValue.write("big", new Uint8Array(513));
		expectFailure("limit", fleet, () => pass(fleet, 2 * hour));
	});

	test("alarms that nobody takes back fail as limit", () => {
		const fleet = makeFleet();
		for (let alarm = 0; alarm < 200; alarm++) fleet.clock.schedule(fleet.now + 10 * hour, () => {});
		expectFailure("limit", fleet, () => pass(fleet, 2 * hour));
	});

	test("a second connection of a station fails as limit", () => {
		const fleet = makeFleet();
		pass(fleet, minute);
		fleet.world.block("station-1", true, true);
		const { Socket } = fleet.world.path("station-1")!;
		const nothing = (): void => {};
		const host = { onReadable: nothing, onWritable: nothing, onError: nothing };
		for (let leak = 0; leak < 2; leak++) {
			new Socket({ address: "10.9.9.9", host: "elsewhere", port: 1, ...host });
		}
		expectFailure("limit", fleet, () => pass(fleet, 2 * hour));
	});

	test("something else on the topic of reports fails as malformed", () => {
		const { topics } = slow;
		const definition = defineStation({ ...slow, topics: { ...topics, health: topics.report } });
		const fleet = makeFleet(1, { definition });
		expectFailure("malformed", fleet, () => pass(fleet, hour));
	});

	test("a write that would set a bit of the flash fails as flash", () => {
		const fleet = makeFleet();
		const { flash } = fleet.boards[0]!;
		flash.write(new Uint8Array(16), 0);
		expect(() => flash.write(new Uint8Array(16).fill(0xff), 0)).toThrow();
		expectFailure("flash", fleet, () => pass(fleet, 2 * hour));
	});

	test("an assertion of the firmware that does not hold fails as crash", () => {
		const fleet = makeFleet();
		pass(fleet, 2 * minute);
		Object.defineProperty(fleet.stations[0]!.state!.lastObservation, "startSeconds", {
			set() {
				throw new Error("assertion failed: a test");
			},
			get: () => 0,
		});
		const error = expectFailure("crash", fleet, () => pass(fleet, 2 * minute));
		expect(error.message).toContain("assertion failed: a test");
	});

	test("a link that stays dead fails as drain", () => {
		const fleet = makeFleet(2);
		pass(fleet, 10 * minute);
		fleet.world.block("station-2", true, true);
		pass(fleet, 20 * minute);
		const error = expectFailure("drain", fleet, () => fleet.settle(30 * minute));
		expect(error.thing).toBe("station-2");
	});

	test("a setting that the station refuses fails as shadow", () => {
		const fleet = makeFleet(2);
		pass(fleet, 10 * minute);
		fleet.cloud.desire("station-1", { sampleSeconds: -5 });
		const error = expectFailure("shadow", fleet, () => fleet.settle(30 * minute));
		expect(error.thing).toBe("station-1");
	});
});

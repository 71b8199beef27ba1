import { beforeAll, describe, expect, test } from "@jest/globals";
import { bundle } from "./bundle.ts";
import { buildEngine, creation, device, type Engine, type Outcome, runEngine } from "./engine.ts";
import { codeByRoom, complaints, record } from "./memory.ts";
import { runOnNode } from "./node.ts";

/** A machine in which a thousand reports leave their garbage lying. */
const vast = { chunk: 256 << 20, slots: 4 << 20, stack: device.stack };

const isFigure = (line: string): boolean => line.startsWith("MEMORY ");
const story = (lines: readonly string[]) => lines.filter((line) => !isFigure(line));

/** What a program has measured, as it printed it. */
function figuresOf({ lines }: Outcome): Record<string, number> {
	return JSON.parse(lines.find(isFigure)!.slice("MEMORY ".length));
}

/** Prints what was measured, and holds it against docs/memory.md. */
function hold(figures: Readonly<Record<string, number>>): void {
	const all = Object.entries(figures).map(([name, measured]) => ({ name, measured }));
	process.stderr.write(`${all.map(({ name, measured }) => `${name} ${measured}`).join(", ")}\n`);
	if (process.env.ISOBAR_MEMORY === "write") record(all);
	expect(complaints(all)).toEqual([]);
}

describe("a station with the usual instruments, on XS", () => {
	let engine: Engine;
	let file: string;

	const run = (sizes: Partial<typeof device>, program: string): Outcome =>
		runEngine(engine, "run", ...creation(sizes), file, program, "world");

	beforeAll(async () => {
		engine = await buildEngine();
		file = await bundle("tests/xs/programs/index.ts");
	});

	test("a day in the heap of an ESP32: every report is that of Node, byte for byte", async () => {
		const outcome = run(device, "day");
		expect(outcome).toMatchObject({ status: 0, error: "" });
		expect(outcome.lines.filter((line) => line.startsWith("report "))).toHaveLength(144);
		// How the run before this one ended is in the first health message.
		expect(outcome.lines.find((line) => line.startsWith("health "))).toContain(
			'"log":["crash, before it: 4711 link: up","crash, before it: 4712 crash: Error: out of paper"',
		);
		expect(story(outcome.lines)).toEqual(story(await runOnNode(file, "day", "world")));
		if (engine.slotBytes === 16) hold(figuresOf(outcome));
	});

	test("a heap that is too small ends the machine, as on the chip", () => {
		const outcome = run({ ...device, chunk: 40_000 }, "day");
		expect(outcome).toMatchObject({ status: 2, error: "XS abort: memory full" });
	});

	test("a thousand reports leave nothing behind, and so much garbage each", () => {
		const outcome = run(vast, "thousandReports");
		expect(outcome).toMatchObject({ status: 0, error: "" });
		const { grownBytes, grownSlots, ...garbage } = figuresOf(outcome);
		expect({ grownBytes, grownSlots }).toEqual({ grownBytes: 0, grownSlots: 0 });
		if (engine.slotBytes === 16) hold(garbage);
	});
});

describe("the portable core, on XS", () => {
	let engine: Engine;

	beforeAll(async () => {
		engine = await buildEngine();
	});

	test("code by room is within its budget, and what docs/memory.md says", async () => {
		const rooms = await codeByRoom(engine);
		const sum = (chosen: typeof rooms) =>
			chosen.reduce((total, { measured }) => total + measured, 0);
		const core = rooms.filter(({ name }) => name.startsWith("firmware"));
		const figures = Object.fromEntries(rooms.map(({ name, measured }) => [name, measured]));
		hold({ ...figures, "portable core": sum(core), everything: sum(rooms) });
	});

	test("every module can be preloaded, and leaves nothing that may change", async () => {
		const outcome = runEngine(engine, "mutable", await bundle("tests/xs/programs/preload.ts"));
		expect(outcome).toEqual({ status: 0, error: "", lines: [] });
	});
});

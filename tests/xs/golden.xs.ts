import { beforeAll, describe, expect, test } from "@jest/globals";
import { bundle } from "./bundle.ts";
import { buildEngine, creation, device, type Engine, runEngine } from "./engine.ts";
import { runOnNode } from "./node.ts";

/** Sockets carry 20,000 bytes in arrays of numbers at both ends of a simulated network. */
const roomy = { chunk: 4 << 20, slots: 64 << 10, stack: 16 << 10 };

describe("on XS as on Node", () => {
	let engine: Engine;
	let file: string;

	beforeAll(async () => {
		engine = await buildEngine();
		file = await bundle("tests/xs/programs/index.ts");
	});

	test.each([
		["storage", device],
		["ports", device],
		["sensors", device],
		["packets", device],
		["payload", device],
		["shadow", device],
		["sockets", roomy],
	] as const)("%s: every case is met, and each line is the same", async (program, sizes) => {
		const outcome = runEngine(engine, "run", ...creation(sizes), file, program);
		expect(outcome).toMatchObject({ status: 0, error: "" });
		expect(outcome.lines.length).toBeGreaterThan(5);
		expect(outcome.lines.filter((line) => line.includes("FAILED"))).toEqual([]);
		expect(outcome.lines).toEqual(await runOnNode(file, program));
	});
});

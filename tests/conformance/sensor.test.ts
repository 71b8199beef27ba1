import { describe, test } from "@jest/globals";
import { catalogue } from "../../sensors/catalogue.ts";
import { Bench } from "../support/bench.ts";
import { sensorCases } from "./sensor.ts";

describe.each(Object.entries(catalogue))("sensor conformance of %s", (_, Driver) => {
	const cases = sensorCases.filter(({ applies }) => applies?.(new Bench(Driver)) ?? true);
	test.each(cases)("$name", ({ run }) => run(new Bench(Driver)));
});

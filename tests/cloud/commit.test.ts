import { expect, test } from "@jest/globals";
import { type Settled, settleAll } from "../../cloud/commit.ts";

test("settleAll calls back when both have, in the order in which callers came, with the first error", () => {
	const said: string[] = [];
	const [left, right]: [Settled[], Settled[]] = [[], []];
	for (const name of ["one", "two"]) {
		settleAll(
			(settled) => left.push(settled),
			(settled) => right.push(settled),
			(error) => said.push(error ? `${name}: ${error.message}` : name),
		);
	}
	left[0]!();
	left[1]!(new Error("no room"));
	expect(said).toEqual([]);
	right[0]!();
	right[1]!(new Error("no disk"));
	expect(said).toEqual(["one", "two: no room"]);
});

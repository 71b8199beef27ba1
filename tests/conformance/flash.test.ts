import { describe, test } from "@jest/globals";
import { VirtualFlash } from "../../simulator/device/storage.ts";
import { flashCases } from "./flash.ts";

describe.each([1, 4, 16])("VirtualFlash with writeAlign %i", (writeAlign) => {
	test.each(flashCases)("$name", ({ run }) => {
		run(new VirtualFlash({ blocks: 4, blockLength: 512, writeAlign }));
	});
});

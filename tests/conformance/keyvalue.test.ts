import { describe, test } from "@jest/globals";
import { VirtualKeyValue } from "../../simulator/device/storage.ts";
import { keyValueCases } from "./keyvalue.ts";

describe("VirtualKeyValue", () => {
	test.each(keyValueCases)("$name", ({ run }) => {
		run(new VirtualKeyValue());
	});
});

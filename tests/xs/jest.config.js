import shared from "../../jest.config.js";

/** `npm run test:xs`: what needs the XS engine, which a package of its own brings in as C. */
export default {
	...shared,
	rootDir: "../..",
	testMatch: ["<rootDir>/tests/xs/*.xs.ts"],
	globalSetup: "<rootDir>/tests/xs/setup.ts",
	testTimeout: 120_000,
};

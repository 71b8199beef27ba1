/** @type {import("jest").Config} */
export default {
	testMatch: ["<rootDir>/{tests,examples}/**/*.test.ts"],
	testEnvironment: "node",
	transform: { "\\.([jt]s|peggy)$": "<rootDir>/tests/support/transform.cjs" },
	// aedes is published as ECMAScript modules only; the tests run as CommonJS.
	transformIgnorePatterns: ["/node_modules/(?!(aedes|jose)/)"],
	moduleNameMapper: { "^isobar/(firmware|sensors|simulator|cloud)$": "<rootDir>/$1/index.ts" },
	modulePathIgnorePatterns: ["<rootDir>/dist/"],
	// For what hangs: a machine that others use, too, may take many times as long as an idle one.
	testTimeout: 300_000,
	// In CI jest would leave one core free, of two.
	maxWorkers: "100%",
};

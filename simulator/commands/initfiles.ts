/** What differs from project to project. */
export interface ProjectFacts {
	readonly name: string;
	/** Board of the station that the project begins with. */
	readonly board: string;
	/** Where Isobar comes from, as in package.json. */
	readonly isobar: string;
	/** Versions that this release is tested with. */
	readonly jest: string;
	readonly typescript: string;
}

/** The files of a project beside its sources, by name. */
export function projectFiles(facts: ProjectFacts): Readonly<Record<string, string>> {
	return {
		"package.json": json(manifest(facts)),
		"tsconfig.json": json(tsconfig),
		"jest.config.js": jestConfig,
		".gitignore": gitignore,
		"README.md": readme(facts),
	};
}

function json(value: object): string {
	return `${JSON.stringify(value, undefined, "\t")}\n`;
}

function manifest({ name, board, isobar, jest, typescript }: ProjectFacts): object {
	return {
		name,
		version: "0.1.0",
		private: true,
		type: "module",
		scripts: {
			start: "isobar up --station station.ts --stations 3",
			simulate: "isobar sim --station station.ts --scenario everything --stations 5 --days 1",
			test: "tsc && node --experimental-vm-modules node_modules/jest/bin/jest.js",
			build: `isobar build --station station.ts --board ${board}`,
			identity: "isobar identity",
			flash: `isobar flash --station station.ts --board ${board}`,
			doctor: "isobar doctor",
		},
		devDependencies: { "@jest/globals": jest, isobar, jest, typescript },
	};
}

const tsconfig = {
	compilerOptions: {
		target: "ES2022",
		lib: ["ES2022"],
		module: "ESNext",
		moduleResolution: "bundler",
		types: [],
		strict: true,
		exactOptionalPropertyTypes: true,
		erasableSyntaxOnly: true,
		verbatimModuleSyntax: true,
		allowImportingTsExtensions: true,
		skipLibCheck: true,
		noEmit: true,
	},
	include: ["*.ts"],
};

const jestConfig = `/** Isobar is made of ECMAScript modules, which jest runs with --experimental-vm-modules. */
export default {
	testMatch: ["<rootDir>/*.test.ts"],
	extensionsToTreatAsEsm: [".ts"],
	transform: { "\\\\.ts$": "isobar/jest" },
	testTimeout: 60_000,
};
`;

/** Keys and archives are in .isobar. */
const gitignore = "node_modules/\n.isobar/\n";

function readme({ name, board }: ProjectFacts): string {
	return `# ${name}

A weather station on [Isobar](node_modules/isobar/README.md): the same \`station.ts\` runs in the simulator and on a board.

| file | what is in it |
|---|---|
| \`station.ts\` | the station: board, buses, sensors, cadence, site |
| \`soil.ts\` | a sensor of your own: the driver, as it runs on the chip |
| \`soilpart.ts\` | the part that answers it in the simulator; never on the chip |
| \`soil.test.ts\` | both, in virtual time: values, a broken cable, an outage with a power cut |

\`\`\`sh
npm install
npm test                        # types, then the tests
npm start                       # three of these stations report to a local cloud, until Ctrl-C
npm run simulate                # a day of five of them with every fault there is, in seconds
npm run doctor                  # what this machine needs for a board
npm run build                   # what each part costs, and the image of an ${board}
npm run identity -- --thing NAME --endpoint HOST --ssid NETWORK
npm run flash -- --port /dev/ttyUSB0 --thing NAME
\`\`\`

Certificates, keys and what the stations have reported are in \`.isobar/\`, which git leaves alone.
`;
}

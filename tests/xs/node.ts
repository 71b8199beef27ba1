import { readFileSync } from "node:fs";
import vm from "node:vm";
import type { Host, Program, Serve } from "./host.ts";

/**
 * Runs a program of a bundle on Node, in a context of its own, with the host that `host/main.c` makes on XS.
 *
 * @returns what it printed
 */
export async function runOnNode(file: string, program: string, world?: string): Promise<string[]> {
	const lines: string[] = [];
	const context = vm.createContext({});
	// The bundle has no imports and no exports, so it is a script as well as a module.
	vm.runInContext(`(() => { "use strict"; ${readFileSync(file, "utf8")} })()`, context);
	const { programs } = context as { programs: Readonly<Record<string, Program>> };
	let serve: Serve | undefined;
	const host: Host = {
		print: (line) => lines.push(line),
		collect: () => {},
		usage: () => {},
		remote: (operation, a, b, bytes) => {
			const { lent } = context as { lent: Uint8Array };
			if (bytes !== undefined) lent.set(bytes);
			const answer = serve!(operation, a, b, bytes?.length ?? 0);
			bytes?.set(lent.subarray(0, bytes.length));
			return answer;
		},
	};
	if (world !== undefined) serve = programs[world]!(host) as Serve;
	await programs[program]!(host);
	return lines;
}

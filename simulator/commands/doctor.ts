import { releasedAt } from "../../firmware/index.ts";
import { type Area, areas, needsOf, realMachine } from "../../manifests/flash.ts";
import { ExitCode, type Host } from "./host.ts";

/** What the user asked for. */
export interface DoctorOptions {
	/** For what the machine is looked at; everything when it is empty. */
	readonly areas: readonly Area[];
	readonly json?: boolean;
}

/** One line of what was found. */
interface Finding {
	readonly area: Area;
	readonly name: string;
	readonly found: string;
	readonly isMet: boolean;
	/** The step that mends it; null where nothing needs mending. */
	readonly step: string | null;
}

/**
 * `isobar doctor`: what this machine has and lacks for a run, the tests, a build and a flash.
 *
 * @returns Failed when something asked for is not met
 */
export async function doctor(options: DoctorOptions, host: Host): Promise<ExitCode> {
	const findings: Finding[] = [];
	for (const area of options.areas.length === 0 ? areas : options.areas) {
		const needs = await needsOf(area, host.machine ?? realMachine, releasedAt);
		findings.push(
			...needs.map(({ name, found, isMet, step }) => ({
				...{ area, name, found, isMet },
				step: isMet ? null : step,
			})),
		);
	}
	host.stdout.write(options.json ? `${JSON.stringify(findings)}\n` : findingsText(findings));
	return findings.every(({ isMet }) => isMet) ? ExitCode.Ok : ExitCode.Failed;
}

function findingsText(findings: readonly Finding[]): string {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const lines: string[] = [];
	for (const area of new Set(findings.map((one) => one.area))) {
		lines.push(area);
		for (const { name, found, isMet, step } of findings.filter((one) => one.area === area)) {
			lines.push(`  ${isMet ? "ok" : "no"}  ${name.padEnd(width)}  ${found}`);
			if (step !== null) lines.push(`      ${" ".repeat(width)}  ${step}`);
		}
	}
	return `${lines.join("\n")}\n`;
}

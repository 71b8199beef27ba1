import type { Command } from "commander";
import type { ExitCode, Host } from "../host.ts";
import { addCertificateVerbs } from "./cert.ts";
import { Noun } from "./command.ts";
import { addBillingVerbs, addGroupVerbs, addTypeVerbs } from "./group.ts";
import { addPolicyVerbs } from "./policy.ts";
import { addShadowVerbs } from "./shadow.ts";
import { addThingVerbs } from "./thing.ts";

/**
 * Adds the commands about what a cloud has registered. They talk to the cloud that runs on the data
 * directory, and open the directory itself where none does.
 */
export function addRegistryCommands(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
	const noun = (name: string, description: string): Noun =>
		new Noun(program, host, onEnd, name, description);
	addThingVerbs(noun("thing", "Things: what the cloud knows of a station."));
	addTypeVerbs(noun("type", "Thing types."));
	addGroupVerbs(noun("group", "Thing groups; a policy of a group counts for its things."));
	addBillingVerbs(noun("billing", "Billing groups."));
	addCertificateVerbs(noun("cert", "Certificates: who may connect."));
	addPolicyVerbs(noun("policy", "Policies: what a certificate may do."));
	addShadowVerbs(noun("shadow", "Shadows: what a station is asked for, and what it reports."));
}

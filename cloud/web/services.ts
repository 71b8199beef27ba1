import type { Hono } from "hono";
import type { Archive } from "../archive.ts";
import type { Broker } from "../broker.ts";
import type { IotLog } from "../iotlog.ts";
import type { Listener } from "../listener.ts";
import type { Message } from "../message.ts";
import type { Notices } from "../notice/notices.ts";
import type { Authorities } from "../provisioning/authorities.ts";
import type { ProvisioningClaim } from "../provisioning/service.ts";
import type { Templates } from "../provisioning/templates.ts";
import type { Authority } from "../registry/authority.ts";
import type { RegistryStore } from "../registry/store.ts";
import type { RuleFiles } from "../rules/files.ts";
import type { Rules } from "../rules/rules.ts";
import type { RulesService } from "../rules/service.ts";
import type { Shadows } from "../shadows.ts";
import type { Series } from "../store/series.ts";
import type { FaultControl } from "./faults.ts";
import type { Watch } from "./live/watch.ts";

/** What the routes of the HTTP API are made from. */
export interface Services {
	/** What ARNs have to say. */
	readonly region: string;
	readonly accountId: string;
	readonly registry: RegistryStore;
	readonly authority: Authority;
	readonly shadows: Shadows;
	readonly templates: Templates;
	readonly authorities: Authorities;
	readonly ruleFiles: RuleFiles;
	/** Not there where a data directory is looked at whose cloud does not run. */
	readonly views?: Views | undefined;
	/** Not there where a data directory is looked at whose cloud does not run. */
	readonly meters?: Meters | undefined;
	/** Not there where a data directory is looked at whose cloud does not run. */
	readonly live?: Live | undefined;
}

/** The parts that count what they do. */
export interface Meters {
	readonly broker: Broker;
	readonly archive: Archive;
	readonly shadows: Shadows;
	readonly rules: Rules;
	readonly listener: Listener;
}

/** What there is only while a cloud runs. */
export interface Live {
	/** Host and port that devices connect to. */
	readonly endpoint: string;
	/** Keeps a message and then publishes it. Rejects when it is refused or can't be kept. */
	publish(message: Message): Promise<void>;
	retained(): readonly Message[];
	/** Closes the connection of a client. @returns whether there was one */
	disconnect(clientId: string): boolean;
	/** A claim certificate for one device, good for five minutes. */
	createProvisioningClaim(templateName: string): Promise<ProvisioningClaim>;
	readonly rules: RulesService;
	/** What has happened, and the mails about it. */
	readonly notices: Notices;
	readonly iotLog: IotLog;
}

/** What the page shows. */
export interface Views {
	/** Time series of the archive. */
	readonly series: Series;
	/** What each station says now, figures over time, and news. */
	readonly watch: Watch;
	/** Of the simulator beside us; `undefined` while there is none. */
	faults(): FaultControl | undefined;
}

/**
 * Adds routes to the API. A module of routes exports one of these, stands in the list of `routes.ts`
 * and has its operations in `schema/openapi.json`; `operate` adds one of those.
 *
 * A route throws `ApiFault`, `RegistryFault` or `ShadowRejected` for what it refuses; anything else
 * that is thrown is logged and answered as `InternalFailureException`.
 */
export type RouteModule = (app: Hono, services: Services) => void;

import { join } from "node:path";
import targetsSchema from "../../schema/targets.schema.json";
import { ConfigFile, schemaOf } from "../configfile.ts";
import { readIfPresent } from "../file.ts";
import type { IotLog } from "../iotlog.ts";
import type { Notices } from "../notice/notices.ts";
import type { Timers } from "../timers.ts";
import { Vault } from "../vault/vault.ts";
import { makeActions, type Targets } from "./actions/catalogue.ts";
import { Functions } from "./actions/functions.ts";
import { LineFiles } from "./actions/lines.ts";
import { RuleMetrics } from "./actions/metrics.ts";
import { Queues } from "./actions/queues.ts";
import { type Buffering, Streams } from "./actions/streams.ts";
import type { Subscription } from "./actions/topics.ts";
import { RuleFiles } from "./files.ts";
import { targetsFile } from "./rulefile.ts";
import { Rules } from "./rules.ts";
import type { Environment } from "./sql/scope.ts";

export interface RulesServiceOptions {
	/** Folders with rules; the first is that of the data directory, and has `functions/`. */
	readonly ruleDirs: readonly string[];
	/** Folder of what rules write. */
	readonly targetsDir: string;
	/** Folder of the journal and of what failed. */
	readonly stateDir: string;
	/** How all of that stands on disk; as it is unless given. */
	readonly vault?: Vault;
	readonly environment: Environment;
	readonly timers: Timers;
	readonly notices: Notices;
	readonly iotLog?: IotLog | undefined;
	readonly publish: Targets["publish"];
	log(line: string): void;
}

/** The rules of a cloud with everything that their actions write to. */
export interface RulesService {
	readonly rules: Rules;
	/** A change of a file through this counts at once. */
	readonly files: RuleFiles;
	readonly queues: Queues;
	readonly metrics: RuleMetrics;
	kill(): void;
	close(): Promise<void>;
}

interface TargetsDocument {
	readonly topics?: Readonly<Record<string, readonly Subscription[]>>;
	readonly streams?: Readonly<Record<string, Buffering>>;
}

/** @throws {ConfigFault} when `targets.json` can't be used; a rule that can't is reported and left out */
export async function openRules(options: RulesServiceOptions): Promise<RulesService> {
	const { ruleDirs, targetsDir, timers, log, notices, vault = Vault.plain } = options;
	const { topics = {}, streams: settings = {} } = await readTargets(ruleDirs);
	const files = new RuleFiles(ruleDirs);
	const queues = await Queues.open(join(targetsDir, "queues"), timers, vault);
	const streamsDir = join(targetsDir, "streams");
	const streams = await Streams.open({ directory: streamsDir, vault, settings, timers, log });
	const tables = new LineFiles(join(targetsDir, "tables"), vault);
	const functions = new Functions(join(ruleDirs[0]!, "functions"));
	const metrics = new RuleMetrics();
	const actions = makeActions({
		objectsDir: join(targetsDir, "objects"),
		vault,
		streams,
		tables,
		metrics,
		topics,
		queues,
		functions,
		mailbox: notices.mailbox,
		publish: options.publish,
	});
	const rules = await Rules.open({
		...(await files.read()),
		actions,
		topics,
		directory: options.stateDir,
		vault,
		environment: options.environment,
		timers,
		events: notices.events,
		iotLog: options.iotLog,
		log,
	});
	files.onChange = (found) => rules.set(found);
	let isClosed = false;
	return {
		rules,
		files,
		queues,
		metrics,
		kill() {
			if (isClosed) return;
			isClosed = true;
			rules.kill();
			void queues.kill();
			void tables.kill();
			void functions.close();
		},
		async close() {
			if (isClosed) return;
			isClosed = true;
			await rules.close();
			await streams.close();
			await tables.close();
			await queues.close();
			await functions.close();
		},
	};
}

/** Of several folders the later ones add to the first. */
async function readTargets(directories: readonly string[]): Promise<TargetsDocument> {
	let topics: TargetsDocument["topics"] = {};
	let streams: TargetsDocument["streams"] = {};
	for (const directory of directories) {
		const path = join(directory, targetsFile);
		const text = await readIfPresent(path);
		if (text === undefined) continue;
		const file = new ConfigFile(path, text);
		file.check(schemaOf(targetsSchema));
		const document = file.value as TargetsDocument;
		topics = { ...topics, ...document.topics };
		streams = { ...streams, ...document.streams };
	}
	return { topics, streams };
}

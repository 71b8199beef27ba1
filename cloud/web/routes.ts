import { authorities } from "./routes/authorities.ts";
import { billing } from "./routes/billing.ts";
import { certificates } from "./routes/certificates.ts";
import { document } from "./routes/document.ts";
import { faults } from "./routes/faults.ts";
import { groups } from "./routes/groups.ts";
import { health } from "./routes/health.ts";
import { logging } from "./routes/logging.ts";
import { messages } from "./routes/messages.ts";
import { metrics } from "./routes/metrics.ts";
import { notices } from "./routes/notices.ts";
import { policies } from "./routes/policies.ts";
import { principals } from "./routes/principals.ts";
import { rules } from "./routes/rules.ts";
import { series } from "./routes/series.ts";
import { shadows } from "./routes/shadows.ts";
import { stations } from "./routes/stations.ts";
import { tags } from "./routes/tags.ts";
import { targets } from "./routes/targets.ts";
import { templates } from "./routes/templates.ts";
import { things } from "./routes/things.ts";
import { topicRules } from "./routes/topicrules.ts";
import { types } from "./routes/types.ts";
import type { RouteModule } from "./services.ts";

/** Every module of routes; a new one is a line here. */
export const routeModules: readonly RouteModule[] = [
	document,
	health,
	metrics,
	logging,
	things,
	types,
	groups,
	billing,
	tags,
	principals,
	certificates,
	policies,
	targets,
	templates,
	authorities,
	shadows,
	messages,
	rules,
	notices,
	topicRules,
	stations,
	series,
	faults,
];

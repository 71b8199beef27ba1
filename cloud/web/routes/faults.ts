import { ApiFault } from "../fault.ts";
import type { FaultControl } from "../faults.ts";
import { viewsOf } from "../query.ts";
import type { RouteModule } from "../services.ts";

/** What can be done to the stations of a simulator beside us. */
export const faults: RouteModule = (app, services) => {
	function control(): FaultControl {
		const found = viewsOf(services).faults();
		if (found) return found;
		throw new ApiFault(
			"ResourceNotFoundException",
			"no simulator runs beside this cloud; `isobar up` runs one",
		);
	}

	app.get("/api/isobar/faults", (context) => {
		const { kinds, things } = control();
		return context.json({ kinds, things });
	});
	app.post("/api/isobar/faults", async (context) => {
		const { kinds, things } = control();
		const { kind, thing } = await bodyOf(context.req.text());
		const done = control().inject(kind, thing);
		if (done !== undefined) return context.json({ thing, kind, done });
		const isKind = kinds.some(({ name }) => name === kind);
		const expected = isKind
			? `thing is ${JSON.stringify(thing)}; expected one of the ${things.length} of the simulator`
			: `kind is ${JSON.stringify(kind)}; expected one of ${kinds.map(({ name }) => name).join(", ")}`;
		throw new ApiFault("InvalidRequestException", expected);
	});
};

async function bodyOf(body: Promise<string>): Promise<{ kind: string; thing: string }> {
	try {
		const { kind, thing } = JSON.parse(await body);
		if (typeof kind === "string" && typeof thing === "string") return { kind, thing };
	} catch {
		// Said below.
	}
	throw new ApiFault("InvalidRequestException", 'expected {"kind":"…","thing":"…"}');
}

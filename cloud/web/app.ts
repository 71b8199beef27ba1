import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, setCookie } from "hono/cookie";
import { messageOf } from "../fault.ts";
import { ApiFault, faultOf } from "./fault.ts";
import {
	bearerOf,
	protect,
	requireLoopbackName,
	requireSameOrigin,
	requireToken,
	sessionCookie,
} from "./guard.ts";
import { servePage } from "./page.ts";
import { routeModules } from "./routes.ts";
import type { Services } from "./services.ts";

/** Twice what the largest request needs: a message of 128 KB. */
const bodyBytes = 256 * 1024;

export interface AppOptions {
	/** Asked for with every request to the API; `undefined` where only this machine gets in. */
	readonly token: string | undefined;
	/** The files of the page. */
	readonly pageDir?: string | undefined;
	log(line: string): void;
}

/** The HTTP API and the page, as a function from a request to an answer: it needs no socket. */
export function makeApp(services: Services, options: AppOptions): Hono {
	const { token, pageDir, log } = options;
	const app = new Hono();
	app.use(protect);
	if (token === undefined) app.use(requireLoopbackName);
	app.use(requireSameOrigin);
	app.use(bodyLimit({ maxSize: bodyBytes, onError: refuseBody }));
	if (token !== undefined) {
		for (const path of ["/api/*", "/health", "/metrics"]) app.use(path, requireToken(token));
	}
	addSession(app);
	for (const add of routeModules) add(app, services);
	servePage(app, pageDir);
	app.notFound((context) => {
		const { method, path } = context.req;
		const what = `there is no ${method} ${path}; /api/openapi.json says what there is`;
		return refuse(new ApiFault("UnknownOperationException", what));
	});
	app.onError((error, { req }) => {
		const fault = faultOf(error);
		if (fault) return refuse(fault);
		log(`http: ${req.method} ${req.path} failed: ${messageOf(error)}`);
		return refuse(new ApiFault("InternalFailureException", "the cloud failed; its log says why"));
	});
	return app;
}

/** A browser hands in the token once and has a cookie from then on that no script can read. */
function addSession(app: Hono): void {
	app.post("/api/isobar/session", (context) => {
		const token = bearerOf(context);
		if (token !== undefined) {
			setCookie(context, sessionCookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
		}
		return context.body(null, 204);
	});
	app.delete("/api/isobar/session", (context) => {
		deleteCookie(context, sessionCookie);
		return context.body(null, 204);
	});
}

function refuse({ code, message, status }: ApiFault): Response {
	return Response.json({ code, message }, { status, headers: { "x-amzn-errortype": code } });
}

function refuseBody(): never {
	throw new ApiFault("RequestEntityTooLargeException", `a body of more than ${bodyBytes} bytes`);
}

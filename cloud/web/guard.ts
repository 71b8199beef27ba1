import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { ApiFault } from "./fault.ts";

/** The cookie that stands for the token in a browser: an EventSource can send no header. */
export const sessionCookie = "isobar-session";

/** Nothing but our own files: no inline script, no other origin, no frame around the page. */
const contentSecurityPolicy = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'self'",
	"manifest-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
].join("; ");

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Says with each answer what a browser may do with it. */
export const protect: MiddlewareHandler = async (context, next) => {
	await next();
	const headers = context.res.headers;
	headers.set("content-security-policy", contentSecurityPolicy);
	headers.set("x-content-type-options", "nosniff");
	headers.set("referrer-policy", "no-referrer");
	headers.set("cross-origin-resource-policy", "same-origin");
	headers.set("cross-origin-opener-policy", "same-origin");
	// Figures of a moment, and keys that are shown once.
	if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
};

/**
 * Refuses a name that is not of this machine: a page of somebody else whose name has been pointed to
 * 127.0.0.1 would otherwise be of the same origin as we are (DNS rebinding).
 */
export const requireLoopbackName: MiddlewareHandler = async (context, next) => {
	const host = context.req.header("host") ?? "";
	if (!isLoopback(hostNameOf(host))) {
		throw new ApiFault(
			"ForbiddenException",
			`the Host header is ${JSON.stringify(host)}; expected localhost, 127.0.0.1 or [::1]`,
		);
	}
	await next();
};

/** Refuses what a page of another origin would have changed (Fetch Metadata, RFC 6454 §7). */
export const requireSameOrigin: MiddlewareHandler = async (context, next) => {
	if (!["GET", "HEAD", "OPTIONS"].includes(context.req.method) && isForeign(context)) {
		throw new ApiFault("ForbiddenException", "the request comes from a page of another origin");
	}
	await next();
};

/** Lets in who shows the token: as a bearer token (RFC 6750 §2.1), or by the cookie of a session. */
export function requireToken(token: string): MiddlewareHandler {
	return async (context, next) => {
		const shown = bearerOf(context) ?? getCookie(context, sessionCookie);
		if (shown === undefined || !isSame(shown, token)) {
			throw new ApiFault(
				"UnauthorizedException",
				"expected `Authorization: Bearer TOKEN` with the token of the data directory",
			);
		}
		await next();
	};
}

export function bearerOf(context: Context): string | undefined {
	return /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
}

function isForeign({ req }: Context): boolean {
	const site = req.header("sec-fetch-site");
	if (site !== undefined && site !== "same-origin" && site !== "none") return true;
	const origin = req.header("origin");
	return origin !== undefined && origin.replace(/^https?:\/\//, "") !== req.header("host");
}

function hostNameOf(host: string): string {
	return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/** Takes the same time whatever differs. */
function isSame(left: string, right: string): boolean {
	const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(left), digest(right));
}

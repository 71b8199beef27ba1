import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Hono } from "hono";
import { routeModules } from "../../../cloud/web/routes.ts";
import type { Services } from "../../../cloud/web/services.ts";
import { ApiClient, operations } from "../../support/api.ts";
import { CloudBench } from "../../support/cloud.ts";

let bench: CloudBench;
beforeEach(() => {
	bench = new CloudBench();
});
afterEach(() => bench.end());

async function open(http: object = {}): Promise<ApiClient> {
	const cloud = await bench.start({ http: { port: 0, ...http } });
	return new ApiClient(cloud.httpUrl!);
}

/** The status of a request with headers that fetch would set itself. */
function statusOf(url: string, method: string, headers: Record<string, string>): Promise<number> {
	return new Promise((resolve, reject) => {
		const sent = request(url, { method, headers }, (response) => {
			response.resume();
			resolve(response.statusCode!);
		});
		sent.on("error", reject).end();
	});
}

describe("the document", () => {
	test("has every route, and no other", () => {
		const app = new Hono();
		for (const add of routeModules) add(app, {} as Services);
		const routes = app.routes
			.filter(({ method }) => method !== "ALL")
			.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`);
		const session = ["POST /api/isobar/session", "DELETE /api/isobar/session"];
		expect([...new Set([...routes, ...session])].sort()).toEqual([...operations.keys()].sort());
	});

	test("names each operation once, and each answer has its refusal", () => {
		const all = [...operations.values()];
		expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length);
		expect(all.filter(({ responses }) => !("default" in responses))).toEqual([]);
	});

	test("is served", async () => {
		const api = await open();
		const { body } = await api.get("/api/openapi.json");
		expect(body).toEqual(JSON.parse(readFileSync("schema/openapi.json", "utf8")));
	});
});

describe("the server", () => {
	test("is there when it is asked for, says where, and is gone with its cloud", async () => {
		const none = await bench.start();
		expect(none.httpUrl).toBeUndefined();
		await none.close();
		const cloud = await bench.start({ http: { port: 0 } });
		expect(cloud.httpUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
		const api = new ApiClient(cloud.httpUrl!);
		expect(await api.get("/health")).toMatchObject({ status: 200, body: { status: "ok" } });
		await cloud.close();
		await expect(api.get("/health")).rejects.toThrow();
	});

	test("goes with a crash, too, and the port is free again", async () => {
		const cloud = await bench.start({ http: { port: 0 } });
		const port = Number(new URL(cloud.httpUrl!).port);
		cloud.kill();
		const api = await open({ port });
		expect((await api.get("/health")).status).toBe(200);
	});

	test("a port in use is one clear line, and nothing stays open", async () => {
		const first = await bench.start({ http: { port: 0 } });
		const port = Number(new URL(first.httpUrl!).port);
		const other = new CloudBench();
		await expect(other.start({ http: { port } })).rejects.toMatchObject({
			code: "EADDRINUSE",
			message: `can't serve HTTP on port ${port} of 127.0.0.1: it is in use; choose another with --http-port, 0 for a free one, or --no-http`,
		});
		await other.start({ http: { port: 0 } });
		await other.end();
	});

	test("what is not there is refused as AWS does, in words that help", async () => {
		const api = await open();
		const { status, headers, body } = await api.get("/api/nothing");
		expect([status, headers.get("x-amzn-errortype")]).toEqual([404, "UnknownOperationException"]);
		expect(body).toEqual({
			code: "UnknownOperationException",
			message: "there is no GET /api/nothing; /api/openapi.json says what there is",
		});
	});

	test("a body without end is refused", async () => {
		const api = await open();
		const { status } = await api.post("/api/isobar/session", "x".repeat(256 * 1024 + 1));
		expect(status).toBe(413);
	});
});

describe("who is let in", () => {
	test("on loopback a name of somebody else is refused (DNS rebinding)", async () => {
		const { httpUrl } = await bench.start({ http: { port: 0 } });
		const of = (host: string) => statusOf(`${httpUrl}/health`, "GET", { host });
		expect(await of("localhost:1")).toBe(200);
		expect(await of("127.0.0.1")).toBe(200);
		expect(await of("[::1]:8080")).toBe(200);
		expect(await of("evil.example:8080")).toBe(403);
		expect(await of("localhost.evil.example")).toBe(403);
		expect(await of("127.0.0.1.evil.example")).toBe(403);
	});

	test("a change that a page of another origin asks for is refused", async () => {
		const { httpUrl } = await bench.start({ http: { port: 0 } });
		const { host, origin } = new URL(httpUrl!);
		const post = (headers: Record<string, string>) =>
			statusOf(`${httpUrl}/api/isobar/session`, "POST", { host, ...headers });
		expect(await post({})).toBe(204);
		expect(await post({ origin })).toBe(204);
		expect(await post({ origin, "sec-fetch-site": "same-origin" })).toBe(204);
		expect(await post({ origin: "http://evil.example" })).toBe(403);
		expect(await post({ origin: "null" })).toBe(403);
		expect(await post({ origin: "http://localhost:1" })).toBe(403);
		expect(await post({ "sec-fetch-site": "cross-site" })).toBe(403);
		expect(await post({ "sec-fetch-site": "same-site" })).toBe(403);
		// To look is the browser's to forbid: nothing here allows it to other origins.
		const seen = await fetch(`${httpUrl}/health`, { headers: { origin: "http://evil.example" } });
		expect(seen.headers.get("access-control-allow-origin")).toBeNull();
	});

	test("every answer says that nothing but our own files may run", async () => {
		const api = await open();
		for (const path of ["/", "/health", "/api/nothing"]) {
			const { headers } = await api.get(path);
			const policy = headers.get("content-security-policy")!;
			expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
			expect(policy).not.toContain("unsafe");
			expect(headers.get("x-content-type-options")).toBe("nosniff");
			expect(headers.get("cache-control")).toBe("no-store");
		}
	});

	test("on an address that others reach it takes the token, whose file is its owner's alone", async () => {
		const { httpUrl } = await bench.start({ http: { port: 0, host: "0.0.0.0" } });
		const url = httpUrl!.replace("0.0.0.0", "127.0.0.1");
		const file = join(bench.dataDir, "http.token");
		await bench.logged(new RegExp(`^http: requests need the token in ${file}$`));
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const token = bench.read("http.token").trim();
		expect(bench.lines.join("\n")).not.toContain(token);

		const stranger = new ApiClient(url);
		for (const path of ["/health", "/metrics", "/api/openapi.json"]) {
			expect((await stranger.get(path)).status).toBe(401);
		}
		expect((await stranger.post("/api/isobar/session")).status).toBe(401);
		const wrong = await stranger.get("/health", { authorization: `Bearer ${token}x` });
		expect(wrong.body.code).toBe("UnauthorizedException");
		const owner = new ApiClient(url, { authorization: `Bearer ${token}` });
		expect((await owner.get("/health")).status).toBe(200);
		// The files of the page say nothing of anybody.
		expect((await stranger.get("/")).status).toBe(200);
	});

	test("a browser has a cookie for the token that no script can read", async () => {
		const { httpUrl } = await bench.start({ http: { port: 0, host: "0.0.0.0" } });
		const api = new ApiClient(httpUrl!.replace("0.0.0.0", "127.0.0.1"));
		const authorization = `Bearer ${bench.read("http.token").trim()}`;
		const { headers } = await api.post("/api/isobar/session", undefined, { authorization });
		const [cookie, ...words] = headers.get("set-cookie")!.split("; ");
		expect(words).toEqual(expect.arrayContaining(["HttpOnly", "SameSite=Strict", "Path=/"]));
		expect((await api.get("/health", { cookie: cookie! })).status).toBe(200);
		expect((await api.get("/health", { cookie: `${cookie}x` })).status).toBe(401);
		const gone = await api.call("DELETE", "/api/isobar/session", undefined, { cookie: cookie! });
		expect(gone.headers.get("set-cookie")).toMatch(/^isobar-session=;.*Max-Age=0/);
	});
});

describe("the page", () => {
	test("where it has not been built, one line says so", async () => {
		const api = await open({ pageDir: join(bench.dataDir, "page") });
		const { status, body } = await api.get("/");
		expect([status, body]).toEqual([200, expect.stringContaining("/api/openapi.json")]);
	});

	test("its files are served, its own addresses lead to it, and nothing beside it is reached", async () => {
		const pageDir = join(bench.dataDir, "page");
		mkdirSync(pageDir);
		writeFileSync(join(pageDir, "index.html"), "<!doctype html><title>Isobar</title>");
		writeFileSync(join(pageDir, "page.js"), "export {};");
		const api = await open({ pageDir });
		const page = await api.get("/");
		expect(page.headers.get("content-type")).toMatch(/^text\/html/);
		expect((await api.get("/stations/a")).body).toBe(page.body);
		expect((await api.get("/page.js")).headers.get("content-type")).toMatch(/^text\/javascript/);
		expect((await api.get("/missing.js")).status).toBe(404);
		expect((await api.get("/api/missing")).status).toBe(404);
		expect((await api.get("/..%2fca.key")).status).toBe(404);
		const { httpUrl } = await bench.start({
			dataDir: join(bench.dataDir, "b"),
			http: { port: 0, pageDir },
		});
		expect(await statusOf(`${httpUrl}/../ca.key`, "GET", {})).toBe(404);
	});
});

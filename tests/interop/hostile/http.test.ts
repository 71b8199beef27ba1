import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { NewsStream } from "../../../cloud/web/live/stream.ts";
import { pass, Siege, until } from "../../support/siege.ts";

const bounds = {
	httpHeadersMs: 3_000,
	httpRequestMs: 6_000,
	httpConnections: 100,
	newsReaders: 5,
	newsBytes: 64 * 1024,
};

let siege: Siege;
beforeEach(async () => {
	siege = await Siege.begin(bounds);
});
afterEach(() => siege.abandon());

/** A connection to the HTTP side, and what has come over it. */
async function open(): Promise<{ socket: Socket; text(): string }> {
	const socket = await siege.plain(Number(new URL(siege.cloud.httpUrl!).port));
	let got = "";
	socket.on("data", (bytes: Buffer) => {
		got += bytes.toString("latin1");
	});
	return { socket, text: () => got };
}

/** Sends a request as it stands. @returns the status */
async function ask(text: string): Promise<{ status: number; body: string }> {
	const connection = await open();
	connection.socket.write(text);
	await until(() => /^HTTP\/1\.1 \d+ .*\r\n\r\n/s.test(connection.text()), "an answer");
	connection.socket.end();
	await siege.closed(connection.socket);
	const body = connection.text();
	return { status: Number(body.slice(9, 12)), body };
}

const host = "Host: localhost\r\n";

test("bodies that are huge, endless or slow", async () => {
	const put = `POST /api/things/x/shadow HTTP/1.1\r\n${host}`;
	expect((await ask(`${put}Content-Length: 4000000000\r\n\r\n{`)).status).toBe(413);

	const endless = await open();
	endless.socket.write(`${put}Transfer-Encoding: chunked\r\n\r\n`);
	const piece = `4000\r\n${"x".repeat(0x4000)}\r\n`;
	let pieces = 0;
	while (!endless.socket.destroyed && !endless.text().includes("413")) {
		if (!endless.socket.write(piece)) await pass(1);
		if (++pieces % 64 === 0) await pass(1);
	}
	const slow = await open();
	slow.socket.write(`${put}Content-Length: 1000\r\n\r\n`);
	while (!slow.socket.destroyed) {
		slow.socket.write("x");
		await pass(100);
	}
	await siege.end();
});

test("headers that are endless or slow", async () => {
	const lines = "X-More: 0123456789\r\n".repeat(2_000);
	expect((await ask(`GET /health HTTP/1.1\r\n${host}${lines}\r\n`)).status).toBe(431);
	const slow = await open();
	slow.socket.write("GET /health HTTP/1.1\r\n");
	while (!slow.socket.destroyed) {
		slow.socket.write("X-More: 1\r\n");
		await pass(100);
	}
	await siege.end();
});

describe("requests for what is not theirs", () => {
	test("paths out of the page, another Host, none, and bytes that are no HTTP", async () => {
		const paths = ["/../ca.key", "/%2e%2e/%2e%2e/ca.key", "/..%2f..%2fca.key", "/a/..\\..\\ca.key"];
		for (const path of paths) {
			const { status, body } = await ask(`GET ${path} HTTP/1.1\r\n${host}\r\n`);
			expect([path, [400, 404].includes(status)]).toEqual([path, true]);
			expect(body).not.toContain("PRIVATE KEY");
		}
		expect((await ask("GET /api/things HTTP/1.1\r\nHost: evil.example\r\n\r\n")).status).toBe(403);
		expect((await ask("GET /api/things HTTP/1.1\r\n\r\n")).status).toBe(400);
		expect((await ask("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")).status).toBe(400);
		await siege.end();
	});
});

test("connections beyond the bound are closed, and there is room again when others go", async () => {
	const first = [];
	for (let index = 0; index < 90; index++) first.push(await open());
	const more = await Promise.all(Array.from({ length: 40 }, open));
	await until(() => more.some(({ socket }) => socket.destroyed), "some of them are closed");
	for (const { socket } of [...first, ...more]) socket.destroy();
	await siege.end();
});

test("who follows the news and never reads has a bound, in number and in bytes", async () => {
	const request = `GET /api/isobar/stream HTTP/1.1\r\n${host}\r\n`;
	const readers = [];
	for (let index = 0; index < 5; index++) {
		const reader = await open();
		reader.socket.write(request);
		await until(() => reader.text().includes("isobar"), "it is heard");
		reader.socket.pause();
		readers.push(reader);
	}
	expect((await ask(request)).status).toBe(503);
	for (const { socket } of readers) socket.destroy();
	await until(async () => (await ask(request)).status === 200, "there is room again");
	await siege.end();
});

test("news for a reader that takes none are dropped with the reader", async () => {
	const stream = new NewsStream({ newsReaders: 2, newsBytes: 10_000 });
	const reader = stream.open()!.getReader();
	for (let index = 0; index < 4; index++) {
		stream.tell({ event: "figures", data: { text: "x".repeat(4_000) } });
	}
	expect(stream.isHeard).toBe(false);
	await expect(reader.read()).rejects.toThrow("too slow");
});

import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { type Area, BrowserBench, buildPage, pixelsOf } from "../support/browser.ts";
import { CloudBench } from "../support/cloud.ts";

/*
 * What is to be understood without a manual: on one summer day in Colorado, of which the archive has an
 * observation every ten minutes but for four hours, with one value that changed too fast and one that is
 * missing.
 */

const dayStart = Date.UTC(2026, 5, 21);
const stepMs = 600_000;
const gap = { from: 15, to: 19 };
const flaggedHour = 20;
const missingHour = 21;

let browser: BrowserBench;
let bench: CloudBench;
let cloud: Cloud;
let pageDir: string;
let url: string;

/** The observations of the day, as lines of the landing log. */
function archiveLines(): string {
	const lines: string[] = [];
	for (let step = 0; step < 144; step++) {
		const hour = step / 6;
		if (hour >= gap.from && hour < gap.to) continue;
		const warmth = 12 - 9 * Math.cos(((hour - 11) / 24) * 2 * Math.PI);
		const row = {
			...{ thing: "meadow", sequence: step + 1, periodSeconds: 600 },
			time: new Date(dayStart + step * stepMs).toISOString(),
			airTemperature: Math.round(warmth * 10) / 10,
			relativeHumidity: Math.round(60 - warmth),
			stationPressure: 77_400 + 10 * step,
			...{ windSpeed: 3.1, windGust: 5.2, windDirection: 290 },
			precipitation: step === 3 ? 1.2 : 0,
			illuminance: hour > 12 ? 40_000 : 0,
			...(hour === flaggedHour ? { flags: { airTemperature: ["step"] } } : {}),
			...(hour === missingHour
				? { airTemperature: null, reasons: { airTemperature: "nack" } }
				: {}),
		};
		lines.push(JSON.stringify(row));
	}
	return `${lines.join("\n")}\n`;
}

beforeAll(async () => {
	bench = new CloudBench();
	pageDir = join(bench.dataDir, "page");
	buildPage(pageDir);
	browser = await BrowserBench.start();
	await provision(bench.dataDir, ["meadow", "mute"]);
	const archive = join(bench.dataDir, "archive", "observations.jsonl");
	writeFileSync(archive, archiveLines(), { mode: 0o600 });
	cloud = await bench.start({ http: { port: 0, pageDir } });
	const site = { name: "Meadow", latitude: 37.5, longitude: -105.9, heightM: 2317 };
	await cloud.updateShadow("meadow", { state: { reported: { site, firmware: "0.1.0" } } });
	url = cloud.httpUrl!;
});

afterEach(() => {
	expect(browser.complaints).toEqual([]);
});

afterAll(async () => {
	await browser?.close();
	await bench.end();
});

/** The charts of the day, drawn. */
async function openDay(): Promise<Page> {
	const page = await browser.open(`${url}/stations/meadow`);
	await page.locator(".chart-temperature canvas").waitFor();
	// The curve itself, not its empty frame.
	while ((await pixelsOf(page, ".chart-temperature", "--warm")) < 100) {
		await page.waitForTimeout(100);
	}
	return page;
}

/** The part of a chart between two hours of the day: left of it is the axis, right of it some room. */
async function areaOf(page: Page, chart: string, from: number, to: number): Promise<Area> {
	const [frame, over] = await Promise.all([
		page.locator(`${chart} .u-wrap`).boundingBox(),
		page.locator(`${chart} .u-over`).boundingBox(),
	]);
	const shareAt = (hour: number): number =>
		(over!.x - frame!.x + (hour / 24) * over!.width) / frame!.width;
	const top = (over!.y - frame!.y) / frame!.height;
	return {
		...{ left: shareAt(from), right: shareAt(to) },
		...{ top, bottom: top + over!.height / frame!.height },
	};
}

describe("charts", () => {
	test("where nothing was observed the curve has a gap", async () => {
		const page = await openDay();
		const chart = ".chart-temperature";
		const count = async (from: number, to: number): Promise<number> =>
			pixelsOf(page, chart, "--warm", await areaOf(page, chart, from, to));
		expect(await count(gap.from + 0.3, gap.to - 0.3)).toBe(0);
		expect(await count(gap.from - 4, gap.from - 0.3)).toBeGreaterThan(50);
		expect(await count(gap.to + 0.3, 24)).toBeGreaterThan(50);
		await page.close();
	});

	test("the night is shaded and the day is not", async () => {
		const page = await openDay();
		const chart = ".chart-humidity";
		const count = async (from: number, to: number): Promise<number> =>
			pixelsOf(page, chart, "--night", await areaOf(page, chart, from, to), 6);
		// At 37.5° N 105.9° W the sun sets at 02:28 and rises at 11:42 UTC on this day.
		const night = await count(3, 11);
		expect(night).toBeGreaterThan(10_000);
		expect(await count(12.5, 23.9)).toBeLessThan(night / 100);
		await page.close();
	});

	test("a flagged and a missing value are marked, and the pointer says why", async () => {
		const page = await openDay();
		const chart = ".chart-temperature";
		await page.getByText("▼ flagged or missing").waitFor();
		const count = async (colour: string, hour: number): Promise<number> =>
			pixelsOf(page, chart, colour, await areaOf(page, chart, hour - 0.5, hour + 0.5));
		expect(await count("--flag", flaggedHour)).toBeGreaterThan(10);
		expect(await count("--bad", missingHour)).toBeGreaterThan(3);
		expect(await count("--flag", missingHour)).toBe(0);

		const { x, y, width } = (await page.locator(`${chart} .u-over`).boundingBox())!;
		const at = (hour: number): Promise<void> => page.mouse.move(x + (hour / 24) * width, y + 30);
		await at(flaggedHour);
		await page.locator(chart).getByText("▼ changed too fast").waitFor();
		await at(missingHour);
		await page.locator(chart).getByText("▼ the sensor does not answer").waitFor();
		await page.close();
	});

	test("each has its unit, in the system that is chosen, and so has every value", async () => {
		const page = await openDay();
		const units = async (): Promise<string[]> => page.locator(".chart h2 small").allTextContents();
		const sameUnit = ["%"];
		expect(await units()).toEqual(["°C", ...sameUnit, "hPa", "m/s", "mm", "klx", "m/s"]);
		const values = page.locator(".now dd");
		expect((await values.allTextContents()).join(" ")).toMatch(
			/°C .*% .*hPa .*m\/s from WNW .*m\/s .*mm .*klx/,
		);
		await page.getByRole("button", { name: /units: metric/ }).click();
		await page.locator(".chart h2 small", { hasText: "°F" }).waitFor();
		expect(await units()).toEqual(["°F", ...sameUnit, "inHg", "mph", "in", "klx", "mph"]);
		expect(await values.first().textContent()).toMatch(/°F$/);
		await page.close();
	});

	test("times are in the reader's zone, with UTC on hover", async () => {
		const page = await openDay();
		const span = page.locator(".bar-span");
		// Mountain Daylight Time is six hours behind.
		expect(await span.textContent()).toContain("20 Jun 2026, 18:00:00 – 21 Jun 2026, 18:00:00");
		expect(await span.getAttribute("title")).toBe(
			"2026-06-21 00:00:00 UTC to 2026-06-22 00:00:00 UTC",
		);
		expect(await page.locator(".foot").textContent()).toContain("Times are in America/Denver");
		await page.getByRole("link", { name: "About" }).click();
		const first = page.locator("dd time", { hasText: "20 Jun 2026, 18:00:00" });
		expect(await first.getAttribute("title")).toContain("2026-06-21 00:00:00 UTC");
		await page.close();
	});

	test("colours follow the choice, in what is drawn too", async () => {
		const page = await openDay();
		const button = page.getByRole("button", { name: /colours:/ });
		for (const theme of ["light", "dark"]) {
			await button.click();
			await page.locator(`html[data-theme="${theme}"]`).waitFor();
			while ((await pixelsOf(page, ".chart-temperature", "--warm")) < 100) {
				await page.waitForTimeout(100);
			}
		}
		await page.close();
	});

	test("what is in view is there as a table", async () => {
		const page = await openDay();
		const [download] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("link", { name: "CSV" }).click(),
		]);
		expect(download.suggestedFilename()).toBe("meadow.csv");
		const rows = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
		expect(rows[0]).toMatch(/^time \(UTC\),airTemperature mean \(°C\),/);
		const observed = rows.filter((row) => /^2026-06-21T\d\d:\d0:00\.000Z,-?\d/.test(row));
		// 24 hours without four, and one value that is missing.
		expect(observed).toHaveLength(20 * 6 - 1);
		expect(rows.find((row) => row.startsWith("2026-06-21T20:00"))).toMatch(/airTemperature step/);
		await page.close();
	});
});

describe("the list", () => {
	test("has battery, signal, firmware and alarms of who reports them", async () => {
		const page = await browser.open(url);
		const row = page.locator('.table-body [role="row"]', { hasText: "meadow" });
		await row.locator(".cell-firmware", { hasText: "0.1.0" }).waitFor();
		const client = await bench.connected(cloud.port, "meadow");
		const health = { batteryMv: 3_412, stateOfCharge: 9, rssiDbm: -67 };
		await client.publishAsync("isobar/meadow/health", JSON.stringify(health), { qos: 1 });
		await row.locator(".cell-battery", { hasText: /^3\.41.V$/ }).waitFor();
		await row.locator(".cell-signal", { hasText: /^−67.dBm$/ }).waitFor();
		await row.locator(".alarm", { hasText: "battery" }).waitFor();
		expect(await row.locator(".alarm-battery").getAttribute("title")).toBe("battery at 9 %");
		await client.endAsync();
		await page.close();
	});
});

describe("rules", () => {
	test("are shown with their counters, and files that are none with the reason", async () => {
		const other = new CloudBench();
		await provision(other.dataDir, ["meadow"]);
		const write = (name: string, text: string): void =>
			writeFileSync(join(other.dataDir, "rules", name), text);
		mkdirSync(join(other.dataDir, "rules"), { recursive: true });
		const sql = "SELECT wind FROM 'isobar/+/note' WHERE wind > 10";
		write("storm.json", JSON.stringify({ sql, actions: [{ sqs: { queueUrl: "storms" } }] }));
		write("broken.json", JSON.stringify({ sql: "SELECT * FORM 'a'", actions: [] }));
		const running = await other.start({ http: { port: 0, pageDir } });
		const client = await other.connected(running.port, "meadow");
		for (const wind of [4, 14]) {
			await client.publishAsync("isobar/meadow/note", JSON.stringify({ wind }), { qos: 1 });
		}
		const page = await browser.open(`${running.httpUrl}/rules`);
		const cells = page.locator('[data-rule="storm"] .number');
		await cells.nth(2).getByText("1", { exact: true }).waitFor();
		expect(await cells.allTextContents()).toEqual(["2", "1", "1", "0", "0", "0"]);
		await page.locator(".rule-sql-head").click();
		await page.getByText(sql).waitFor();
		await page.getByRole("alert").getByText("broken.json:1:").waitFor();
		await page.close();
		await other.end();
	});
});

describe("a named shadow", () => {
	test("is made, listed and deleted", async () => {
		const page = await browser.open(`${url}/stations/meadow/shadow`);
		await page.getByLabel("Name of another shadow").fill("lamp");
		await page.getByRole("button", { name: "Open" }).click();
		await page.getByText("There is none of this name yet").waitFor();
		const text = page.getByLabel("Members of desired, as JSON");
		await text.fill('{ "on": tru }');
		await page.getByRole("alert").getByText("not JSON").waitFor();
		await text.fill('{ "on": true }');
		await page.getByRole("button", { name: "Send" }).click();
		await page.locator('[data-setting="on"] td', { hasText: "true" }).first().waitFor();
		expect(await cloud.getShadow("meadow", "lamp")).toMatchObject({
			state: { desired: { on: true } },
			version: 1,
		});
		page.on("dialog", (dialog) => void dialog.accept());
		await page.getByRole("button", { name: "Delete" }).click();
		await page.getByText("reportSeconds").first().waitFor();
		expect(await cloud.getShadow("meadow", "lamp")).toBeUndefined();
		await page.close();
		// The browser itself complains of the 404 of a shadow that is not there yet.
		const complaints = browser.complaints.splice(0);
		expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
	});
});

describe("where there is nothing, the page says what to do", () => {
	test.each([
		["/stations/mute", "No observation has arrived yet", "The first report comes up to"],
		["/stations/mute/events", "Nothing of this has happened yet", "A station that connects"],
		["/events", "No mail was written yet", "notify.json"],
		["/rules", "There is no rule yet", "isobar rule create NAME FILE"],
		["/nowhere", "There is nothing at /nowhere", "where everything begins"],
	])("%s", async (path, title, advice) => {
		const page = await browser.open(url + path);
		await page.getByText(title).first().waitFor();
		await page.getByText(advice).first().waitFor();
		await page.close();
	});

	test("a cloud without a simulator, and a station without a shadow", async () => {
		const page = await browser.open(`${url}/simulator`);
		await page.getByText("No simulator runs beside this cloud").waitFor();
		await page.getByText("npm start runs one").waitFor();
		await page.goto(`${url}/stations/mute/shadow`);
		await page.getByText("This station has no shadow yet").waitFor();
		await page.close();
		const complaints = browser.complaints.splice(0);
		expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
	});

	test("a network without a station or a place, and a cloud that is gone", async () => {
		const other = new CloudBench();
		const running = await other.start({ http: { port: 0, pageDir } });
		const page = await browser.open(running.httpUrl!);
		await page.getByText("No station is registered yet").waitFor();
		await page.getByText("npm start makes twelve").waitFor();
		await fetch(`${running.httpUrl}/api/things/lonely`, { method: "POST" });
		await page.reload();
		await page.getByText("No station has said where it stands").waitFor();
		await running.close();
		await page.getByText("No answer").waitFor();
		await page
			.getByRole("alert")
			.getByText("Is `isobar up` or `isobar cloud` still running?")
			.waitFor();
		await page.close();
		await other.end();
		// The browser itself complains of what it can't reach.
		const complaints = browser.complaints.splice(0);
		expect(complaints.filter((text) => !/ERR_|Failed to load/.test(text))).toEqual([]);
	});
});

describe("on an address that others reach", () => {
	test("the page asks for the token, refuses a wrong one, and is live with the right one", async () => {
		const other = new CloudBench();
		await provision(other.dataDir, ["meadow"]);
		const { httpUrl } = await other.start({ http: { port: 0, host: "0.0.0.0", pageDir } });
		const page = await browser.open(httpUrl!.replace("0.0.0.0", "127.0.0.1"));
		await page.getByRole("heading", { name: "This cloud asks for its token" }).waitFor();
		expect(await page.getByText("meadow").count()).toBe(0);
		await page.getByLabel("Token").fill("guessed");
		await page.getByRole("button", { name: "Open" }).click();
		await page.getByRole("alert").getByText("expected `Authorization: Bearer TOKEN`").waitFor();
		await page.getByLabel("Token").fill(other.read("http.token"));
		await page.keyboard.press("Enter");
		await page.locator(".table-body").getByText("meadow").waitFor();
		await page.locator(".link-live").waitFor();
		await page.reload();
		await page.locator(".link-live").waitFor();
		await page.close();
		await other.end();
		const complaints = browser.complaints.splice(0);
		expect(complaints.filter((text) => !text.includes("401"))).toEqual([]);
	});
});

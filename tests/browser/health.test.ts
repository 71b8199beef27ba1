import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { defineStation, sensor } from "isobar/firmware";
import { BME280, MAX17048 } from "isobar/sensors";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { FleetBench } from "../simulator/fleet/bench.ts";
import { accessibilityFaults, BrowserBench, buildPage, pixelsOf } from "../support/browser.ts";
import { CloudBench } from "../support/cloud.ts";

/*
 * A simulated station with a fuel gauge flies half a day in virtual time. What it has said is said again to
 * a local cloud over mutual TLS, which archives it; the page draws it.
 */

const start = Date.UTC(2026, 5, 21);
const definition = defineStation({
	board: "esp32",
	buses: { i2c: { data: 21, clock: 22 } },
	sensors: [
		sensor(BME280, { bus: "i2c", address: 0x76 }),
		sensor(MAX17048, { bus: "i2c", address: 0x36 }),
	],
	cadence: { sampleSeconds: 60, observeSeconds: 600, reportSeconds: 3_600 },
	healthSeconds: 600,
	site: { name: "Meadow", latitude: 37.5, longitude: -105.9, heightM: 2317 },
});

let browser: BrowserBench;
let bench: CloudBench;
let cloud: Cloud;

beforeAll(async () => {
	const flight = new FleetBench({ definition, start, seed: 3 });
	flight.fleet.start();
	flight.pass(12 * 3_600);
	bench = new CloudBench();
	const pageDir = join(bench.dataDir, "page");
	buildPage(pageDir);
	browser = await BrowserBench.start();
	await provision(bench.dataDir, ["station-1", "wired"]);
	cloud = await bench.start({ http: { port: 0, pageDir } });
	const client = await bench.connected(cloud.port, "station-1");
	for (const { topic, payload } of flight.broker.said) {
		if (/\/(report|health)$/.test(topic)) await client.publishAsync(topic, payload, { qos: 1 });
	}
	const report = { v: 1, s: 1, n: 2, t: start / 1000, p: 600, T: [100, 1] };
	const wired = await bench.connected(cloud.port, "wired");
	await wired.publishAsync("isobar/wired/report", JSON.stringify(report), { qos: 1 });
	for (const one of [client, wired]) await one.endAsync();
});

afterEach(() => {
	expect(browser.complaints).toEqual([]);
});

afterAll(async () => {
	await browser?.close();
	await bench.end();
});

test("battery, charge and signal of half a day are drawn from the archive, with units and what is under the pointer", async () => {
	expect(cloud.health.count("station-1")).toBeGreaterThan(70);
	const page = await browser.open(`${cloud.httpUrl}/stations/station-1`);
	const shown = { battery: ["V", "--power"], charge: ["%", "--power"], signal: ["dBm", "--wind"] };
	for (const [name, [unit, colour]] of Object.entries(shown)) {
		const chart = page.locator(`.chart-${name}`);
		await chart.scrollIntoViewIfNeeded();
		await chart.locator("canvas").waitFor();
		expect(await chart.locator("h2 small").textContent()).toBe(unit);
		while ((await pixelsOf(page, `.chart-${name}`, colour!)) < 100) await page.mouse.move(0, 0);
	}
	const label = await page.locator(".chart-signal .chart-box").getAttribute("aria-label");
	expect(label).toMatch(/^Signal: −\d\d.dBm to −\d\d.dBm$/);
	await page.locator(".chart-battery").scrollIntoViewIfNeeded();
	const over = (await page.locator(".chart-battery .u-over").boundingBox())!;
	// The half day is the later half of the day in view.
	await page.mouse.move(over.x + over.width * 0.75, over.y + over.height / 2);
	await page.locator(".chart-battery .readout b", { hasText: /^\d\.\d\d.V$/ }).waitFor();
	await page.locator(".now", { hasText: /Battery\d\.\d\d.V \d+%Signal−\d\d.dBm/ }).waitFor();
	expect(await accessibilityFaults(page)).toEqual([]);
	await page.close();
});

test("the same is a table for a spreadsheet", async () => {
	const page = await browser.open(`${cloud.httpUrl}/stations/station-1`);
	const link = page.getByRole("link", { name: "Table" });
	const address = (await link.getAttribute("href"))!;
	const text = await (await fetch(new URL(address, cloud.httpUrl))).text();
	const [head, ...rows] = text.trim().split("\r\n");
	expect(head).toBe(
		"time (UTC),batteryVoltage mean (V),batteryVoltage min (V),batteryVoltage max (V),stateOfCharge mean (%),stateOfCharge min (%),stateOfCharge max (%),signalStrength mean (dBm),signalStrength min (dBm),signalStrength max (dBm),notes",
	);
	expect(rows.length).toBeGreaterThan(60);
	expect(rows[1]).toMatch(/^2026-06-21T00:\d\d:\d\d\.000Z,[\d.]+,.*,-\d\d,-\d\d,-\d\d,$/);
	await page.close();
});

test("a station without either is told what would send it", async () => {
	const page = await browser.open(`${cloud.httpUrl}/stations/wired`);
	await page.getByText("No battery voltage in this time. A station with a Battery").waitFor();
	await page.getByText("one on Ethernet has none").waitFor();
	expect(await page.locator(".chart-battery, .chart-charge, .chart-signal").count()).toBe(0);
	await page.close();
});

test("battery and signal are in the list again after a restart of the cloud", async () => {
	await cloud.close();
	cloud = await bench.start({ http: { port: 0, pageDir: join(bench.dataDir, "page") } });
	const page = await browser.open(cloud.httpUrl!);
	const row = page.locator('.table-body [role="row"]', { hasText: "station-1" });
	await row.locator(".cell-battery", { hasText: /^\d\.\d\d.V$/ }).waitFor();
	await row.locator(".cell-signal", { hasText: /^−\d\d.dBm$/ }).waitFor();
	for (const width of [1280, 1360]) {
		await page.setViewportSize({ width, height: 900 });
		for (const name of ["battery", "signal"]) {
			const cut = `document.querySelector(".cell-${name}[role=cell]")`;
			// Nothing of the value is behind the edge of its column, and no column behind that of the list.
			expect(await page.evaluate(`${cut}.scrollWidth - ${cut}.clientWidth`)).toBe(0);
		}
		const table = `document.querySelector(".table")`;
		expect(await page.evaluate(`${table}.scrollWidth - ${table}.clientWidth`)).toBe(0);
	}
	await page.close();
});

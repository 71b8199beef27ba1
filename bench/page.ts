import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Page } from "playwright-core";
import { type Cloud, startCloud } from "../cloud/main.ts";
import { provision } from "../cloud/provision.ts";
import { readOptions } from "./report.ts";

const usage = `npm run bench -- page [--json]

The page in a real browser: a year of minute observations of one station, from the arrival of the data
to the drawn charts and while it is moved for three seconds, and a list of 1,000 stations while it is
scrolled for three seconds. Needs Chromium (CHROMIUM=PATH) and \`npm run build\`.
`;

const yearMinutes = 365 * 1_440;
const stations = 1_000;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A year of one station and one observation of each other, as lines of the landing log. */
function archiveLines(things: readonly string[]): string {
	const end = Math.floor(Date.now() / 60_000) * 60_000;
	const lines: string[] = [];
	for (let minute = 0; minute < yearMinutes; minute++) {
		lines.push(line(things[0]!, minute + 1, end - (yearMinutes - minute) * 60_000));
	}
	for (const thing of things.slice(1)) lines.push(line(thing, 1, end - 60_000));
	return `${lines.join("\n")}\n`;
}

function line(thing: string, sequence: number, time: number): string {
	const day = (time / 86_400_000) * 2 * Math.PI;
	const wave = Math.sin(day) + Math.sin(day / 365) * 2 + Math.sin(sequence * 12.9898) * 0.2;
	const row = {
		...{ thing, sequence, time: new Date(time).toISOString(), periodSeconds: 60 },
		airTemperature: Math.round((8 + 6 * wave) * 10) / 10,
		relativeHumidity: Math.round((60 - 12 * wave) * 10) / 10,
		stationPressure: Math.round((101_300 + 600 * Math.sin(day / 5)) / 10) * 10,
		windSpeed: Math.round((4 + 2 * wave) * 10) / 10,
		windGust: Math.round((6 + 3 * wave) * 10) / 10,
		windDirection: Math.round(180 + 50 * wave),
		precipitation: sequence % 977 < 9 ? 0.2 : 0,
	};
	return JSON.stringify(row);
}

/** Frames while something is done every frame, in ms. */
interface Frames {
	readonly count: number;
	readonly median: number;
	readonly percentile95: number;
	readonly longest: number;
	/** CPU time of the page's main thread for one frame: the work itself, whatever else the machine does. */
	readonly cpu: number;
}

/** CPU time of the main thread of a page so far, in ms. */
async function cpuClockOf(page: Page): Promise<() => Promise<number>> {
	const session = await page.context().newCDPSession(page);
	await session.send("Performance.enable", { timeDomain: "threadTicks" });
	return async () => {
		const { metrics } = await session.send("Performance.getMetrics");
		return metrics.find(({ name }) => name === "TaskDuration")!.value * 1000;
	};
}

/** Runs `step` of the page once a frame for three seconds. @param step  a function in JavaScript */
async function framesOf(page: Page, step: string): Promise<Frames> {
	const cpuClock = await cpuClockOf(page);
	const before = await cpuClock();
	const gaps = await page.evaluate<number[]>(`new Promise((done) => {
		const gaps = [];
		const step = ${step};
		const end = performance.now() + 3000;
		let last;
		const frame = (now) => {
			if (last !== undefined) gaps.push(now - last);
			last = now;
			if (now >= end) { done(gaps); return; }
			step(gaps.length);
			requestAnimationFrame(frame);
		};
		requestAnimationFrame(frame);
	})`);
	const sorted = gaps.sort((left, right) => left - right);
	const at = (share: number): number => sorted[Math.floor(sorted.length * share)]!;
	return {
		count: sorted.length,
		median: at(0.5),
		percentile95: at(0.95),
		longest: sorted.at(-1)!,
		cpu: ((await cpuClock()) - before) / sorted.length,
	};
}

/** From the arrival of the data of a year to charts on the screen, and while they are moved. */
async function measureYear(page: Page, url: string, thing: string): Promise<object> {
	// The first start moves a year of the landing log to Parquet; that is the store's affair.
	const asked = performance.now();
	await fetch(`${url}/api/isobar/series/${thing}?channels=airTemperature`);
	process.stderr.write(
		`the archive answers after ${((performance.now() - asked) / 1000).toFixed(0)} s\n`,
	);
	await page.goto(`${url}/stations/${thing}`);
	await page.locator(".chart canvas").first().waitFor();
	await page.evaluate("performance.clearMarks()");
	const started = performance.now();
	await page.getByRole("button", { name: "1 y" }).click();
	await page.waitForTimeout(300);
	while (
		(await page.evaluate("performance.getEntriesByName('isobar:series-drawn').length")) === 0
	) {
		await page.waitForTimeout(20);
	}
	const answeredMs = performance.now() - started;
	const drawnMs = await page.evaluate<number>(
		"performance.getEntriesByName('isobar:series-drawn').at(-1).startTime - performance.getEntriesByName('isobar:series-arrived').at(-1).startTime",
	);
	const moving = await framesOf(
		page,
		`(() => {
			const area = document.querySelector(".u-over");
			const { left, top, width } = area.getBoundingClientRect();
			const tell = (type, x) => area.dispatchEvent(new PointerEvent(type, { pointerId: 1, isPrimary: true, bubbles: true, clientX: left + x, clientY: top + 20 }));
			area.setPointerCapture = () => {};
			tell("pointerdown", width / 2);
			return (count) => tell("pointermove", width / 2 + 120 * Math.sin(count / 15));
		})()`,
	);
	return { answeredMs, drawnMs, moving };
}

async function measureList(page: Page, url: string): Promise<Frames> {
	await page.goto(url);
	await page.locator(".table-body a").first().waitFor();
	return framesOf(
		page,
		`(() => {
			const table = document.querySelector(".table");
			return (count) => { table.scrollTop = count * 97 % (table.scrollHeight - table.clientHeight); };
		})()`,
	);
}

async function run(json: boolean): Promise<void> {
	const dataDir = mkdtempSync(join(tmpdir(), "isobar-bench-"));
	const things = Array.from(
		{ length: stations },
		(_, index) => `st-${String(index + 1).padStart(4, "0")}`,
	);
	let cloud: Cloud | undefined;
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
	try {
		await provision(dataDir, []);
		writeFileSync(join(dataDir, "archive", "observations.jsonl"), archiveLines(things), {
			mode: 0o600,
		});
		const pageDir = resolve("dist/page");
		cloud = await startCloud({ dataDir, port: 0, http: { port: 0, pageDir }, log: () => {} });
		const page = await browser.newPage({ viewport: { width: 1360, height: 900 } });
		page.setDefaultTimeout(180_000);
		const url = cloud.httpUrl!;
		const list = await measureList(page, url);
		const year = await measureYear(page, url, things[0]!);
		report({ list, year: year as Year }, json);
	} finally {
		await browser.close();
		// What is measured is thrown away: a year of rows in one file need not be moved to Parquet before.
		cloud?.kill();
		rmSync(dataDir, { recursive: true, force: true });
	}
}

interface Year {
	readonly answeredMs: number;
	readonly drawnMs: number;
	readonly moving: Frames;
}

function report(figures: { readonly list: Frames; readonly year: Year }, json: boolean): void {
	if (json) {
		process.stdout.write(`${JSON.stringify(figures)}\n`);
		return;
	}
	const { list, year } = figures;
	const frames = ({ count, median, percentile95, longest, cpu }: Frames): string => {
		const [middle, most, worst] = [median, percentile95, longest].map((ms) => ms.toFixed(1));
		const gaps = `a frame every ${middle} ms (median), ${most} ms (95th percentile), ${worst} ms (longest)`;
		return `${count} frames in 3 s, ${gaps}, CPU ${cpu.toFixed(1)} ms a frame`;
	};
	const verdict = year.drawnMs < 1_000 ? "met" : "not met";
	process.stdout.write(
		[
			`a year of ${yearMinutes} minutes: asked, answered and drawn in ${year.answeredMs.toFixed(0)} ms`,
			`  from the arrival of the data to drawn charts ${year.drawnMs.toFixed(0)} ms (< 1000: ${verdict})`,
			`  moved: ${frames(year.moving)}`,
			`${stations} stations in the list, scrolled: ${frames(list)}`,
			"",
		].join("\n"),
	);
}

const options = readOptions(usage, {});
if (options !== undefined) await run(options.json);

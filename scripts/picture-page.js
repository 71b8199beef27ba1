/**
 * `npm run picture:page`: docs/page-*.png, the page over the recorded day.
 *
 * Twelve stations of the San Luis Valley fly the day in virtual time, with the real firmware. What they
 * have observed is then reported to a local cloud over MQTT and mutual TLS, an hour every two seconds,
 * and a browser looks at its page.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "mqtt";
import { chromium } from "playwright-core";
import { provision, startCloud } from "../dist/cloud.js";
import { firmwareVersion, standardChannels } from "../dist/firmware.js";
import { dayMinutes, flyDay, minuteMs, record, root, stationAt } from "./recordedday.js";

const dayMs = dayMinutes * minuteMs;
const minutesOfReport = 60;
/** The day ends now: the page shows the last 24 hours. */
const start = Math.floor(Date.now() / minuteMs) * minuteMs - dayMs;

/** Latitude, longitude and height in m of places in the valley. */
const places = {
	Alamosa: [37.469, -105.87, 2299],
	Antonito: [37.079, -106.009, 2404],
	Blanca: [37.438, -105.516, 2361],
	Center: [37.753, -106.109, 2328],
	Crestone: [37.996, -105.7, 2418],
	"Del Norte": [37.679, -106.353, 2402],
	"Fort Garland": [37.429, -105.434, 2421],
	"La Jara": [37.275, -105.96, 2315],
	Manassa: [37.174, -105.937, 2344],
	"Monte Vista": [37.579, -106.148, 2334],
	Saguache: [38.087, -106.142, 2350],
	"San Luis": [37.201, -105.424, 2432],
};

const stations = Object.entries(places).map(([name, [latitude, longitude, heightM]], index) => ({
	thing: name.toLowerCase().replace(" ", "-"),
	seed: index + 1,
	definition: stationAt(
		{ name, latitude, longitude, heightM },
		{ sampleSeconds: 5, reportSeconds: 3_600 },
	),
}));

/** The weather of each hour of the day as recorded, a little earlier in the west. */
function fly({ thing, seed, definition }) {
	const offset = record.start - Math.floor(start / dayMs) * dayMs + seed * 7 * minuteMs;
	return flyDay({ thing, seed, definition, start, offset });
}

/** A report of docs/topics.md §2 from some minutes. */
function report(minutes, first) {
	const columns = standardChannels
		.filter((channel) => channel.in === "observation")
		.map(({ key, perUnit, aggregate }, index) => {
			const steps = minutes.map((values) => Math.round(values[index] * perUnit));
			// 359.7° is 0°.
			const turn = aggregate === "direction" ? 360 * perUnit : Number.POSITIVE_INFINITY;
			return [key, column(steps.map((step) => step % turn))];
		});
	const head = {
		v: 1,
		s: first + 1,
		n: minutes.length,
		t: (start + first * minuteMs) / 1000,
		p: 60,
	};
	const calm = columns.find(([key]) => key === "D")[1].includes(null) ? { e: { D: [8] } } : {};
	return JSON.stringify({ ...head, ...Object.fromEntries(columns), ...calm });
}

/** Differences of whole numbers, null where there is none. */
function column(steps) {
	let last = 0;
	return steps.map((step) => {
		if (Number.isNaN(step)) return null;
		const difference = step - last;
		last = step;
		return difference;
	});
}

/** Connects one station with its certificate, and says what it is. */
async function connectStation(dataDir, port, { thing, definition }) {
	const read = (name) => readFileSync(join(dataDir, name));
	const client = connect({
		...{ protocol: "mqtts", host: "127.0.0.1", port, clientId: thing },
		...{ ca: read("ca.crt"), cert: read(`things/${thing}.crt`), key: read(`things/${thing}.key`) },
	});
	await new Promise((resolve, reject) => client.once("connect", resolve).once("error", reject));
	const sensors = Object.fromEntries(definition.sensors.map(({ name }) => [name, { part: name }]));
	const { site, cadence } = definition;
	const reported = { firmware: firmwareVersion, site, sensors, ...cadence };
	const shadow = `$aws/things/${thing}/shadow/update`;
	await client.publishAsync(shadow, JSON.stringify({ state: { reported } }), { qos: 1 });
	return client;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Takes the pictures: the network, a station, and the network on a phone in the dark. */
async function look(url) {
	const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
	const views = [
		["network", "/", { width: 1360, height: 800 }, "light"],
		["station", "/stations/alamosa", { width: 1360, height: 1090 }, "light"],
		["phone", "/stations/monte-vista", { width: 390, height: 800 }, "dark"],
	];
	for (const [name, path, viewport, colorScheme] of views) {
		const reader = { viewport, colorScheme, timezoneId: "America/Denver", locale: "en-GB" };
		const page = await browser.newPage(reader);
		await page.goto(url + path);
		await page
			.locator(path === "/" ? ".table-body a" : ".chart canvas")
			.first()
			.waitFor();
		await pause(2_000);
		await page.screenshot({ path: join(root, `docs/page-${name}.png`) });
		console.log(`docs/page-${name}.png`);
		await page.close();
	}
	await browser.close();
}

const dataDir = mkdtempSync(join(tmpdir(), "isobar-picture-"));
try {
	await provision(
		dataDir,
		stations.map(({ thing }) => thing),
	);
	const flights = stations.map(fly);
	const pageDir = join(root, "dist/page");
	const cloud = await startCloud({
		dataDir,
		port: 0,
		http: { port: 0, pageDir },
		log: console.error,
	});
	const clients = [];
	for (const station of stations) clients.push(await connectStation(dataDir, cloud.port, station));
	for (let first = 0; first < dayMinutes; first += minutesOfReport) {
		for (const [index, { thing }] of stations.entries()) {
			const minutes = flights[index].slice(first, first + minutesOfReport);
			const payload = report(minutes, first);
			await clients[index].publishAsync(`isobar/${thing}/report`, payload, { qos: 1 });
		}
		await pause(2_000);
	}
	await look(cloud.httpUrl);
	for (const client of clients) await client.endAsync();
	await cloud.close();
} finally {
	rmSync(dataDir, { recursive: true });
}

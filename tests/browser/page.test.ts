import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { accessibilityFaults, BrowserBench, buildPage, pixelsOf } from "../support/browser.ts";
import { CommandBench } from "../support/command.ts";

const cadence = "--sample 1 --observe 1 --report 2";
let browser: BrowserBench;
/** Three stations of `isobar up`, which report over TLS while the tests look on. */
let fleet: CommandBench;
let running: Promise<number>;
let url: string;

beforeAll(async () => {
	fleet = new CommandBench();
	buildPage(fleet.pageDir);
	browser = await BrowserBench.start();
	running = fleet.run(`up --port 0 --data DIR --stations 3 ${cadence}`);
	await fleet.printed(/station-0003 {2}link: up/);
	url = /Page and API at (\S+)/.exec(fleet.out)![1]!;
});

afterEach(() => {
	expect(browser.complaints).toEqual([]);
});

afterAll(async () => {
	await browser?.close();
	fleet.interrupt();
	expect(await running).toBe(0);
	fleet.end();
});

/** Resolves when the text of an element is another one. */
async function changed(page: Page, selector: string, before: string): Promise<void> {
	// The policy of the page allows no eval, by which the browser itself could wait.
	while ((await page.locator(selector).textContent()) === before) await page.waitForTimeout(100);
}

describe("the network", () => {
	test("shows the figures, the map and every station with its values and units, live", async () => {
		const page = await browser.open(url);
		await page.getByText("3 of 3").waitFor();
		await page.locator(".link-live").waitFor();
		const rows = page.locator(".table-body [role=row]");
		expect(await rows.count()).toBe(3);
		const first = rows.first();
		await first.locator(".cell-airTemperature", { hasText: /^−?\d+\.\d.°C$/ }).waitFor();
		await first.locator(".cell-stationPressure", { hasText: /^\d{3}\.\d.hPa$/ }).waitFor();
		expect(await page.locator(".map-station").count()).toBe(3);

		const messages = ".figure:nth-child(2) .figure-value";
		await changed(page, messages, (await page.locator(messages).textContent())!);
		await page.close();
	});

	test("searches, sorts, and changes units", async () => {
		const page = await browser.open(url);
		await page.getByText("3 of 3").waitFor();
		await page.keyboard.press("/");
		await page.keyboard.type("0002");
		await page.getByText("1 of 3").waitFor();
		expect(await page.locator(".table-body [role=row]").count()).toBe(1);
		await page.keyboard.press("Control+A");
		await page.keyboard.type("nowhere");
		await page.getByText("No station matches").waitFor();
		await page.locator("input[type=search]").fill("");
		await page.getByRole("button", { name: "Station", exact: true }).click();
		await page.locator("[role=row] a", { hasText: "station-0003" }).first().waitFor();
		expect(await page.locator(".table-body [role=row] a").first().textContent()).toBe(
			"station-0003",
		);
		await page.getByRole("button", { name: /units: metric/ }).click();
		await page.locator(".cell-airTemperature", { hasText: "°F" }).first().waitFor();
		await page.close();
	});
});

describe("a station", () => {
	test("its charts are drawn from what is in the archive", async () => {
		const page = await browser.open(url);
		await page.getByRole("link", { name: "station-0001" }).click();
		const chart = page.locator(".chart-temperature .chart-box");
		await page.locator(".chart-temperature canvas").waitFor();
		await page.locator('[aria-label*="Dew point: "][aria-label*="°C to "]').waitFor();
		const label = (await chart.getAttribute("aria-label"))!;
		const [low, high] = /Temperature: (\S+?).°C to (\S+?).°C/
			.exec(label)!
			.slice(1)
			.map((text) => Number(text.replace("−", "-")));
		const archived = fleet
			.rows("station-0001")
			.flatMap(({ airTemperature }) => airTemperature ?? []);
		// Steps are means of several observations, so their extremes are within those of the archive.
		expect(archived.length).toBeGreaterThan(1);
		expect(low).toBeGreaterThanOrEqual(Math.min(...archived) - 0.05);
		expect(high).toBeLessThanOrEqual(Math.max(...archived) + 0.05);
		// Two minutes in view: the few observations of this young fleet are a curve there.
		for (let times = 0; times < 5; times++)
			await page.getByRole("button", { name: "Zoom in" }).click();
		while ((await pixelsOf(page, ".chart-temperature", "--warm")) < 30)
			await page.waitForTimeout(100);
		await page.close();
	});

	test("moves and zooms by keyboard, and goes back to now", async () => {
		const page = await browser.open(`${url}/stations/station-0002`);
		await page.locator(".chart-temperature canvas").waitFor();
		const before = (await page.locator(".bar-span").textContent())!;
		await page.getByRole("button", { name: "24 h" }).focus();
		await page.keyboard.press("+");
		await changed(page, ".bar-span", before);
		await page.getByRole("button", { name: "1 y" }).click();
		await page.locator('[aria-pressed="true"]', { hasText: "1 y" }).waitFor();
		await page.close();
	});

	test("one that is not there is said so, with what to do", async () => {
		const page = await browser.open(`${url}/stations/nobody`);
		await page.getByRole("alert").getByText("there is no station nobody").waitFor();
		await page.close();
		// The browser itself complains of the 404 that is asked for here.
		expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("404")]);
	});
});

describe("the shadow of a station", () => {
	test("an edit reaches the station and comes back reported", async () => {
		const page = await browser.open(`${url}/stations/station-0003/shadow`);
		const row = page.locator('[data-setting="reportSeconds"]');
		await row.locator("td", { hasText: /^2$/ }).waitFor();
		const field = page.getByLabel("Report every");
		// What the station would refuse is not sent.
		await field.fill("0");
		await page.getByRole("alert").getByText("expected a whole number 1..86400, got 0").waitFor();
		expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
		await field.fill("3");
		await page.getByRole("button", { name: "Send" }).click();
		await row.locator("td:nth-child(2)", { hasText: /^3$/ }).waitFor();
		await row.locator("td:nth-child(3)", { hasText: /^3$/ }).waitFor();
		await row.getByText("taken").waitFor();
		await page.close();
	});

	test("a change of somebody else in between is shown as a conflict, and nothing is overwritten", async () => {
		const page = await browser.open(`${url}/stations/station-0002/shadow`);
		const path = `${url}/api/things/station-0002/shadow`;
		const field = page.getByLabel("Observe every");
		await field.fill("2");
		const other = { state: { desired: { sampleSeconds: 1, note: "somebody else" } } };
		await fetch(path, { method: "POST", body: JSON.stringify(other) });
		await page.locator('[data-setting="note"]').waitFor();
		await page.getByRole("button", { name: "Send" }).click();
		await page.getByRole("alert").getByText("Somebody has changed the shadow").waitFor();
		const { state } = (await (await fetch(path)).json()) as { state: { desired: object } };
		expect(state.desired).toEqual({ sampleSeconds: 1, note: "somebody else" });
		await page.getByRole("button", { name: /Go on with version/ }).click();
		await page.getByRole("button", { name: "Send" }).click();
		await page
			.locator('[data-setting="observeSeconds"] td:nth-child(3)', { hasText: /^2$/ })
			.waitFor();
		await page.close();
		// The browser itself complains of the 409 that is asked for here.
		expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("409")]);
	});
});

describe("the registry", () => {
	test("a certificate that is deactivated ends its connection at once, and comes back", async () => {
		const page = await browser.open(`${url}/registry`);
		await page.getByRole("link", { name: "station-0002" }).waitFor();
		await page.locator("summary", { hasText: "isobar-station" }).click();
		await page.locator("pre", { hasText: "iot:Connect" }).waitFor();
		const principals = `${url}/api/things/station-0002/principals`;
		const [arn] = ((await (await fetch(principals)).json()) as { principals: string[] }).principals;
		const id = arn!.split("/")[1]!.slice(0, 12);
		const row = page.locator("tr", { hasText: id });
		await row.getByRole("button", { name: "Deactivate" }).click();
		await row.getByText("INACTIVE").waitFor();
		const isConnected = async (): Promise<boolean> => {
			const answer = await fetch(`${url}/api/isobar/stations/station-0002`);
			return ((await answer.json()) as { connected: boolean }).connected;
		};
		while (await isConnected()) await page.waitForTimeout(100);
		await row.getByRole("button", { name: "Activate" }).click();
		while (!(await isConnected())) await page.waitForTimeout(200);
		await page.close();
	});
});

describe("events", () => {
	test("are there as they happen, by kind and by station, with the mail about them", async () => {
		const page = await browser.open(`${url}/events`);
		const connected = page.locator(".event-connected", { hasText: "station-0001" });
		await connected.first().waitFor();
		await page.getByRole("button", { name: "Mails" }).click();
		await page.getByText("Nothing of this has happened yet").waitFor();
		await page.getByText("No mail was written yet").waitFor();
		await page.getByRole("button", { name: "Connections" }).click();
		await connected.first().getByRole("link").click();
		await page.getByRole("link", { name: "Events", exact: true }).last().click();
		await page.getByText("station-0001 connected").waitFor();
		await page.close();
	});
});

describe("rules", () => {
	test("without one the page says how to make one", async () => {
		const page = await browser.open(`${url}/rules`);
		await page.getByText("There is no rule yet").waitFor();
		await page.close();
	});
});

describe("the simulator", () => {
	test("a power cut takes a station away and it comes back, with nothing lost", async () => {
		const page = await browser.open(`${url}/simulator`);
		await page.getByLabel("Station").selectOption("station-0003");
		await page.getByText("station-0003 is connected").waitFor();
		await page.getByRole("button", { name: "Power cut" }).click();
		await page.getByText("without power for 10 s").waitFor();
		await page.getByText("station-0003 is offline").waitFor();
		await page.getByText("station-0003 is connected").waitFor();
		await page.close();
	});
});

describe("accessibility", () => {
	const sizes = [
		{ width: 1280, height: 900 },
		{ width: 390, height: 844 },
	];
	const views: readonly (readonly [path: string, ready: string])[] = [
		["/", ".table-body a"],
		["/stations/station-0001", ".chart canvas"],
		["/stations/station-0001/about", ".panel"],
		["/stations/station-0001/shadow", ".editor"],
		["/stations/station-0001/events", ".event"],
		["/events", ".event"],
		["/rules", ".panel"],
		["/registry", ".policy"],
		["/simulator", ".faults"],
	];
	test.each(views)(
		"axe has nothing against %s, in light and dark, wide and on a phone",
		async (path, ready) => {
			const page = await browser.open(url + path);
			await page.locator(ready).first().waitFor();
			for (const colorScheme of ["light", "dark"] as const) {
				await page.emulateMedia({ colorScheme });
				for (const size of sizes) {
					await page.setViewportSize(size);
					expect(await accessibilityFaults(page)).toEqual([]);
					// Nothing sticks out to the right.
					expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
				}
			}
			await page.close();
		},
	);
});

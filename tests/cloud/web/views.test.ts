import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { ApiClient } from "../../support/api.ts";
import { CloudBench, makeReport } from "../../support/cloud.ts";

let bench: CloudBench;
beforeEach(() => {
	bench = new CloudBench();
});
afterEach(() => bench.end());

const thing = "station-0001";

/** A cloud that has archived observations 1 to 6, and was started again. */
async function openAgain(): Promise<ApiClient> {
	await provision(bench.dataDir, [thing]);
	const first = await bench.start();
	const client = await bench.connected(first.port, thing);
	await client.publishAsync(`isobar/${thing}/report`, makeReport(1, 6), { qos: 1 });
	await client.endAsync();
	await first.close();
	const again = await bench.start({ http: { port: 0 } });
	return new ApiClient(again.httpUrl!);
}

test("after a restart a station says what it has said last, and nothing else", async () => {
	const api = await openAgain();
	const { body } = await api.get("/api/isobar/stations");
	expect(body.stations).toHaveLength(1);
	expect(body.stations[0]).toMatchObject({
		thing,
		connected: false,
		lastSeen: "2023-11-14T22:13:55.000Z",
	});
	expect(body.stations[0].values).toEqual({
		airTemperature: { value: 21.6, unit: "°C", time: "2023-11-14T22:13:50.000Z" },
	});
	const detail = await api.get(`/api/isobar/stations/${thing}`);
	expect(detail.body).toMatchObject({ observations: 6, firstSeen: "2023-11-14T22:13:25.000Z" });
	expect((await api.get("/api/isobar/stations/nobody")).status).toBe(404);
});

test("a series is there as JSON and as a table; a bad value is one line that names it", async () => {
	const api = await openAgain();
	const span = "from=1700000000&to=1700000060&points=60";
	const path = `/api/isobar/series/${thing}`;
	const { body } = await api.get(`${path}?channels=airTemperature&${span}`);
	expect(body.channels.airTemperature.mean).toEqual([21.5, 21.6, 21.6, 21.6, 21.6, 21.6]);
	const csv = await fetch(`${api.url}${path}.csv?channels=airTemperature&${span}`);
	expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
	expect((await csv.text()).split("\r\n").slice(0, 2)).toEqual([
		"time (UTC),airTemperature mean (°C),airTemperature min (°C),airTemperature max (°C),notes",
		"2023-11-14T22:13:25.000Z,21.5,21.5,21.5,",
	]);
	for (const [query, said] of [
		["channels=airTemperature&points=0", /points is "0"; expected a whole number 1\.\.10000/],
		["channels=warmth", /warmth/],
		["from=1", /channels: expected names/],
	] as const) {
		const refused = await api.get(`${path}?${query}`);
		expect(refused.status).toBe(400);
		expect(refused.body.message).toMatch(said);
	}
});

test("figures are there from the start, and without a simulator there are no faults", async () => {
	const api = await openAgain();
	const { body } = await api.get("/api/isobar/overview?step=60");
	expect(body.totals.connected).toBe(0);
	expect(body.series.connected.at(-1)).toBeNull();
	expect((await api.get("/api/isobar/overview?from=5&to=4")).status).toBe(400);
	expect((await api.get("/api/isobar/faults")).body.message).toMatch(/no simulator runs/);
});

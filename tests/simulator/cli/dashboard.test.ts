import { describe, expect, test } from "@jest/globals";
import standard from "../../../examples/station.ts";
import { defineStation } from "../../../firmware/index.ts";
import { LineView } from "../../../simulator/dashboard/lines.ts";
import { ScreenView } from "../../../simulator/dashboard/screen.ts";
import { Table } from "../../../simulator/dashboard/table.ts";
import { clockText } from "../../../simulator/dashboard/view.ts";
import { FleetBench } from "../fleet/bench.ts";

/** A fleet after 100 s, its third station off. */
function fleet() {
	const bench = new FleetBench({ stations: 3 });
	bench.fleet.start();
	bench.pass(100);
	bench.fleet.stations[2]!.powerCut();
	return bench.fleet.stations;
}

const csi = "\u001b[";

/** Text without escape sequences. */
function bare(text: string): string {
	const [first, ...rest] = text.split(csi);
	return [first, ...rest.map((piece) => piece.replace(/^[0-9;?]*[A-Za-z]/, ""))].join("");
}

class FakeScreen {
	columns = 140;
	rows = 40;
	text = "";

	write(text: string): void {
		this.text += text;
	}

	/** The lines of the newest frame, without escape sequences. */
	get frame(): string[] {
		return bare(this.text.split(`${csi}J`).at(-1)!).split("\n");
	}
}

describe("the table", () => {
	test("has columns that stay where they are, with units under their heads", () => {
		const table = new Table(standard);
		const [heads, units] = table.heads();
		const stations = fleet();
		const end = (head: string): number => heads.indexOf(head) + head.length;
		expect(heads).toMatch(
			/^STATION +LINK +TEMP +HUMIDITY +PRESSURE +WIND +GUST +FROM +RAIN +WAITING/,
		);
		expect(units.slice(0, end("TEMP"))).toMatch(/°C$/);
		expect(units.slice(0, end("PRESSURE"))).toMatch(/hPa$/);
		expect(units.slice(0, end("ROUND TRIP"))).toMatch(/ms$/);
		for (const station of stations.slice(0, 2)) {
			const row = table.row(station);
			expect(row.slice(0, end("TEMP"))).toMatch(/ up +-?\d+\.\d$/);
			expect(row.slice(0, end("PRESSURE"))).toMatch(/ 7\d\d\.\d$/);
			expect(row.slice(0, end("FROM"))).toMatch(/ (\d+|calm)$/);
			expect(row.slice(0, end("RAIN"))).toMatch(/ 0\.\d\d$/);
			expect(row.slice(0, end("ACKED"))).toMatch(/ \d+$/);
		}
		expect(table.row(stations[2]!)).toMatch(/^station-3 +off +– +– /);
	});

	test("has columns for the user's own channels", () => {
		const definition = defineStation({
			...standard,
			channels: [
				{
					name: "soilMoisture",
					unit: "%",
					key: "S",
					perUnit: 10,
					aggregate: "mean",
					minimum: 0,
					maximum: 100,
					group: "soil",
					property: "moisture",
					in: "observation",
				},
			],
		});
		const [heads, units] = new Table(definition).heads();
		expect(heads).toContain("  SOILMOISTURE  ");
		expect(units).toHaveLength(heads.length);
	});
});

describe("the live view", () => {
	function view(screen: FakeScreen, colour: boolean, duration?: number) {
		let time = 0;
		const one = new ScreenView(screen, { definition: standard, colour, duration, now: () => time });
		return {
			one,
			pass: (ms: number) => {
				time += ms;
			},
		};
	}

	test("writes over itself and gives the cursor back", () => {
		const screen = new FakeScreen();
		const { one, pass } = view(screen, false);
		const stations = fleet();
		one.log("station-1", "link: up");
		one.show(stations);
		const height = screen.frame.length - 1;
		expect(screen.frame[0]).toMatch(/^STATION/);
		expect(screen.frame).toContain("00:00:00  station-1  link: up");
		expect(screen.text.startsWith("\u001b[?25l")).toBe(true);
		pass(1_000);
		one.show(stations);
		expect(screen.text).toContain(`\u001b[${height}A\r\u001b[J`);
		expect(screen.frame.join("\n")).toMatch(/^00:00:01 until Ctrl-C {2}2 of 3 stations up, /m);
		pass(1);
		one.close(stations);
		expect(screen.text.endsWith("\u001b[?25h")).toBe(true);
	});

	test("draws a few frames a second and no more", () => {
		const screen = new FakeScreen();
		const { one, pass } = view(screen, false);
		const stations = fleet();
		for (let count = 0; count < 100; count++) {
			one.show(stations);
			pass(10);
		}
		expect(screen.text.split("\u001b[J").length - 1).toBe(5);
	});

	test("is without colour when that is wished", () => {
		const [plain, colourful] = [new FakeScreen(), new FakeScreen()];
		const stations = fleet();
		view(plain, false).one.show(stations);
		view(colourful, true).one.show(stations);
		for (const colour of ["1m", "2m", "33m", "31m"]) {
			expect(plain.text).not.toContain(csi + colour);
		}
		expect(colourful.text).toContain(`${csi}31mstation-3`);
		expect(colourful.frame).toEqual(plain.frame);
	});

	test("never wraps a line nor fills more than the screen", () => {
		const screen = new FakeScreen();
		screen.columns = 60;
		screen.rows = 14;
		const stations = Array.from({ length: 10 }, () => fleet()[0]!);
		const { one } = view(screen, true, 90_000);
		for (let count = 0; count < 10; count++) one.log("cloud", "x".repeat(200));
		one.show(stations);
		for (const line of screen.frame) expect(line.length).toBeLessThan(60);
		expect(screen.frame.length).toBeLessThanOrEqual(14);
		expect(screen.frame.join("\n")).toMatch(/… and \d+ more/);
		expect(screen.frame.join("\n")).toMatch(/00:00:00 of 00:01:30/);
	});
});

describe("the view in plain lines", () => {
	test("says what happens with its time, and how things stand now and then", () => {
		let time = 0;
		let text = "";
		const output = {
			write(more: string): void {
				text += more;
			},
		};
		const one = new LineView(output, () => time);
		const stations = fleet();
		for (; time <= 25_000; time += 250) {
			if (time === 1_500) one.log("station-1", "link: up");
			one.show(stations);
		}
		one.close(stations);
		const lines = text.trimEnd().split("\n");
		expect(lines.map((line) => line.slice(0, 8))).toEqual([
			"00:00:01",
			"00:00:10",
			"00:00:20",
			"00:00:25",
		]);
		expect(lines[0]).toBe("00:00:01  station-1  link: up");
		expect(lines[1]).toMatch(
			/^00:00:10 {2}2 of 3 stations up, observations made \d+, acknowledged \d+, waiting \d+$/,
		);
		expect(text).not.toContain("\u001b");
	});
});

test.each([
	[0, "00:00:00"],
	[61_999, "00:01:01"],
	[86_399_999, "23:59:59"],
	[2 * 86_400_000 + 3_661_000, "2 d 01:01:01"],
])("%i ms is %s", (ms, text) => {
	expect(clockText(ms)).toBe(text);
});

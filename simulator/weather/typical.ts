import { RecordIndex, recordColumns, WeatherRecord } from "./record.ts";

const hourMs = 3_600_000;
/** A spring day of the temperate zone, by the hour: °C, %, m/s, degrees, hPa. No station has measured it. */
const hours: readonly (readonly [number, number, number, number, number])[] = Object.freeze([
	[8.4, 88, 1.6, 215, 1008.2],
	[7.9, 90, 1.5, 210, 1008.0],
	[7.3, 92, 1.2, 205, 1007.8],
	[6.9, 93, 1.1, 200, 1007.7],
	[6.6, 94, 0.9, 195, 1007.7],
	[6.8, 93, 1.2, 195, 1007.9],
	[7.9, 89, 1.8, 200, 1008.2],
	[9.6, 82, 2.4, 205, 1008.5],
	[11.5, 74, 3.1, 215, 1008.8],
	[13.2, 67, 3.6, 225, 1009.0],
	[14.7, 61, 4.1, 230, 1009.1],
	[15.8, 57, 4.6, 235, 1009.0],
	[16.6, 54, 5.0, 240, 1008.8],
	[17.2, 52, 5.2, 245, 1008.5],
	[17.4, 51, 5.1, 245, 1008.2],
	[17.1, 53, 4.8, 250, 1008.0],
	[16.3, 57, 4.3, 250, 1007.9],
	[15.1, 63, 3.7, 245, 1007.9],
	[13.6, 70, 3.0, 240, 1008.1],
	[12.2, 76, 2.5, 235, 1008.3],
	[11.1, 80, 2.2, 230, 1008.5],
	[10.3, 83, 2.0, 225, 1008.6],
	[9.6, 85, 1.9, 220, 1008.5],
	[9.0, 87, 1.7, 215, 1008.4],
]);

/** Weather for tests that need some and have no file: one made-up day, again and again. */
export function typicalDay(): WeatherRecord {
	const order: readonly number[] = [
		RecordIndex.airTemperature,
		RecordIndex.relativeHumidity,
		RecordIndex.windSpeed,
		RecordIndex.windDirection,
		RecordIndex.stationPressure,
	];
	const times = Float64Array.from(hours, (_, hour) => hour * hourMs);
	const values = Array.from({ length: recordColumns }, () => new Float64Array(hours.length));
	hours.forEach((row, hour) => {
		row.forEach((value, place) => {
			values[order[place]!]![hour] = value;
		});
	});
	return new WeatherRecord(times, values);
}

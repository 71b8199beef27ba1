import { isObject, type Json, type JsonObject } from "../../services/document.ts";
import { type Action, fileNameOf, nameOf, PermanentFault, text } from "./action.ts";
import type { LineFiles } from "./lines.ts";

const unitsInMs = Object.freeze({
	SECONDS: 1_000,
	MILLISECONDS: 1,
	MICROSECONDS: 1e-3,
	NANOSECONDS: 1e-6,
});

/** The action `dynamoDBv2`: a row of a table for each message, its columns the members of the result. */
export function itemAction(tables: LineFiles): Action {
	const tableOf = (parameters: JsonObject): string =>
		text(parameters.putItem as JsonObject, "tableName");
	return {
		name: "DynamoDBv2Action",
		resource: tableOf,
		async perform({ parameters, json, at }) {
			const row = { time: new Date(at).toISOString(), ...itemOf(json) };
			await tables.append(fileOf(tableOf(parameters)), JSON.stringify(row));
		},
	};
}

/** The action `timestream`: a row of a table for each message, its dimensions beside its values. */
export function seriesAction(tables: LineFiles): Action {
	return {
		name: "TimestreamAction",
		resource: (parameters) => text(parameters, "tableName"),
		async perform({ parameters, json, at }) {
			const dimensions = (parameters.dimensions as readonly JsonObject[]).map(({ name, value }) => [
				name,
				value,
			]);
			const row = {
				time: new Date(timeOf(parameters.timestamp, at)).toISOString(),
				...(Object.fromEntries(dimensions) as JsonObject),
				...itemOf(json),
			};
			await tables.append(fileOf(text(parameters, "tableName")), JSON.stringify(row));
		},
	};
}

function fileOf(table: string): string {
	return `${fileNameOf("table", nameOf(table))}.jsonl`;
}

function itemOf(json: Json | undefined): JsonObject {
	if (json !== undefined && isObject(json)) return json;
	throw new PermanentFault("the result of the rule is no object, which a row has to be");
}

function timeOf(timestamp: Json | undefined, at: number): number {
	if (timestamp === undefined || !isObject(timestamp)) return at;
	const { value, unit } = timestamp;
	const ms = Number(value) * unitsInMs[unit as keyof typeof unitsInMs];
	if (value === "" || Number.isNaN(new Date(ms).getTime())) {
		throw new PermanentFault(`${JSON.stringify(value)} is no time in ${String(unit)}`);
	}
	return ms;
}

import { isObject, type Json, type JsonObject, memberOf } from "../services/document.ts";
import type { LifecycleEvent } from "./alarms.ts";
import type { Notices } from "./notices.ts";

/** What the cloud tells its notices. */
export interface Feed {
	subscribe(
		topicFilter: string,
		onMessage: (topicName: string, payload: Uint8Array) => void,
	): () => void;
	/** Whether a client id is the name of a thing; others come and go as they like. */
	isThing(clientId: string): boolean;
	/** Things that have reported before. */
	readonly things: Iterable<string>;
	shadow(thing: string): JsonObject | undefined;
}

/** Brings lifecycle events and cadences to the notices. What is heard is told by who archives it. */
export function feedNotices(notices: Notices, { subscribe, isThing, things, shadow }: Feed): void {
	for (const thing of things) {
		if (!isThing(thing)) continue;
		notices.expect(thing);
		tellPeriod(notices, thing, shadow(thing)?.state);
	}
	subscribe("$aws/events/presence/+/+", (_, payload) => {
		const event = parse(payload);
		if (isLifecycleEvent(event) && isThing(event.clientId)) notices.take(event);
	});
	subscribe("$aws/things/+/shadow/update/documents", (topicName, payload) => {
		tellPeriod(notices, topicName.split("/")[2]!, member(parse(payload), "current", "state"));
	});
}

function tellPeriod(notices: Notices, thing: string, state: Json | undefined): void {
	const seconds = member(state, "reported", "reportSeconds");
	if (typeof seconds === "number" && seconds >= 1) notices.setPeriod(thing, seconds);
}

function isLifecycleEvent(event: unknown): event is LifecycleEvent {
	const { eventType } = event as LifecycleEvent;
	return eventType === "connected" || eventType === "disconnected";
}

/** Messages of our own services, which are JSON. */
function parse(payload: Uint8Array): Json {
	return JSON.parse(new TextDecoder().decode(payload)) as Json;
}

function member(value: Json | undefined, ...path: string[]): Json | undefined {
	return path.reduce<Json | undefined>(
		(of, key) => (isObject(of) ? memberOf(of, key) : undefined),
		value,
	);
}

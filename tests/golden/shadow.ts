/**
 * A station and the classic shadow service, message by message, written by hand from the AWS IoT Core
 * Developer Guide, "Device Shadow MQTT topics" and "Device Shadow service documents".
 */
const prefix = "$aws/things/st-1/shadow/";

interface ShadowStep {
	/** What the service says; nothing at the first step, after the subscription is granted. */
	readonly receives?: { readonly topic: string; readonly text: string };
	/** What the station says then: topic and document; empty when it says nothing. */
	readonly sends: string;
}

const receives = (topic: string, text: string) => ({ topic: prefix + topic, text });
const reported = (reportSeconds: number, refused: string, token: string) =>
	`${prefix}update {"state":{"reported":{"firmware":"1.2.3","sampleSeconds":2,"observeSeconds":5,` +
	`"reportSeconds":${reportSeconds},"refused":${refused}}},"clientToken":"${token}"}`;

const steps: readonly ShadowStep[] = [
	{ sends: `${prefix}get {"clientToken":"g1"}` },
	{
		receives: receives(
			"get/accepted",
			'{"state":{"delta":{"reportSeconds":60}},"version":7,"clientToken":"g1"}',
		),
		sends: reported(60, "null", "u2"),
	},
	{ receives: receives("update/accepted", '{"version":8,"clientToken":"u2"}'), sends: "" },
	{
		receives: receives("update/delta", '{"version":9,"state":{"reportSeconds":120}}'),
		sends: reported(120, "null", "u3"),
	},
	{
		receives: receives("update/rejected", '{"code":409,"clientToken":"u3"}'),
		sends: `${prefix}get {"clientToken":"g4"}`,
	},
	{
		receives: receives("get/accepted", '{"state":{},"version":11,"clientToken":"g4"}'),
		sends: reported(120, "null", "u5"),
	},
	{ receives: receives("update/accepted", '{"version":12,"clientToken":"u5"}'), sends: "" },
	{ receives: receives("update/delta", "{"), sends: "" },
];

export const shadowExchange = {
	thingName: "st-1",
	cadence: { sampleSeconds: 2, observeSeconds: 5, reportSeconds: 30 },
	steps,
} as const;

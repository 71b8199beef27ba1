// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like that
import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { certificateIdOf } from "../../cloud/access.ts";
import { provision } from "../../cloud/provision.ts";
import { detachThingPrincipal } from "../../cloud/registry/certificates.ts";
import type { Change } from "../../cloud/registry/entities.ts";
import {
	attachPolicy,
	createPolicy,
	detachPolicy,
	updatePolicy,
} from "../../cloud/registry/policies.ts";
import type { Registry } from "../../cloud/registry/registry.ts";
import {
	addThingToThingGroup,
	createThingGroup,
	deleteThingGroup,
	removeThingFromThingGroup,
} from "../../cloud/registry/thinggroups.ts";
import { updateThing } from "../../cloud/registry/things.ts";
import { CloudBench, ended } from "../support/cloud.ts";

/*
 * What a client may do is remembered with its connection. Here it has published before, so that it is
 * remembered; whatever is changed of what the decision rests on, the very next message is denied.
 */

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a"]);
});
afterEach(() => bench.end());

const documentOf = (Action: string, Resource: string): string =>
	JSON.stringify({
		Version: "2012-10-17",
		Statement: [
			{ Effect: "Allow", Action, Resource: `arn:aws:iot:us-east-1:000000000000:${Resource}` },
		],
	});
const publishing = documentOf(
	"iot:Publish",
	"topic/${iot:Connection.Thing.Attributes[site]}/${iot:Connection.Thing.ThingName}",
);

interface Case {
	readonly name: string;
	/** Who has the policy that allows to publish. */
	readonly holder: "certificate" | "group" | "parent";
	change(state: Registry, certificateId: string): Change[];
}

test.each<Case>([
	{
		name: "the document of the policy",
		holder: "certificate",
		change: (state) => updatePolicy(state, "publishing", documentOf("iot:Publish", "topic/y/a")),
	},
	{
		name: "the policies of the certificate",
		holder: "certificate",
		change: (state, certificateId) => detachPolicy(state, "publishing", { certificateId }),
	},
	{
		name: "an attribute of the thing",
		holder: "certificate",
		change: (state) => updateThing(state, "a", { site: "y" }),
	},
	{
		name: "the thing of the certificate",
		holder: "certificate",
		change: (state, certificateId) => detachThingPrincipal(state, "a", certificateId),
	},
	{
		name: "the groups of the thing",
		holder: "group",
		change: (state) => removeThingFromThingGroup(state, "a", "group"),
	},
	{
		name: "the policies of the group",
		holder: "group",
		change: (state) => detachPolicy(state, "publishing", { thingGroupName: "group" }),
	},
	{
		name: "the group itself",
		holder: "group",
		change: (state) => deleteThingGroup(state, "group"),
	},
	{
		name: "the policies of the group above",
		holder: "parent",
		change: (state) => detachPolicy(state, "publishing", { thingGroupName: "parent" }),
	},
])(
	"after a change of $name the next message of a live connection is denied",
	async ({ holder, change }) => {
		const cloud = await bench.start();
		const certificateId = certificateIdOf(new X509Certificate(bench.read("things/a.crt")));
		const target = holder === "certificate" ? { certificateId } : { thingGroupName: holder };
		for (const operation of [
			(state: Registry) => createPolicy(state, "connecting", documentOf("iot:Connect", "client/a")),
			(state: Registry) => createPolicy(state, "publishing", publishing),
			(state: Registry) => createThingGroup(state, "parent"),
			(state: Registry) => createThingGroup(state, "group", "parent"),
			(state: Registry) => addThingToThingGroup(state, "a", "group"),
			(state: Registry) => updateThing(state, "a", { site: "x" }),
			(state: Registry) => attachPolicy(state, "connecting", { certificateId }),
			(state: Registry) => attachPolicy(state, "publishing", target),
			(state: Registry) => detachPolicy(state, "isobar-station", { certificateId }),
		]) {
			await cloud.registry.run(operation);
		}
		let seen = 0;
		cloud.subscribe("x/a", () => {
			seen += 1;
		});
		const client = await bench.connected(cloud.port, "a");
		for (let message = 0; message < 3; message++) await client.publishAsync("x/a", "", { qos: 1 });
		await cloud.registry.run((state) => change(state, certificateId));
		client.publish("x/a", "", { qos: 1 });
		await ended(client);
		await bench.logged(/^denied a .* iot:Publish on "x\/a"/);
		expect(seen).toBe(3);
	},
);

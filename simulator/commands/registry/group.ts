import { type CommonOptions, described, listed, type Noun, said, step } from "./command.ts";

interface GroupOptions extends CommonOptions {
	readonly description?: string;
	readonly parent?: string;
	readonly undo?: boolean;
}

/** `isobar type …` */
export function addTypeVerbs(noun: Noun): void {
	noun
		.verb<GroupOptions>(
			"create <name>",
			"Makes a thing type.",
			async (api, [name], { description }) => {
				const properties = description ? { thingTypeDescription: description } : {};
				const body = { thingTypeProperties: properties };
				const answer = await api.call("POST", `/thing-types/${step(name!)}`, { body });
				return said(answer, `thing type ${name} is there`);
			},
			(command) => command.option("--description <TEXT>", "what it is"),
		)
		.verb("describe <name>", "Shows a thing type.", async (api, [name]) =>
			described(await api.call("GET", `/thing-types/${step(name!)}`)),
		)
		.verb("list", "Lists thing types.", async (api) =>
			listed(
				await api.all("GET", "/thing-types", "thingTypes"),
				({ thingTypeName, thingTypeMetadata }) =>
					`${thingTypeName}${thingTypeMetadata.deprecated ? "  deprecated" : ""}`,
			),
		)
		.verb<GroupOptions>(
			"deprecate <name>",
			"Lets no new things be of a type.",
			async (api, [name], { undo = false }) => {
				const body = { undoDeprecate: undo };
				const answer = await api.call("POST", `/thing-types/${step(name!)}/deprecate`, { body });
				return said(answer, `thing type ${name} is ${undo ? "in use again" : "deprecated"}`);
			},
			(command) => command.option("--undo", "lets them again"),
		)
		.verb("delete <name>", "Deletes a deprecated thing type.", async (api, [name]) =>
			said(
				await api.call("DELETE", `/thing-types/${step(name!)}`),
				`thing type ${name} is deleted`,
			),
		);
}

/** `isobar group …` */
export function addGroupVerbs(noun: Noun): void {
	noun
		.verb<GroupOptions>(
			"create <name>",
			"Makes a thing group.",
			async (api, [name], { parent, description }) => {
				const body = {
					...(parent ? { parentGroupName: parent } : {}),
					...(description ? { thingGroupProperties: { thingGroupDescription: description } } : {}),
				};
				const answer = await api.call("POST", `/thing-groups/${step(name!)}`, { body });
				return said(answer, `thing group ${name} is there`);
			},
			(command) =>
				command
					.option("--parent <NAME>", "the group that it is in")
					.option("--description <TEXT>", "what it is"),
		)
		.verb("describe <name>", "Shows a thing group.", async (api, [name]) =>
			described(await api.call("GET", `/thing-groups/${step(name!)}`)),
		)
		.verb<GroupOptions>(
			"list",
			"Lists thing groups.",
			async (api, _, { parent }) => {
				const query = { parentGroup: parent };
				return listed(
					await api.all("GET", "/thing-groups", "thingGroups", { query }),
					({ groupName }) => groupName,
				);
			},
			(command) => command.option("--parent <NAME>", "only those below this one"),
		)
		.verb(
			"things <name>",
			"Lists the things of a group and of those below it.",
			async (api, [name]) => {
				const path = `/thing-groups/${step(name!)}/things`;
				const query = { recursive: true };
				return listed(await api.all("GET", path, "things", { query }), (thing) => thing);
			},
		)
		.verb("add <name> <thing>", "Puts a thing into a group.", async (api, [name, thing]) => {
			const body = { thingGroupName: name, thingName: thing };
			const answer = await api.call("PUT", "/thing-groups/addThingToThingGroup", { body });
			return said(answer, `thing ${thing} is in ${name}`);
		})
		.verb("remove <name> <thing>", "Takes a thing out of a group.", async (api, [name, thing]) => {
			const body = { thingGroupName: name, thingName: thing };
			const answer = await api.call("PUT", "/thing-groups/removeThingFromThingGroup", { body });
			return said(answer, `thing ${thing} is not in ${name}`);
		})
		.verb("delete <name>", "Deletes a group; its things stay.", async (api, [name]) =>
			said(
				await api.call("DELETE", `/thing-groups/${step(name!)}`),
				`thing group ${name} is deleted`,
			),
		);
}

/** `isobar billing …` */
export function addBillingVerbs(noun: Noun): void {
	noun
		.verb<GroupOptions>(
			"create <name>",
			"Makes a billing group.",
			async (api, [name], { description }) => {
				const properties = description ? { billingGroupDescription: description } : {};
				const body = { billingGroupProperties: properties };
				const answer = await api.call("POST", `/billing-groups/${step(name!)}`, { body });
				return said(answer, `billing group ${name} is there`);
			},
			(command) => command.option("--description <TEXT>", "what it is"),
		)
		.verb("describe <name>", "Shows a billing group.", async (api, [name]) =>
			described(await api.call("GET", `/billing-groups/${step(name!)}`)),
		)
		.verb("list", "Lists billing groups.", async (api) =>
			listed(
				await api.all("GET", "/billing-groups", "billingGroups"),
				({ groupName }) => groupName,
			),
		)
		.verb("things <name>", "Lists the things of a billing group.", async (api, [name]) =>
			listed(
				await api.all("GET", `/billing-groups/${step(name!)}/things`, "things"),
				(thing) => thing,
			),
		)
		.verb(
			"add <name> <thing>",
			"Puts a thing into a billing group.",
			async (api, [name, thing]) => {
				const body = { billingGroupName: name, thingName: thing };
				const answer = await api.call("PUT", "/billing-groups/addThingToBillingGroup", { body });
				return said(answer, `thing ${thing} is in ${name}`);
			},
		)
		.verb("remove <name> <thing>", "Takes a thing out of it.", async (api, [name, thing]) => {
			const body = { billingGroupName: name, thingName: thing };
			const path = "/billing-groups/removeThingFromBillingGroup";
			return said(await api.call("PUT", path, { body }), `thing ${thing} is not in ${name}`);
		})
		.verb("delete <name>", "Deletes a billing group; its things stay.", async (api, [name]) =>
			said(
				await api.call("DELETE", `/billing-groups/${step(name!)}`),
				`billing group ${name} is deleted`,
			),
		);
}

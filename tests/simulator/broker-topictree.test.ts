import { describe, expect, test } from "@jest/globals";
import { Status } from "../../firmware/base/status.ts";
import { checkTopicFilter, checkTopicName, matchTopic } from "../../firmware/mqtt/topic.ts";
import { TopicTree } from "../../simulator/broker/topictree.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function texts(characters: readonly string[], length: number): string[] {
	let last = [""];
	const all: string[] = [];
	for (let index = 0; index < length; index++) {
		last = last.flatMap((text) => characters.map((character) => text + character));
		all.push(...last);
	}
	return all;
}

function matches(filter: string, name: string): boolean {
	const [filterBytes, nameBytes] = [bytesOf(filter), bytesOf(name)];
	return matchTopic(filterBytes, 0, filterBytes.length, nameBytes, 0, nameBytes.length);
}

const filters = texts(["a", "$", "/", "+", "#"], 4).filter((text) => {
	const bytes = bytesOf(text);
	return checkTopicFilter(bytes, 0, bytes.length) === Status.Ok;
});
const names = texts(["a", "$", "/"], 4).filter((text) => {
	const bytes = bytesOf(text);
	return checkTopicName(bytes, 0, bytes.length) === Status.Ok;
});

describe("the tree finds what the firmware's matching finds", () => {
	test("among all filters, for every name of up to four characters", () => {
		const tree = new TopicTree<string>();
		for (const filter of filters) tree.set(filter, filter);
		for (const name of names) {
			const found: string[] = [];
			tree.filtersOf(name, (filter) => found.push(filter));
			expect(found.sort()).toEqual(filters.filter((filter) => matches(filter, name)).sort());
		}
	});

	test("among all names, for every filter of up to four characters", () => {
		const tree = new TopicTree<string>();
		for (const name of names) tree.set(name, name);
		for (const filter of filters) {
			const found: string[] = [];
			tree.namesOf(filter, (name) => found.push(name));
			expect(found.sort()).toEqual(names.filter((name) => matches(filter, name)).sort());
		}
	});
});

test("what is deleted is found no more, and its neighbours are", () => {
	const tree = new TopicTree<number>();
	tree.set("a/b", 1);
	tree.set("a", 2);
	tree.set("a/b/c", 3);
	tree.delete("a/b");
	tree.delete("a/x");
	const found: number[] = [];
	tree.namesOf("#", (value) => found.push(value));
	expect(found).toEqual([2, 3]);
	expect([tree.get("a/b"), tree.get("a"), tree.get("x/y")]).toEqual([undefined, 2, undefined]);
	tree.clear();
	expect(tree.get("a")).toBeUndefined();
});

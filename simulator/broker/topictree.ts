interface Node<Value> {
	children: ReadonlyMap<string, Node<Value>>;
	value: Value | undefined;
}

/** The children of every leaf; most nodes are leaves. */
const nobody: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * Values by topic, level by level, so that what matches is found without a look at the rest. It
 * serves both ways: filters against a name (subscriptions), names against a filter (retained
 * messages). Matches come in the order of insertion, which is what makes a run repeatable; MQTT
 * 3.1.1 §4.7.
 */
export class TopicTree<Value> {
	#root: Node<Value> = newNode();

	get(topic: string): Value | undefined {
		let node: Node<Value> | undefined = this.#root;
		for (const level of topic.split("/")) node = node?.children.get(level);
		return node?.value;
	}

	set(topic: string, value: Value): void {
		let node = this.#root;
		for (const level of topic.split("/")) {
			node = node.children.get(level) ?? addChild(node, level);
		}
		node.value = value;
	}

	delete(topic: string): void {
		prune(this.#root, topic.split("/"), 0);
	}

	clear(): void {
		this.#root = newNode();
	}

	/** The values of all filters that match a topic name. */
	filtersOf(topicName: string, visit: (value: Value) => void): void {
		visitFilters(this.#root, topicName.split("/"), 0, visit);
	}

	/** The values of all topic names that a filter matches. */
	namesOf(filter: string, visit: (value: Value) => void): void {
		visitNames(this.#root, filter.split("/"), 0, visit);
	}
}

function newNode<Value>(): Node<Value> {
	return { children: nobody, value: undefined };
}

function addChild<Value>(node: Node<Value>, level: string): Node<Value> {
	const children = node.children === nobody ? new Map<string, Node<Value>>() : node.children;
	const child = newNode<Value>();
	(children as Map<string, Node<Value>>).set(level, child);
	node.children = children;
	return child;
}

/** Returns whether nothing is left of the node. */
function prune<Value>(node: Node<Value>, levels: readonly string[], depth: number): boolean {
	if (depth === levels.length) {
		node.value = undefined;
	} else {
		const level = levels[depth]!;
		const child = node.children.get(level);
		if (child !== undefined && prune(child, levels, depth + 1)) {
			(node.children as Map<string, Node<Value>>).delete(level);
		}
	}
	return node.value === undefined && node.children.size === 0;
}

/** Wildcards at the first level do not match what begins with `$` [MQTT-4.7.2-1]. */
function isReserved(levels: readonly string[], depth: number): boolean {
	return depth === 0 && levels[0]!.startsWith("$");
}

function visitFilters<Value>(
	node: Node<Value>,
	levels: readonly string[],
	depth: number,
	visit: (value: Value) => void,
): void {
	const isWild = !isReserved(levels, depth);
	// `a/#` matches `a` too [MQTT-4.7.1-2].
	const rest = isWild ? node.children.get("#")?.value : undefined;
	if (rest !== undefined) visit(rest);
	if (depth === levels.length) {
		if (node.value !== undefined) visit(node.value);
		return;
	}
	const exact = node.children.get(levels[depth]!);
	if (exact !== undefined) visitFilters(exact, levels, depth + 1, visit);
	const single = isWild ? node.children.get("+") : undefined;
	if (single !== undefined) visitFilters(single, levels, depth + 1, visit);
}

function visitNames<Value>(
	node: Node<Value>,
	levels: readonly string[],
	depth: number,
	visit: (value: Value) => void,
): void {
	const level = levels[depth];
	if (level === undefined || level === "#") {
		if (node.value !== undefined) visit(node.value);
		if (level === undefined) return;
	}
	for (const [name, child] of node.children) {
		const isWild = depth > 0 || !name.startsWith("$");
		if (level === "#" && isWild) visitAll(child, visit);
		else if (level === name || (level === "+" && isWild))
			visitNames(child, levels, depth + 1, visit);
	}
}

function visitAll<Value>(node: Node<Value>, visit: (value: Value) => void): void {
	if (node.value !== undefined) visit(node.value);
	for (const child of node.children.values()) visitAll(child, visit);
}

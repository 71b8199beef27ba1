/**
 * Whether a topic filter matches a topic name, both valid: as MQTT 3.1.1 §4.7, but `a/#` does not match
 * `a`, as in AWS IoT Core (aws-iot-contract.md §1.4).
 */
export function topicMatches(filter: string, topicName: string): boolean {
	return levelsMatch(filter.split("/"), topicName.split("/"));
}

/** The same for who has the levels of one of them already. */
export function levelsMatch(filter: readonly string[], name: readonly string[]): boolean {
	if (name[0]!.startsWith("$") && (filter[0] === "+" || filter[0] === "#")) return false;
	for (const [index, level] of filter.entries()) {
		if (level === "#") return name.length > index;
		if (index >= name.length || (level !== "+" && level !== name[index])) return false;
	}
	return filter.length === name.length;
}

/** One line of partitions.csv. */
export interface Partition {
	readonly name: string;
	readonly type: string;
	readonly subtype: string;
	/** Bytes. */
	readonly offset: number;
	readonly size: number;
}

/**
 * Reads a partition table as ESP-IDF writes them down.
 *
 * @throws {Error} with the line that is not one of five columns with offset and size in numbers
 */
export function parsePartitions(csv: string): Partition[] {
	const lines = csv.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
	return lines.map((line) => {
		const [name, type, subtype, offset, size] = line.split(",").map((cell) => cell.trim());
		const partition = { name, type, subtype, offset: Number(offset), size: Number(size) };
		if (!(partition.offset > 0 && partition.size > 0)) throw new Error(`partitions: ${line}`);
		return partition as Partition;
	});
}

/** @throws {Error} when there is none of this name */
export function partitionNamed(table: readonly Partition[], name: string): Partition {
	const found = table.find((partition) => partition.name === name);
	if (found === undefined) throw new Error(`partitions: no partition ${name}`);
	return found;
}

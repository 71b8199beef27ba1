import files from "embedded:isobar/files";
import config from "mc/config";

const blockLength = 4096;
const blocks = 256;
const size = blocks * blockLength;

/** A partition in a file, with the rule of NOR flash: a write clears bits, an erase sets them. */
class Partition {
	#file;
	#block = new Uint8Array(blockLength);

	constructor(path) {
		try {
			this.#file = files().openFile({ path, mode: "r+" });
		} catch {
			this.#file = files().openFile({ path, mode: "w+" });
			for (let block = 0; block < blocks; block++) this.eraseBlock(block);
		}
	}

	status() {
		return { size, blocks, blockLength };
	}

	read(into, offset) {
		this.#file.read(into, offset);
	}

	write(from, offset) {
		const old = this.#block.subarray(0, from.length);
		this.#file.read(old, offset);
		for (let index = 0; index < old.length; index++) old[index] &= from[index];
		this.#file.write(old, offset);
	}

	eraseBlock(block) {
		this.#file.write(this.#block.fill(0xff), block * blockLength);
	}

	close() {
		this.#file.close();
	}
}

export default {
	open: ({ path }) => new Partition(`stations/${config.thing}.xs.${path}`),
};

import files from "embedded:isobar/files";
import config from "mc/config";

/** A domain in files, one for each key. */
class Domain {
	#prefix;

	constructor(prefix) {
		this.#prefix = prefix;
	}

	read(key) {
		let file;
		try {
			file = files().openFile({ path: this.#prefix + key });
		} catch {
			return undefined;
		}
		const { size } = file.status();
		const bytes = size === 0 ? new ArrayBuffer(0) : file.read(size, 0);
		file.close();
		return bytes;
	}

	write(key, value) {
		const path = this.#prefix + key;
		const file = files().openFile({ path: `${path}.new`, mode: "w" });
		file.write(value, 0);
		file.close();
		files().move(`${path}.new`, path);
	}

	delete(key) {
		try {
			files().delete(this.#prefix + key);
		} catch {}
	}
}

export default {
	open: ({ path }) => new Domain(`stations/${config.thing}.xs.${path}.`),
};

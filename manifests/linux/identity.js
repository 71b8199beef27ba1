import files from "embedded:isobar/files";
import config from "mc/config";

/** Entries that are files of the local cloud's directory, under the names that it gives them. */
const paths = Object.freeze({
	authority: "ca.crt",
	certificate: `things/${config.thing}.crt`,
	key: `things/${config.thing}.key`,
});

/** The identity on Linux: credentials from the directory of the local cloud, the rest from the build. */
export default function readIdentity(key) {
	const path = paths[key];
	if (path === undefined) {
		const text = config[key];
		return text === undefined ? undefined : ArrayBuffer.fromString(String(text));
	}
	const file = files().openFile({ path });
	const bytes = file.read(file.status().size, 0);
	file.close();
	return bytes;
}

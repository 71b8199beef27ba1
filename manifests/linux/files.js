import Modules from "modules";

/** The files of Linux, from when the machine runs: a preloaded module cannot open any. */
export default function files() {
	return Modules.importNow("embedded:storage/files");
}

import {
	boardNamed,
	flashDevice,
	imageDevice,
	type Profile,
	requireFlashable,
} from "../../manifests/flash.ts";
import { type BuildOptions, bundlePath, loadForBoard, makeBundle, workplaceOf } from "./build.ts";
import { ExitCode, type Host } from "./host.ts";

/** What the user asked for, by the names of the options. */
export interface FlashCommandOptions extends Pick<BuildOptions, "station" | "data" | "dryRun"> {
	readonly board: string;
	/** Serial port. */
	readonly port: string;
	readonly thing: string;
	readonly profile: Profile;
	/** False to write what was built before. */
	readonly build: boolean;
}

/**
 * `isobar flash`: builds, writes image and identity to a board, verifies them and opens the log.
 *
 * @throws {FlashFault} that says what is missing, or what failed: no such port, another chip
 */
export async function flash(options: FlashCommandOptions, host: Host): Promise<ExitCode> {
	const { board: name, port, thing, station, data, profile } = options;
	const board = boardNamed(name);
	const place = workplaceOf(options, host);
	if (!place.isDryRun) requireFlashable(board, port, thing, place);
	if (options.build) {
		const module = await loadForBoard(station, data, board, host);
		if (!place.isDryRun) await makeBundle(options, module, host);
		imageDevice(board, bundlePath(options), profile, place);
	}
	flashDevice(board, port, thing, profile, place);
	return ExitCode.Ok;
}

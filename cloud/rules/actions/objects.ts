import { dirname, join } from "node:path";
import { makeDirectory, syncDirectory } from "../../file.ts";
import type { Vault } from "../../vault/vault.ts";
import { type Action, fileNameOf, nameOf, PermanentFault, text } from "./action.ts";

const keyBytes = 1024;

/**
 * The action `s3`: an object for each message, a file below `<bucket>/`. The same key overwrites, as in
 * S3.
 */
export function objectAction(directory: string, vault: Vault): Action {
	return {
		name: "S3Action",
		resource: (parameters) => text(parameters, "bucketName"),
		async perform({ parameters, bytes }) {
			const bucket = fileNameOf("bucket", nameOf(text(parameters, "bucketName")));
			const path = join(directory, bucket, ...stepsOf(text(parameters, "key")));
			await makeDirectory(dirname(path));
			await vault.replace(path, bytes, 0o600);
			await syncDirectory(dirname(path));
		},
	};
}

/** A key may hold anything in S3; here what is no path below the bucket is refused. */
function stepsOf(key: string): string[] {
	const steps = key.split("/").filter((step) => step !== "");
	const isPath = steps.length > 0 && !steps.some((step) => /^\.{1,2}$|\0|\\/.test(step));
	if (!isPath || Buffer.byteLength(key) > keyBytes) {
		throw new PermanentFault(`${JSON.stringify(key.slice(0, 80))} is no key of an object`);
	}
	return steps;
}

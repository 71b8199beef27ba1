/** What went wrong in the local cloud; told apart by `code`, read by people in `message`. */
export class CloudFault extends Error {
	override readonly name = "CloudFault";
	/** A system code such as "EADDRINUSE", or one of ours: "InUse", "BadName", "KeyMissing", … */
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

/** The `code` of a system error, or "" when it has none. */
export function codeOf(error: unknown): string {
	return isObject(error) && "code" in error ? String(error.code) : "";
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
	return isObject(error) && "message" in error ? String(error.message) : String(error);
}

// Not `instanceof Error`: a system error can come from another realm than ours.
function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}

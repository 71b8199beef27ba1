/**
 * Whether a text can name a thing: `[a-zA-Z0-9:_-]`, 1 to 128 characters.
 *
 * Such a name is also safe as a topic level, a file name and a word in a log line.
 *
 * Source: AWS IoT API, `thingName` (aws-iot-contract.md §2.1).
 */
export function isThingName(text: string): boolean {
	return /^[a-zA-Z0-9:_-]{1,128}$/.test(text);
}

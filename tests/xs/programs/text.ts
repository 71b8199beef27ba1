import { readUtf8, utf8Length, writeUtf8 } from "../../../firmware/base/bytes.ts";

/*
 * The simulated broker speaks to people's tools in text, and XS has no TextEncoder and no TextDecoder. These two
 * are for the world alone; the firmware has its own way with bytes.
 */

class Encoder {
	encode(text: string): Uint8Array {
		const bytes = new Uint8Array(utf8Length(text));
		writeUtf8(text, bytes, 0);
		return bytes;
	}
}

class Decoder {
	decode(bytes: Uint8Array): string {
		const text = readUtf8(bytes, 0, bytes.length);
		if (text === undefined) throw new TypeError("no UTF-8");
		return text;
	}
}

Object.assign(globalThis, { TextEncoder: Encoder, TextDecoder: Decoder });

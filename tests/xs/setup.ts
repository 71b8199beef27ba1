import { buildEngine } from "./engine.ts";

/** Compiles the engine once, before any test; an error of the compiler is then said once. */
export default async function setup(): Promise<void> {
	const started = Date.now();
	const { slotBytes } = await buildEngine();
	const seconds = Math.round((Date.now() - started) / 1000);
	process.stderr.write(`XS is compiled, ${seconds} s; slots of ${slotBytes} bytes\n`);
}

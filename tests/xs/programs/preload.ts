/** The portable core whole: with what only the platform adapter takes of it. */

export { NetworkKeeper } from "../../../firmware/network/keeper.ts";
export { tlsSocketWith } from "../../../firmware/network/tls.ts";
export { CrashRecord, guardWith } from "../../../firmware/station/crash.ts";
export { readFlashed } from "../../../firmware/station/flashed.ts";
export * from "./core.ts";

/** `isobar/firmware`: what a station is defined with and built on. */
export { Observation, TimeQuality } from "./base/observation.ts";
export { Status, statusName } from "./base/status.ts";
export { Limits } from "./limits.ts";
export { type Budget, computeBudget, type Usage } from "./outbox/budget.ts";
export { type DecodedReport, decodeReport } from "./payload/decode.ts";
export type * from "./ports/clock.ts";
export type * from "./ports/device.ts";
export type * from "./ports/io.ts";
export type * from "./ports/sensor.ts";
export type * from "./ports/socket.ts";
export type * from "./ports/storage.ts";
export type { Calibration } from "./sensing/calibration.ts";
export { type Channel, ChannelTable, reasonName, standardChannels } from "./sensing/channel.ts";
export { channelsOf, storedOf } from "./station/channels.ts";
export {
	type CloudProfile,
	type Driver,
	defineStation,
	type SensorEntry,
	type StationDefinition,
	type StationInput,
	sensor,
} from "./station/define.ts";
export { type Features, featuresOf } from "./station/features.ts";
export { Station, type StationState } from "./station/station.ts";
export { builtAt as releasedAt, firmwareVersion } from "./station/version.ts";

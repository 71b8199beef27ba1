/** `isobar/simulator`: virtual hardware, network and weather under the real firmware. */
export { VirtualBus, type VirtualBusOptions } from "./device/bus.ts";
export { VirtualNetwork, VirtualPath } from "./device/socket.ts";
export { VirtualFlash, VirtualKeyValue } from "./device/storage.ts";
export { type Credentials, TlsNetwork } from "./device/tls.ts";
export type { ArchivedRow } from "./fleet/archive.ts";
export { type Invariant, InvariantError } from "./fleet/checker.ts";
export {
	type CreateFleetOptions,
	createFleet,
	type FaultOptions,
	LedgerError,
	type TestFleet,
	type TestStation,
} from "./fleet/create.ts";
export type { Duration } from "./fleet/duration.ts";
export type { EndFault, FaultKind, FleetFault, StationFault } from "./fleet/faults.ts";
export { Fleet, type FleetOptions, type FleetTotals } from "./fleet/fleet.ts";
export { balance, type Ledger, readArchive, type Witness } from "./fleet/ledger.ts";
export { type Range, SimulatedStation, type Totals } from "./fleet/station.ts";
export type { VirtualLedger } from "./fleet/virtual.ts";
export { type PartFactory, type Parts, wire } from "./fleet/wiring.ts";
export { RealWorld, VirtualWorld, type World } from "./fleet/world.ts";
export { VirtualClock } from "./kernel/clock.ts";
export { RandomStream } from "./kernel/random.ts";
export { createPart } from "./parts/catalogue.ts";
export type * from "./parts/part.ts";
export type { Climate, Place, Weather } from "./weather/climate.ts";
export type { Conditions, WeatherSource } from "./weather/conditions.ts";
export { FieldClimate, type FieldOptions } from "./weather/field.ts";
export { parseMetar } from "./weather/metar.ts";
export { parseRecord, RecordError, WeatherRecord } from "./weather/record.ts";
export { ReplayWeather } from "./weather/replay.ts";
export { typicalDay } from "./weather/typical.ts";

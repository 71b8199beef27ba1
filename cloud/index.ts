/** The local cloud: one process that behaves like AWS IoT Core in what a station uses. */
export { CloudFault } from "./fault.ts";
export type { LogEvent } from "./logevent.ts";
export { type Cloud, type CloudOptions, type HttpOptions, startCloud } from "./main.ts";
export { provision } from "./provision.ts";
export { Authorities, type CustomerAuthority } from "./provisioning/authorities.ts";
export { makeClaim } from "./provisioning/claims.ts";
export type { ProvisioningClaim } from "./provisioning/service.ts";
export { type ProvisioningTemplate, Templates } from "./provisioning/templates.ts";
export type { Secrets } from "./registry/authoritykey.ts";
export { RegistryFault } from "./registry/fault.ts";
export type { ArchivedObservation } from "./row.ts";
export { ShadowRejected } from "./shadows.ts";
export type { Series, SeriesAnswer, SeriesChannel, SeriesRequest } from "./store/series.ts";
export { encryptCopy } from "./vault/convert.ts";
export { KeyFault } from "./vault/fault.ts";
export { Vault, type VaultOptions } from "./vault/vault.ts";
export { type Api, openApi } from "./web/open.ts";

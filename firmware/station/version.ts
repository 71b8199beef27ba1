import type { Epoch } from "../ports/clock.ts";

/** Version of the firmware, as birth, health and shadow report it; equals that of package.json. */
export const firmwareVersion = "0.1.0";

/** 2026-11-01T00:00:00Z, set with each release: no clock of a station shows less. */
export const builtAt = 1_793_491_200_000 as Epoch;

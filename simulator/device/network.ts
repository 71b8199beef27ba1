import type { Network } from "../../firmware/ports/socket.ts";

/** The network of one simulated device, from power-on to power-off. */
export interface DeviceNetwork extends Network {
	/** Drops every connection and every question with no callback, as the loss of power does. */
	cut(): void;
}

import type { HttpOptions } from "../../cloud/index.ts";
import type { Host } from "./host.ts";

/** What the user asked for of the page and the HTTP API, by the names of the options. */
export interface HttpCommandOptions {
	/** Of MQTT. */
	readonly port: number;
	/** False for --no-http. */
	readonly http: boolean;
	readonly httpPort?: number;
	readonly httpHost: string;
}

const defaultPort = 8080;

/** Who takes any free port for MQTT does not mean to meet others at 8080 either. */
export function httpOptions(options: HttpCommandOptions, host: Host): HttpOptions | undefined {
	const { port, http, httpPort, httpHost } = options;
	if (!http) return undefined;
	return {
		port: httpPort ?? (port === 0 ? 0 : defaultPort),
		host: httpHost,
		pageDir: host.pageDir,
	};
}

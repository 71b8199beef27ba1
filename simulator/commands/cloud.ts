import { startCloud } from "../../cloud/index.ts";
import { ExitCode, type Host } from "./host.ts";
import { type HttpCommandOptions, httpOptions } from "./http.ts";
import { Interrupt } from "./interrupt.ts";
import { type LogOptions, makeLog } from "./logger.ts";
import { authorityPassphrase, dataKey } from "./secret.ts";

/** What the user asked for, by the names of the options. */
export interface CloudCommandOptions extends HttpCommandOptions, LogOptions {
	readonly port: number;
	readonly host: string;
	readonly data: string;
	readonly rules?: string;
	readonly json?: boolean;
	readonly authorizer?: string;
	readonly retainDays?: number;
	readonly retainMb?: number;
	readonly s3?: { readonly bucket: string; readonly prefix: string };
	readonly s3Endpoint?: string;
	readonly encrypt?: boolean;
}

/**
 * `isobar cloud`: the local cloud alone, until Ctrl-C.
 *
 * @throws {Error} with one line, for example when the port is in use
 */
export async function cloud(options: CloudCommandOptions, host: Host): Promise<ExitCode> {
	const log = makeLog(host.stdout, options);
	const interrupt = new Interrupt(host);
	try {
		const running = await startCloud({
			dataDir: options.data,
			port: options.port,
			host: options.host,
			http: httpOptions(options, host),
			caPassphrase: authorityPassphrase(host),
			dataKey: dataKey(host),
			encrypt: options.encrypt,
			rulesDir: options.rules,
			retention: retentionOf(options),
			s3: options.s3 && {
				...options.s3,
				...(options.s3Endpoint === undefined ? {} : { endpoint: options.s3Endpoint }),
			},
			authorizer: options.authorizer,
			log,
		});
		log(`listening on ${options.host}:${running.port}, data in ${options.data}`);
		if (running.httpUrl !== undefined) log(`page and API at ${running.httpUrl}`);
		await interrupt.wait();
		log("closing");
		await running.close();
		return ExitCode.Ok;
	} finally {
		interrupt.release();
	}
}

function retentionOf({ retainDays, retainMb }: CloudCommandOptions): {
	days?: number;
	bytes?: number;
} {
	return {
		...(retainDays === undefined ? {} : { days: retainDays }),
		...(retainMb === undefined ? {} : { bytes: retainMb * 1e6 }),
	};
}

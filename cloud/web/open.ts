import { Access } from "../access.ts";
import { CloudFault } from "../fault.ts";
import { readIfPresent } from "../file.ts";
import { Layout } from "../layout.ts";
import { lockOwner, takeLock } from "../lock.ts";
import { provision } from "../provision.ts";
import { Authorities } from "../provisioning/authorities.ts";
import { Templates } from "../provisioning/templates.ts";
import { openAuthority, type Secrets } from "../registry/authoritykey.ts";
import { RegistryStore } from "../registry/store.ts";
import { RuleFiles } from "../rules/files.ts";
import { Shadows } from "../shadows.ts";
import { Vault, type VaultOptions } from "../vault/vault.ts";
import { makeApp } from "./app.ts";

/** The HTTP API of a data directory, whether a cloud runs on it or not. */
export interface Api {
	/** Whether a cloud answers; otherwise we do, and nobody else may meanwhile. */
	readonly running: boolean;
	/** @param path  such as "/api/things" */
	fetch(path: string, init?: RequestInit): Promise<Response>;
	close(): Promise<void>;
}

/** Where the cloud that has a data directory is reached; in `http.json` while it runs. */
export interface HttpAddress {
	readonly url: string;
	/** Whether requests need the token of `http.token`. */
	readonly token: boolean;
}

/**
 * Opens the API of a data directory: that of the cloud that runs on it, as `cloud.lock` says, or of the
 * directory itself, which is made where there is none.
 *
 * @throws {KeyFault} for a key that is missing or wrong
 * @throws {CloudFault} "NoHttp" when a cloud runs on it that serves no HTTP
 */
export async function openApi(
	dataDir: string,
	options: {
		readonly region?: string;
		readonly accountId?: string;
		readonly caPassphrase?: string | undefined;
		/** Of a directory that is encrypted. */
		readonly dataKey?: string | undefined;
	} = {},
): Promise<Api> {
	const { region = "us-east-1", accountId = "000000000000", caPassphrase } = options;
	const layout = new Layout(dataDir);
	const owner = lockOwner(layout.lock);
	if (owner !== undefined) return openRunning(layout, owner, options);
	const vault = await Vault.open(dataDir, options);
	const secrets = { caPassphrase, vault };
	await provision(dataDir, [], undefined, secrets);
	return openDirectory(layout, { region, accountId }, secrets);
}

/** The key of an encrypted directory is needed for its token alone. */
async function openRunning(layout: Layout, owner: number, options: VaultOptions): Promise<Api> {
	const text = await readIfPresent(layout.http);
	if (text === undefined) {
		throw new CloudFault(
			"NoHttp",
			`process ${owner} has ${layout.root} and serves no HTTP; start it without --no-http, or end it first`,
		);
	}
	const { url, token } = JSON.parse(text) as HttpAddress;
	const headers: Record<string, string> = {};
	if (token) {
		const vault = await Vault.open(layout.root, options);
		headers.authorization = `Bearer ${(await vault.read(layout.httpToken))?.trim()}`;
	}
	return {
		running: true,
		fetch: (path, init = {}) =>
			fetch(url + path, { ...init, headers: { ...headers, ...(init.headers as object) } }),
		close: async () => {},
	};
}

async function openDirectory(
	layout: Layout,
	realm: { readonly region: string; readonly accountId: string },
	secrets: Secrets,
): Promise<Api> {
	const { vault } = secrets;
	const unlock = takeLock(layout.lock);
	try {
		const registry = await RegistryStore.open(layout.registry, vault);
		const access = await Access.open(registry, layout, realm);
		registry.beforeWrite = (changes) => access.forget(changes);
		const log = (): void => {};
		const shadows = await Shadows.open(layout.shadows, {
			log,
			publish: () => {},
			...(vault && { vault }),
		});
		const authority = await openAuthority(layout, secrets);
		const services = {
			...{ ...realm, registry, authority, shadows },
			templates: new Templates(layout),
			authorities: new Authorities(layout),
			ruleFiles: new RuleFiles([layout.rules]),
		};
		const app = makeApp(services, { token: undefined, log });
		return {
			running: false,
			fetch: async (path, init = {}) => {
				const headers = { ...(init.headers as object), host: "localhost" };
				return app.request(`http://localhost${path}`, { ...init, headers });
			},
			async close() {
				await shadows.close();
				await registry.close();
				unlock();
			},
		};
	} catch (error) {
		unlock();
		throw error;
	}
}

import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { ChannelTable } from "../firmware/sensing/channel.ts";
import { Access } from "./access.ts";
import { Archive } from "./archive.ts";
import { Authorizer } from "./authorizer.ts";
import { type Bounds, usualBounds } from "./bounds.ts";
import { Broker } from "./broker.ts";
import { type Settled, settleAll } from "./commit.ts";
import type { Connection } from "./connection.ts";
import { HealthArchive } from "./healtharchive.ts";
import { HealthChannels } from "./healthchannels.ts";
import { DeviceHttps } from "./https.ts";
import { IotLog } from "./iotlog.ts";
import { Layout } from "./layout.ts";
import { limitLines } from "./linelimit.ts";
import { listen } from "./listener.ts";
import { takeLock } from "./lock.ts";
import type { LogEvent } from "./logevent.ts";
import type { Message } from "./message.ts";
import { MetadataArchive } from "./metadata.ts";
import { feedNotices } from "./notice/feed.ts";
import { Notices } from "./notice/notices.ts";
import { provision } from "./provision.ts";
import { Authorities } from "./provisioning/authorities.ts";
import { JustInTime } from "./provisioning/justintime.ts";
import { Provisioning, type ProvisioningClaim } from "./provisioning/service.ts";
import { Templates } from "./provisioning/templates.ts";
import { openAuthority } from "./registry/authoritykey.ts";
import { RegistryStore } from "./registry/store.ts";
import { makeEnvironment } from "./rules/environment.ts";
import { openRules, type RulesService } from "./rules/service.ts";
import type { JsonObject } from "./services/document.ts";
import { Shadows } from "./shadows.ts";
import { Series } from "./store/series.ts";
import { type Retention, Upkeep } from "./store/upkeep.ts";
import { type S3Target, Uploader } from "./store/upload.ts";
import { realTimers, type Timers } from "./timers.ts";
import { Vault, type VaultOptions } from "./vault/vault.ts";
import { makeApp } from "./web/app.ts";
import type { FaultControl } from "./web/faults.ts";
import { isLoopback } from "./web/guard.ts";
import { Watch } from "./web/live/watch.ts";
import type { HttpAddress } from "./web/open.ts";
import { type HttpServer, readToken, serve } from "./web/server.ts";
import type { Services } from "./web/services.ts";

export interface CloudOptions extends VaultOptions {
	/** Where certificates, archive and shadows are; made when it is missing. */
	readonly dataDir: string;
	/** 0 takes a free one. */
	readonly port: number;
	/** Address to listen on; 127.0.0.1 unless given. */
	readonly host?: string;
	/** The channels that reports may have; the standard ones unless given. */
	readonly channels?: ChannelTable;
	/** What the keep-alive of clients is raised or lowered to, in seconds; 30 to 1200 unless given. */
	readonly keepAlive?: { readonly minimum: number; readonly maximum: number };
	/** How much of the cloud others can take; see `Bounds` for what holds where nothing is given. */
	readonly bounds?: Partial<Bounds>;
	/** What ARNs in policies have to say; "us-east-1" and "000000000000" unless given. */
	readonly region?: string;
	readonly accountId?: string;
	/** How much of the archive is kept; all unless given. */
	readonly retention?: Retention | undefined;
	/** Encrypts the private key of the authority at rest; see `openAuthority`. */
	readonly caPassphrase?: string | undefined;
	/** Where the Parquet files of days that are over are copied; retention waits for it. */
	readonly s3?: S3Target | undefined;
	/** The HTTP API and the page; none unless given. */
	readonly http?: HttpOptions | undefined;
	/** Configuration of the custom authorizer, JSON; without it everybody needs a certificate. */
	readonly authorizer?: string | undefined;
	/** UTC in ms, by which ownership tokens end; the clock of this machine unless given. */
	readonly epoch?: () => number;
	/** Provisioning requests of one kind in a second; 10 unless given. */
	readonly provisioningPerSecond?: number;
	/** One more folder of rules, beside that of the data directory. */
	readonly rulesDir?: string | undefined;
	/** The clock of alarms, mails, rules and kept sessions; that of this machine unless given. */
	readonly timers?: Timers;
	log(line: string, event?: LogEvent): void;
}

export interface HttpOptions {
	/** 0 takes a free one. */
	readonly port: number;
	/** 127.0.0.1 unless given. On an address that others reach, requests need the token of `http.token`. */
	readonly host?: string | undefined;
	/** The files of the page, index.html among them. */
	readonly pageDir?: string | undefined;
	/** The faults of a simulator that runs beside the cloud, once it does. */
	readonly faults?: (() => FaultControl | undefined) | undefined;
}

/** A running local cloud. */
export interface Cloud {
	readonly port: number;
	/** Where the HTTP API is, such as "http://127.0.0.1:8080"; `undefined` where none was asked for. */
	readonly httpUrl: string | undefined;
	readonly archive: Archive;
	/** Health messages over time. */
	readonly health: HealthArchive;
	/** Time series of the archive and of health messages, for charts. */
	readonly series: Series;
	/** What has happened, and the mails about it. */
	readonly notices: Notices;
	/** Rules at work, and the queues and metrics that they fill. */
	readonly rules: RulesService;
	/** Things, certificates and policies. A change counts at once, also for who is connected. */
	readonly registry: RegistryStore;
	/** Provisioning templates. A change counts at once. */
	readonly templates: Templates;
	/** Customers' certificate authorities. A change counts at once. */
	readonly authorities: Authorities;
	/** A claim certificate for one device, good for five minutes. Throws when there is no such template. */
	createProvisioningClaim(templateName: string): Promise<ProvisioningClaim>;
	/** Whether a station is connected. */
	connected(thing: string): boolean;
	/** The shadow of a thing as `get/accepted` has it; `undefined` when there is none. */
	getShadow(thing: string, shadowName?: string): Promise<JsonObject | undefined>;
	/** Updates a shadow as an app would. Throws `ShadowRejected`. */
	updateShadow(thing: string, document: object, shadowName?: string): Promise<JsonObject>;
	/** Listens to messages in this process. @returns what ends it */
	subscribe(
		topicFilter: string,
		onMessage: (topicName: string, payload: Uint8Array) => void,
	): () => void;
	/** Closes everything at once with no goodbye: a crash. What was not acknowledged may be lost. */
	kill(): void;
	/** Finishes what is under way, then closes everything. */
	close(): Promise<void>;
}

/** The topic on which a station reports, and its thing. */
const reportPattern = /^isobar\/([a-zA-Z0-9:_-]{1,128})\/report$/;
/** The same for what it says of itself. */
const healthPattern = /^isobar\/([a-zA-Z0-9:_-]{1,128})\/health$/;

/**
 * Starts the local cloud on one data directory: authority, archive, shadows, broker, listener.
 *
 * @throws {KeyFault} for a key that is missing, wrong or not wanted; nothing is changed then
 * @throws {CloudFault} with a one-line message, for example "EADDRINUSE" for a port in use
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
	const { dataDir, port, log, host = "127.0.0.1", channels = new ChannelTable() } = options;
	const { region = "us-east-1", accountId = "000000000000" } = options;
	const bounds = { ...usualBounds(), ...options.bounds };
	const peerLog = limitLines(log);
	const layout = new Layout(dataDir);
	const vault = await Vault.open(dataDir, options);
	const secrets = { caPassphrase: options.caPassphrase, vault };
	await provision(dataDir, [], undefined, secrets);
	// What has been opened so far, newest first: a start that fails, a crash and an end all go backwards.
	const opened: { kill(): void; close(): Promise<void> }[] = [];
	const unlock = takeLock(layout.lock);
	try {
		const registry = await RegistryStore.open(layout.registry, vault);
		opened.unshift(registry);
		const realm = { region, accountId };
		const access = await Access.open(registry, layout, realm);
		const archive = await Archive.open(layout.archive, {
			channels,
			vault,
			log,
			rejectedBytes: bounds.rejectedBytes,
		});
		opened.unshift(archive);
		const health = await HealthArchive.open(layout.archive, { vault, log });
		opened.unshift(health);
		const { s3, retention } = options;
		const upload = (kept: Pick<Archive, "compactor">, directory: string, below = "") =>
			s3 &&
			new Uploader({
				...{ ...s3, prefix: [s3.prefix?.replace(/\/$/, ""), below].filter(Boolean).join("/") },
				...{ directory, vault, compactor: kept.compactor, log },
			});
		const upkeep = new Upkeep({
			compactor: archive.compactor,
			landing: () => archive.landing(),
			uploader: upload(archive, layout.archive),
			health: {
				what: "health messages",
				compactor: health.compactor,
				landing: () => health.landing(),
				uploader: upload(health, HealthArchive.folder(layout.archive), "health"),
			},
			log,
			...(retention ? { retention } : {}),
		});
		opened.unshift(upkeep);
		const { logs, logSettings } = layout;
		const iotLog = await IotLog.open({
			directory: logs,
			settingsFile: logSettings,
			accountId,
			log,
		});
		opened.unshift(iotLog);
		const metadata = await MetadataArchive.open(layout.archive, log, vault);
		opened.unshift(metadata);
		const shadows = await Shadows.open(layout.shadows, {
			vault,
			log,
			iotLog,
			publish: (topicName, payload) => {
				metadata.receive(topicName, payload);
				broker.publish(topicName, payload);
			},
		});
		opened.unshift(shadows);
		await noteAll(metadata, registry, shadows);
		const { timers = realTimers } = options;
		const environment = makeEnvironment(accountId, timers.now, (thing, shadowName) =>
			shadows.current(thing, shadowName),
		);
		const notices = await Notices.open({
			settingsFile: layout.noticeSettings,
			eventsDir: layout.events,
			mailsDir: layout.mails,
			lettersDir: layout.letters,
			vault,
			environment,
			timers,
			log,
		});
		opened.unshift(notices);
		const rules: RulesService = await openRules({
			ruleDirs: [layout.rules, ...(options.rulesDir === undefined ? [] : [options.rulesDir])],
			targetsDir: layout.targets,
			stateDir: layout.ruleState,
			vault,
			environment,
			timers,
			notices,
			iotLog,
			log,
			publish: (topicName, payload, qos, hops) => {
				broker.send(topicName, payload, qos);
				takeOwn(topicName, payload, hops);
				shadows.receive(topicName, payload);
			},
		});
		opened.unshift(rules);
		/** A message that no device has sent. */
		const takeOwn = (topicName: string, payload: Uint8Array, hops: number): void => {
			const traceId = environment.uuid();
			const message = { topicName, payload, hops, clientId: "n/a", principal: undefined, traceId };
			rules.rules.take(message, (error) => {
				if (error) log(`rules: a message on ${topicName} can't be kept: ${error.message}`);
			});
		};
		const templates = new Templates(layout);
		const authority = await openAuthority(layout, secrets);
		const provisioning = new Provisioning({
			registry,
			access,
			templates,
			authority,
			realm,
			log,
			recheck: () => broker.recheck(),
			epoch: options.epoch ?? Date.now,
			requestsPerSecond: options.provisioningPerSecond,
		});
		opened.unshift(provisioning);
		const authorizer =
			options.authorizer === undefined ? undefined : await Authorizer.open(options.authorizer);
		const broker: Broker = await Broker.open({
			access,
			authorizer,
			iotLog,
			timers,
			bounds,
			log: peerLog,
			...(options.keepAlive ? { keepAlive: options.keepAlive } : {}),
			onOwn: (topicName, payload) => takeOwn(topicName, payload, 0),
			keep: (topicName, payload, done, sender) => {
				const ruled: Settled = (error) => {
					if (error) done(error);
					else {
						const { clientId = "n/a", certificateId: principal } = sender ?? {};
						const traceId = environment.uuid();
						rules.rules.take({ topicName, payload, clientId, principal, traceId, hops: 0 }, done);
					}
				};
				const reports = reportPattern.exec(topicName)?.[1];
				const tellsHealth = healthPattern.exec(topicName)?.[1];
				settleAll(
					(settled) => {
						if (reports === undefined) archive.settle(settled);
						else {
							archive.append(reports, payload, (error) => {
								if (!error) notices.hear(reports);
								settled(error);
							});
						}
					},
					(settled) => {
						if (tellsHealth === undefined) health.settle(settled);
						else health.append(tellsHealth, payload, settled);
					},
					ruled,
				);
			},
			onPublished: (topicName, payload, publisher) => {
				shadows.receive(topicName, payload);
				if (publisher) provisioning.receive(publisher, topicName, payload);
			},
		});
		opened.unshift(broker);
		feedNotices(notices, {
			subscribe: (topicFilter, onMessage) => broker.subscribe(topicFilter, onMessage),
			isThing: (clientId) => registry.state.thing(clientId) !== undefined,
			things: archive.things,
			shadow: (thing) => shadows.current(thing),
		});
		registry.beforeWrite = (changes) => access.forget(changes);
		registry.onChanged = () => broker.recheck();
		await provisioning.open();
		const series = new Series(archive.store, channels, {
			store: health.store,
			channels: HealthChannels,
		});
		const watch =
			options.http &&
			(await Watch.open({
				...{ archive, health, broker, channels, notices, registry, shadows, vault, log },
				figuresPath: layout.figures,
				bounds,
				rulesExecuted: () =>
					rules.rules.list().reduce((sum, { counters }) => sum + counters.rulesExecuted, 0),
			}));
		if (watch) opened.unshift(watch);
		const authorities = new Authorities(layout);
		const justInTime = new JustInTime({
			registry,
			authorities,
			templates,
			accountId,
			publish: (topicName, payload) => broker.publish(topicName, payload),
			log,
		});
		access.registerUnknown = (certificate) => justInTime.register(certificate);
		const publish = (connection: Connection, message: Message) =>
			broker.receiveFrom(connection, message);
		const https = new DeviceHttps({ publish, log });
		const listener = await listen({
			port,
			host,
			bounds,
			log: peerLog,
			certificate: await readFile(layout.server.certificate, "utf8"),
			key: (await vault.read(layout.server.key))!,
			authority: await readFile(layout.authority.certificate, "utf8"),
			accepts: (certificate) => access.isRegistered(certificate) || justInTime.knows(certificate),
			takesTokens: authorizer !== undefined,
			onConnection: (socket, certificate, settle) => broker.accept(socket, certificate, settle),
			onHttps: (socket, certificate) => https.accept(socket, certificate),
		});
		opened.push({ kill: () => listener.destroy(), close: async () => {} });
		const live = {
			endpoint: `${isLoopback(host) ? "localhost" : hostname()}:${listener.port}`,
			publish: (message: Message) => broker.receive(message),
			retained: () => broker.retained,
			disconnect: (clientId: string) => broker.disconnect(clientId),
			rules,
			notices,
			iotLog,
			createProvisioningClaim: (name: string) => provisioning.createClaim(name),
		};
		const meters = { broker, archive, shadows, listener, rules: rules.rules };
		const files = { templates, authorities, ruleFiles: rules.files };
		const services = { region, accountId, registry, authority, shadows, meters, live, ...files };
		const faults = options.http?.faults ?? (() => undefined);
		const views = watch && { series, watch, faults };
		const http =
			options.http &&
			(await openHttp({ ...services, views }, options.http, { layout, vault, bounds, log }));
		if (http) {
			const forget = (): Promise<void> => {
				rmSync(layout.http, { force: true });
				return http.close();
			};
			opened.unshift({ kill: () => void forget(), close: forget });
		}

		upkeep.start();
		let ended = false;
		return {
			port: listener.port,
			httpUrl: http?.url,
			archive,
			health,
			series,
			registry,
			notices,
			rules,
			templates,
			authorities,
			createProvisioningClaim: (template) => provisioning.createClaim(template),
			connected: (thing) => broker.connected(thing),
			getShadow: (thing, shadowName) => shadows.get(thing, shadowName),
			updateShadow: (thing, document, shadowName) => shadows.update(thing, document, shadowName),
			subscribe: (topicFilter, onMessage) => broker.subscribe(topicFilter, onMessage),
			kill() {
				if (ended) return;
				ended = true;
				for (const part of opened) part.kill();
				unlock();
			},
			async close() {
				if (ended) return;
				ended = true;
				const closed = listener.close();
				for (const part of opened) await part.close();
				listener.destroy();
				await closed;
				unlock();
			},
		};
	} catch (error) {
		for (const part of opened) part.kill();
		unlock();
		throw error;
	}
}

/** A crash may have come between a shadow and the line that it leads to. */
async function noteAll(
	metadata: MetadataArchive,
	registry: RegistryStore,
	shadows: Shadows,
): Promise<void> {
	for (const { thingName } of registry.state.things) {
		const document = await shadows.get(thingName);
		if (document !== undefined) metadata.note(thingName, document);
	}
}

async function openHttp(
	services: Services,
	{ port, host = "127.0.0.1", pageDir }: HttpOptions,
	{
		layout,
		vault,
		bounds,
		log,
	}: { layout: Layout; vault: Vault; bounds: Bounds; log(line: string): void },
): Promise<HttpServer> {
	const token = isLoopback(host) ? undefined : await readToken(layout.httpToken, vault);
	const app = makeApp(services, { token, pageDir, log });
	const server = await serve(app, { port, host, bounds, log });
	const address: HttpAddress = { url: server.localUrl, token: token !== undefined };
	writeFileSync(layout.http, `${JSON.stringify(address)}\n`, { mode: 0o600 });
	if (token !== undefined) log(`http: requests need the token in ${layout.httpToken}`);
	return server;
}

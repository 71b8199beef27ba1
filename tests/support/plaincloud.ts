import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Access, certificateIdOf } from "../../cloud/access.ts";
import { Archive } from "../../cloud/archive.ts";
import { Broker } from "../../cloud/broker.ts";
import { Layout } from "../../cloud/layout.ts";
import { provision } from "../../cloud/provision.ts";
import { attachPolicy, createPolicy } from "../../cloud/registry/policies.ts";
import { RegistryStore } from "../../cloud/registry/store.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";

/** Everything is allowed to whoever has it. */
export const openPolicy = JSON.stringify({
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
});

const thing = "anybody";

/** The thing that reports on a topic. */
export function thingOf(topicName: string): string | undefined {
	return /^isobar\/([^/]+)\/report$/.exec(topicName)?.[1];
}

/**
 * Broker and archive of the local cloud behind plain TCP, for tests that count bytes: every client is
 * taken for one with the same certificate, which may do everything.
 */
export class PlainCloud {
	readonly archive: Archive;
	readonly #broker: Broker;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(archive: Archive, broker: Broker, certificate: X509Certificate) {
		this.archive = archive;
		this.#broker = broker;
		this.#server = createServer({ noDelay: true }, (socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
			// The broker uses what a TLS socket has in common with a plain one.
			broker.accept(socket as TLSSocket, certificate);
		});
	}

	static async start(dataDir: string, log: (line: string) => void): Promise<PlainCloud> {
		const layout = new Layout(dataDir);
		await provision(dataDir, [thing]);
		const certificate = new X509Certificate(readFileSync(layout.thing(thing).certificate));
		const registry = await RegistryStore.open(layout.registry);
		const access = await Access.open(registry, layout, { region: "test", accountId: "0" });
		const certificateId = certificateIdOf(certificate);
		await registry.run((state) => createPolicy(state, "open", openPolicy));
		await registry.run((state) => attachPolicy(state, "open", { certificateId }));
		const channels = new ChannelTable();
		const archive = await Archive.open(layout.archive, { channels, log });
		const broker = await Broker.open({
			access,
			log,
			keep: (topicName, payload, done) => {
				const name = thingOf(topicName);
				if (name === undefined) archive.settle(done);
				else archive.append(name, payload, done);
			},
			onPublished: () => {},
		});
		const cloud = new PlainCloud(archive, broker, certificate);
		await new Promise<void>((resolve) => cloud.#server.listen(0, "127.0.0.1", resolve));
		return cloud;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	async close(): Promise<void> {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
		await this.#broker.close();
		await this.archive.close();
	}
}

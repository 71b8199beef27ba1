import { connect, type TLSSocket } from "node:tls";
import { generate } from "mqtt-packet";

/** What the benchmark asks of its clients. */
export interface ToClients {
	/** Asked once, before anything else: a client of each thing. */
	readonly connect?: { readonly port: number; readonly things: readonly Identity[] };
	/** One report after the other from each client, so many; all clients at once. */
	readonly publish?: number;
}

export interface Identity {
	readonly thing: string;
	readonly authority: string;
	readonly certificate: string;
	readonly key: string;
}

/** Of PUBACK. */
const answerBytes = 4;
const observations = 10;
const atOnce = 50;
const flags = { qos: 1, dup: false, retain: false } as const;

/** A station that has nothing but a socket: packets are written as they stand. */
class Client {
	readonly #thing: string;
	readonly #socket: TLSSocket;
	#arrived = 0;
	#sequence = 1;
	#onAnswer: () => void = () => {};

	constructor({ thing, authority, certificate, key }: Identity, port: number, onUp: () => void) {
		this.#thing = thing;
		this.#onAnswer = onUp;
		this.#socket = connect(
			{ port, host: "localhost", ca: authority, cert: certificate, key },
			() => {
				this.#socket.setNoDelay(true);
				this.#socket.write(
					generate({
						cmd: "connect",
						protocolId: "MQTT",
						protocolVersion: 4,
						clientId: thing,
						clean: true,
						keepalive: 1_200,
					}),
				);
			},
		);
		this.#socket.on("data", (bytes) => {
			for (this.#arrived += bytes.length; this.#arrived >= answerBytes; ) {
				this.#arrived -= answerBytes;
				this.#onAnswer();
			}
		});
		this.#socket.on("error", (error) => {
			throw error;
		});
	}

	/** Publishes so many reports, each after the PUBACK of the one before. */
	publish(count: number, onDone: () => void): void {
		let left = count;
		this.#onAnswer = () => {
			if (left === 0) onDone();
			else this.#send();
			left -= 1;
		};
		this.#onAnswer();
	}

	#send(): void {
		const payload = JSON.stringify({
			v: 1,
			s: this.#sequence,
			n: observations,
			t: 1_767_225_600 + this.#sequence * 60,
			p: 60,
			T: [215, 1, -1, 2, 0, 1, -1, 1, 0, -2],
			H: [640, -3, 2, -1, 4, -2, 1, 0, 3, -1],
			P: [9_021, 1, 0, -1, 0, 1, 0, 0, -1, 0],
			W: [12, 4, -3, 6, -2, 1, -5, 3, 2, -1],
		});
		this.#sequence += observations;
		const topic = `isobar/${this.#thing}/report`;
		this.#socket.write(
			generate({
				cmd: "publish",
				topic,
				payload,
				messageId: 1 + (this.#sequence % 65_535),
				...flags,
			}),
		);
	}
}

const clients: Client[] = [];

async function connectAll({ port, things }: NonNullable<ToClients["connect"]>): Promise<void> {
	let next = 0;
	const lane = async (): Promise<void> => {
		while (next < things.length) {
			const identity = things[next++]!;
			await new Promise<void>((resolve) => clients.push(new Client(identity, port, resolve)));
		}
	};
	await Promise.all(Array.from({ length: atOnce }, lane));
}

function publishAll(count: number): Promise<void> {
	return new Promise((resolve) => {
		let left = clients.length;
		for (const client of clients) {
			client.publish(count, () => {
				left -= 1;
				if (left === 0) resolve();
			});
		}
	});
}

process.on("message", async ({ connect: destination, publish }: ToClients) => {
	const start = performance.now();
	if (destination !== undefined) await connectAll(destination);
	if (publish !== undefined) await publishAll(publish);
	process.send!(performance.now() - start);
});
process.once("disconnect", () => process.exit());

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Direction } from "./wire.ts";

/**
 * What happens to a connection once so many bytes of one direction have passed:
 * - cut: both ends see the end of it, after what has passed;
 * - reset: the same with a reset, which overtakes what is under way;
 * - half-close: the direction ends, and the other one goes on;
 * - stall: nothing more passes in that direction, and neither end is told of anything from then on;
 * - split: what comes next comes in a segment of its own;
 * - bytes: from then on every byte of either direction comes in a segment of its own.
 */
export type Fault = "cut" | "reset" | "half-close" | "stall" | "split" | "bytes";

export interface FaultPlan {
	readonly fault: Fault;
	readonly direction: Direction;
	/** Bytes that pass before. */
	readonly offset: number;
}

/** A TCP proxy for one client, whose first connection has a fault. */
export class FaultProxy {
	/** Whether the fault has happened. */
	hasHit = false;
	/** Called when it happens. */
	onHit: () => void = () => {};
	/** Bytes that have passed in all connections. */
	readonly passed: Record<Direction, number> = { up: 0, down: 0 };
	connections = 0;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	/**
	 * @param target  port of the broker on loopback
	 * @param plan    without one nothing happens to any connection
	 */
	static async start(target: number, plan?: FaultPlan): Promise<FaultProxy> {
		const proxy = new FaultProxy(target, plan);
		await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
		return proxy;
	}

	private constructor(target: number, plan: FaultPlan | undefined) {
		this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
			this.connections += 1;
			const broker = connect({
				port: target,
				host: "127.0.0.1",
				allowHalfOpen: true,
				noDelay: true,
			});
			this.#join(client, broker, this.connections === 1 ? plan : undefined);
		});
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Ends everything. */
	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#join(client: Socket, broker: Socket, plan: FaultPlan | undefined): void {
		for (const socket of [client, broker]) {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
			socket.on("error", () => {});
		}
		broker.once("connect", () => {
			const up = new Pipe(client, broker, (count) => this.#pass("up", count));
			const down = new Pipe(broker, client, (count) => this.#pass("down", count));
			if (plan === undefined) return;
			const [pipe, other] = plan.direction === "up" ? [up, down] : [down, up];
			pipe.breakAfter(plan.offset, () => {
				inflict(plan.fault, pipe, other);
				this.hasHit = true;
				this.onHit();
			});
		});
	}

	#pass(direction: Direction, count: number): void {
		this.passed[direction] += count;
	}
}

function inflict(fault: Fault, pipe: Pipe, other: Pipe): void {
	switch (fault) {
		case "cut":
			pipe.end();
			other.end();
			break;
		case "reset":
			pipe.reset();
			other.reset();
			break;
		case "half-close":
			pipe.end();
			break;
		case "stall":
			pipe.stall();
			other.forgetEnd();
			break;
		case "split":
			pipe.rest();
			break;
		case "bytes":
			pipe.step();
			other.step();
	}
}

/** One direction of a connection. */
class Pipe {
	readonly #to: Socket;
	readonly #onPassed: (count: number) => void;
	#offset = Number.POSITIVE_INFINITY;
	#onBreak: () => void = () => {};
	/** What has come and not been passed on. */
	#waiting: Buffer[] = [];
	#isEnding = false;
	#state: "open" | "resting" | "stalled" | "ended" = "open";
	#isStepping = false;
	#tellsEnd = true;

	constructor(from: Socket, to: Socket, onPassed: (count: number) => void) {
		this.#to = to;
		this.#onPassed = onPassed;
		from.on("data", (bytes) => {
			this.#waiting.push(bytes);
			this.#flush();
		});
		// A reset arrives as a close without an end.
		for (const event of ["end", "close"]) {
			from.on(event, () => {
				this.#isEnding = true;
				this.#flush();
			});
		}
	}

	/** Calls back once when so many bytes in all have passed, which may be now. */
	breakAfter(offset: number, onBreak: () => void): void {
		this.#offset = offset;
		this.#onBreak = onBreak;
		this.#flush();
	}

	/** Passes nothing more and tells the end. */
	end(): void {
		if (this.#state === "ended") return;
		this.#state = "ended";
		this.#to.end();
	}

	reset(): void {
		this.#state = "ended";
		this.#to.resetAndDestroy();
	}

	/** Passes nothing more and tells nothing. */
	stall(): void {
		this.#state = "stalled";
	}

	/** The end of this direction is not told. */
	forgetEnd(): void {
		this.#tellsEnd = false;
	}

	/** Passes nothing for a moment. */
	rest(): void {
		this.#state = "resting";
		setImmediate(() =>
			setImmediate(() => {
				if (this.#state === "resting") this.#state = "open";
				this.#flush();
			}),
		);
	}

	/** From now on rests after every byte. */
	step(): void {
		this.#isStepping = true;
	}

	#flush(): void {
		while (this.#state === "open" && (this.#offset === 0 || this.#waiting.length > 0)) {
			if (this.#offset > 0) this.#passFirst();
			if (this.#offset > 0) continue;
			this.#offset = Number.POSITIVE_INFINITY;
			this.#onBreak();
		}
		if (this.#isEnding && this.#tellsEnd && this.#state === "open") this.end();
	}

	#passFirst(): void {
		const first = this.#waiting[0]!;
		const count = Math.min(first.length, this.#isStepping ? 1 : this.#offset);
		this.#to.write(first.subarray(0, count));
		this.#offset -= count;
		this.#onPassed(count);
		if (count === first.length) this.#waiting.shift();
		else this.#waiting[0] = first.subarray(count);
		if (this.#isStepping) this.rest();
	}
}

import { Backoff } from "../base/backoff.ts";
import { after, never } from "../base/ticks.ts";
import type { Random, Ticks, Timed } from "../ports/clock.ts";
import type { Access, NetworkInterface } from "../ports/interface.ts";

/** Values of `connection`, ECMA-419 §15. */
const unlinked = 200;
const online = 500;

/** Delays between attempts, in ms. A whole street has power again at one moment. */
const backoffBase = 2_000;
const backoffCap = 120_000;
const backoffFloor = 500;
/** How long an attempt may take until there is an address, in ms. */
const patience = 30_000;
/** How often an address that may have changed is looked at, in ms. */
const watchPeriod = 60_000;

/** What the keeper tells. */
export interface KeeperHost {
	onUp(now: Ticks): void;
	onDown(now: Ticks): void;
	/** Another address or access point: connections are dead, whatever TCP believes. */
	onChanged(now: Ticks): void;
	log(line: string): void;
}

/** Keeps Wi-Fi or Ethernet connected: a platform tries once and gives no reason. */
export class NetworkKeeper implements Timed {
	deadline = never as Ticks;
	readonly #interface: NetworkInterface;
	readonly #access: Access;
	readonly #host: KeeperHost;
	readonly #backoff: Backoff;
	#isUp = false;
	/** Address and access point of the last time it was up. */
	#place = "";

	constructor(
		networkInterface: NetworkInterface,
		access: Access,
		random: Random,
		host: KeeperHost,
	) {
		this.#interface = networkInterface;
		this.#access = access;
		this.#host = host;
		this.#backoff = new Backoff(backoffBase, backoffCap, backoffFloor, () => random.next());
	}

	/** Begins to connect, after a first delay. */
	open(now: Ticks): void {
		this.#retry(now);
	}

	/** The interface says that something of it is not as it was. */
	onChanged(now: Ticks): void {
		const { connection } = this.#interface;
		if (connection === online) this.#enter(now);
		else {
			if (this.#isUp) {
				this.#isUp = false;
				this.#host.log("network: lost");
				this.#host.onDown(now);
			}
			if (connection === unlinked) this.#retry(now);
		}
	}

	onDeadline(now: Ticks): void {
		const { connection } = this.#interface;
		if (connection === online) this.#enter(now);
		else if (connection === unlinked) this.#connect(now);
		else {
			// An attempt that leads nowhere: no address, or an access point that says nothing.
			this.#host.log(`network: gave up at ${connection}`);
			this.#interface.disconnect();
			this.#retry(now);
		}
	}

	#enter(now: Ticks): void {
		const wasUp = this.#isUp;
		const { address, BSSID } = this.#interface;
		const place = `${address} ${BSSID ?? ""}`;
		const isElsewhere = this.#place !== "" && this.#place !== place;
		this.#isUp = true;
		this.#place = place;
		this.#backoff.reset();
		this.deadline = after(now, watchPeriod);
		if (wasUp && !isElsewhere) return;
		this.#host.log(`network: up, ${place}`);
		if (isElsewhere) this.#host.onChanged(now);
		if (!wasUp) this.#host.onUp(now);
	}

	#connect(now: Ticks): void {
		this.deadline = after(now, patience);
		try {
			this.#interface.connect(this.#access);
		} catch (error) {
			this.#host.log(`network: ${String(error)}`);
		}
	}

	#retry(now: Ticks): void {
		this.deadline = after(now, this.#backoff.next());
	}
}

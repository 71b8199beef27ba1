import Timer from "timer";

/** The network of Linux: up as soon as somebody asks. */
export default class Interface {
	#connection = 200;
	#onChanged;

	constructor({ onChanged }) {
		this.#onChanged = onChanged;
	}

	get connection() {
		return this.#connection;
	}

	get address() {
		return "127.0.0.1";
	}

	connect() {
		this.#connection = 300;
		Timer.set(() => {
			this.#connection = 500;
			this.#onChanged("connection");
		}, 0);
	}

	disconnect() {
		this.#connection = 200;
	}
}

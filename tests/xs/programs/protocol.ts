/** What a station asks its world, over `Host.remote`. Handles are those of one station. */
export const Operation = Object.freeze({
	/** a: deadline in ticks. Lets time pass until something happens; fills id and value; → `Event`. */
	Wait: 0,
	/** → ms since boot. */
	Ticks: 1,
	/** → UTC ms. */
	Epoch: 2,
	/** a: address, b: data × 64 + clock; → handle. */
	OpenI2C: 3,
	OpenSMBus: 4,
	/** a: pin, b: debounce in ms; → handle. */
	OpenPulse: 5,
	/** a: pin; → handle. */
	OpenAnalog: 6,
	/** a: handle. */
	Close: 7,
	/** a: handle, b: register, or -1 on a bus without; → 0, or -1 when nobody acknowledges. */
	ReadBus: 8,
	WriteBus: 9,
	/** a: handle; → count, or conversion result. */
	ReadPin: 10,
	/** a: offset. */
	ReadFlash: 11,
	WriteFlash: 12,
	/** a: block. */
	EraseFlash: 13,
	/** The bytes begin with the length of the key and the key; → bytes of the value, or -1. */
	ReadKey: 14,
	WriteKey: 15,
	DeleteKey: 16,
	/** → id of a socket on its way to the broker. */
	Connect: 17,
	/** a: id; → count. */
	Receive: 18,
	Send: 19,
	Hang: 20,
	/** Asks for the address of the broker; the answer is an event. */
	Resolve: 21,
} as const);

/** What has happened, as `Operation.Wait` tells it. */
export const Event = Object.freeze({
	Alarm: 0,
	Connected: 1,
	Readable: 2,
	Writable: 3,
	Error: 4,
	Resolved: 5,
	/** The time that was agreed on is over. */
	End: 6,
} as const);

export const brokerHost = "broker.example";
export const brokerPort = 8883;
export const brokerAddress = "10.0.0.1";
export const thingName = "station-0001";
/** First moment, UTC ms; the firmware was built before it. */
export const start = Date.UTC(2027, 0, 1);

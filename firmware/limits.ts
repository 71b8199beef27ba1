/**
 * Every capacity of the firmware, in one place. A queue, table, text or retry without an entry
 * here is a defect. What happens at a bound is said at the function that meets it.
 */
export const Limits = Object.freeze({
	/** Channels a station can have: the standard ones, those of its sensors, and the user's own. */
	channels: 28,
	/** Sensors a station can have. */
	sensors: 12,
	/** Observations in one report. */
	observationsPerReport: 60,
	/** Bytes of one encoded report; the payload limit of the local profile. */
	reportBytes: 4096,
	/** Bytes of one record in flash, header and CRC included. */
	recordBytes: 192,
	/** Erase blocks of the outbox partition: 1 MiB in blocks of 4 KiB. */
	outboxBlocks: 256,
	/** Runs of acknowledged observations above the first one that waits. */
	outboxRanges: 32,
	/** Boots whose observations were dated afterwards and still wait. */
	outboxStamps: 8,
	/** Observations in retained memory that are not in flash yet; the largest loss window. */
	stagedObservations: 64,
	/** Alerts and health reports that wait at once. */
	notices: 16,
	/** Bytes of a topic name or filter, UTF-8 [AWS IoT Core quota]. */
	topicBytes: 256,
	/** Levels of a topic, separated by "/" [AWS IoT Core quota]. */
	topicLevels: 8,
	/** Filters in one SUBSCRIBE [AWS IoT Core quota]. */
	filtersPerSubscribe: 8,
	/** Bytes of a client identifier, UTF-8 [AWS IoT Core quota]. */
	clientIdBytes: 128,
	/** Largest MQTT packet the station takes whole: a document that is parsed, its topic, the headers. */
	receiveBytes: 8_464,
	/** Largest MQTT packet the station sends, fixed header included. */
	transmitBytes: 4_608,
	/** QoS 1 and 2 PUBLISH packets under way at once, from station to broker. */
	inflight: 8,
	/**
	 * QoS 2 packet identifiers remembered for messages from broker to station. More than any broker
	 * keeps under way unasked (mosquitto 20, EMQX 32), or a burst would end the connection.
	 */
	inboundQos2: 64,
	/** Bytes of a shadow or job document that is parsed. */
	documentBytes: 8_192,
	/** Levels of nesting in a document that is parsed. */
	documentLevels: 8,
	/**
	 * Bytes of a message that must be kept for redelivery and is not a report; the largest is what the
	 * shadow reports: metadata, limits and cadence.
	 */
	controlBytes: 2_048,
	/** Such messages that can be under way at once. */
	controlMessages: 4,
	/** Times such a message is sent, in as many connections, before it is given up. */
	controlDeliveries: 4,
	/** SUBSCRIBE and UNSUBSCRIBE packets under way at once. */
	requests: 4,
	/** Bytes taken from the socket at a time; no answer is longer than what asked for it. */
	readBytes: 1_024,
	/** Connections that may end on an unanswered QoS 2 PUBLISH before QoS 1 is used instead. */
	qos2Refusals: 3,
	/** Shortest keep-alive, in seconds; below it a PINGREQ would be most of the traffic. */
	keepAliveMinimum: 5,
	/** Longest keep-alive, in seconds [AWS IoT Core quota]. */
	keepAliveMaximum: 1_200,
	/** Times a connection may end right after it was made before that counts as a refusal. */
	kicks: 3,
	/** Recent log lines kept for the health report. */
	logLines: 16,
	/** Characters of one log line. */
	logLineChars: 120,
	/** Times a sensor is asked for a sample that is not ready before it is a fault. */
	sampleAttempts: 4,
	/** Milliseconds a driver may ask for between start and sample; more is a fault. */
	conversionMs: 60_000,
	/** Rounds in a row a sensor may fail before it is closed and created anew. */
	failedRounds: 3,
	/** Longest pause, in rounds, before a sensor that cannot be created is tried again. */
	pausedRounds: 16,
	/** Milliseconds without power after which a part that hangs has forgotten everything. */
	powerOffMs: 1_000,
	/** Milliseconds from power to the first transfer; a part that needs longer fails a round. */
	powerSettleMs: 100,
	/** Limits of quality control that the shadow can set for one site. */
	qualityOverrides: 8,
	/** Bytes of what a station says of itself and its instruments in the shadow, as JSON. */
	metadataBytes: 1_000,
	/** Brown-outs in a row from which on the radio is used less. */
	brownouts: 3,
	/** How many times as many observations a report then waits for, at most. */
	reportStretch: 8,
	/** Bytes of a stored key-value item. */
	keyValueBytes: 512,
	/** Bytes of a device's key, certificate and token as it keeps them; RSA at AWS is the largest. */
	identityBytes: 6_144,
} as const);

/** How long the link and the session wait for what, in ms. */
export const Durations = Object.freeze({
	/** For the name of the broker. */
	resolve: 10_000,
	/** For TCP, or for TCP and TLS on a platform that does not tell them apart. */
	connect: 20_000,
	/** For the TLS handshake; the chip takes up to 5 s for its own part of it. */
	handshake: 20_000,
	/** For CONNACK. */
	connack: 15_000,
	/** For PINGRESP. */
	pingResponse: 10_000,
	/** For PUBACK, PUBREC, PUBCOMP, SUBACK and UNSUBACK. */
	acknowledgement: 30_000,
	/** For the socket to take anything at all. */
	write: 20_000,
	/** For the broker to close after DISCONNECT. */
	linger: 1_000,
	/** From a message that the application did not take to the reconnect that brings it again. */
	refusedMessage: 30_000,
	/** Between two looks at whether the clock is set. */
	clockCheck: 1_000,
	/** Ceiling of the first delay before an attempt. */
	backoffBase: 1_000,
	/** Largest ceiling of a delay before an attempt. */
	backoffCap: 300_000,
	/** Shortest delay before an attempt. */
	backoffFloor: 250,
	/** Shortest delay after a refusal, which a person has to put right. */
	refusalFloor: 10_000,
	/** A connection this old was a good one: delays start from the base again. */
	stable: 60_000,
	/** Without a connection for this long the device starts again: longer than an outage of a day. */
	lastResort: 26 * 3_600_000,
	/** From one look at whether the outbox can be saved for that to the next. */
	lastResortRetry: 60_000,
	/** That the radio stays off after the first start at which brown-outs count, and at most. */
	brownoutHold: 60_000,
	brownoutHoldCap: 1_800_000,
	/** That the radio has been on for without a brown-out: the supply is taken to be well again. */
	steadySupply: 900_000,
	/** That an image on trial has to connect, to observe and to be acknowledged. */
	trial: 3_600_000,
	/** Before the end of a window, that a station which sleeps wakes: it starts, and samples. */
	wakeLead: 1_000,
	/** For the sensors of a station that has woken. */
	sampling: 30_000,
	/** With the radio on, for connection, report and answers. */
	reporting: 60_000,
	/** For the time and the shadow, once everything is acknowledged. */
	listening: 5_000,
	/** For what is left, and DISCONNECT, before a sleep. */
	leaving: 10_000,
	/** A connection that the broker closes within this time was kicked. */
	kick: 10_000,
} as const);

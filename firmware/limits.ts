/**
 * Every capacity of the firmware, in one place. A queue, table, text or retry without an entry
 * here is a defect. What happens at a bound is said at the function that meets it.
 */
export const Limits = Object.freeze({
	/** Channels a station can have: the standard ones and the user's own. */
	channels: 16,
	/** Sensors a station can have. */
	sensors: 12,
	/** Observations in one report. */
	observationsPerReport: 60,
	/** Bytes of one encoded report; the payload limit of the local profile. */
	reportBytes: 4096,
	/** Bytes of one encoded observation record in flash, header and CRC included. */
	recordBytes: 128,
	/** Bytes of a topic name or filter, UTF-8 [AWS IoT Core quota]. */
	topicBytes: 256,
	/** Levels of a topic, separated by "/" [AWS IoT Core quota]. */
	topicLevels: 8,
	/** Filters in one SUBSCRIBE [AWS IoT Core quota]. */
	filtersPerSubscribe: 8,
	/** Bytes of a client identifier, UTF-8 [AWS IoT Core quota]. */
	clientIdBytes: 128,
	/** Largest MQTT packet the station accepts; a shadow document is at most 8 KB. */
	receiveBytes: 10_240,
	/** Largest MQTT packet the station sends, fixed header included. */
	transmitBytes: 4_608,
	/** QoS 1 and 2 PUBLISH packets under way at once, from station to broker. */
	inflight: 8,
	/** QoS 2 packet identifiers remembered for messages from broker to station. */
	inboundQos2: 8,
	/** Bytes of a shadow or job document that is parsed. */
	documentBytes: 8_192,
	/** Levels of nesting in a document that is parsed. */
	documentLevels: 8,
	/** Bytes of a message that must be kept for redelivery and is not a report. */
	controlBytes: 1_024,
	/** Such messages that can be under way at once. */
	controlMessages: 4,
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
	/** Bytes of a stored key-value item. */
	keyValueBytes: 512,
} as const);

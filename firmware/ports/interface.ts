/** What an access point wants; nothing with Ethernet. */
export interface Access {
	readonly SSID?: string;
	readonly password?: string;
}

/** ECMA-419 §15: Wi-Fi or Ethernet, as the board has it. */
export interface NetworkInterface {
	/** @throws while an attempt is under way */
	connect(access: Access): void;
	disconnect(): void;
	/** 200 no link, 300 connecting, 400 linked, 500 has an address. */
	readonly connection: number;
	readonly address: string | undefined;
	/** Address of the access point; Wi-Fi only. */
	readonly BSSID?: string;
	/** Signal strength of the access point in dBm; Wi-Fi only, `undefined` without one. */
	readonly RSSI?: number | undefined;
}

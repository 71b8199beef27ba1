import { IoTClient } from "@aws-sdk/client-iot";
import { expect } from "@jest/globals";
import type { Cloud } from "../../cloud/main.ts";

/** AWS's own client of the control plane, pointed at a cloud. */
export class SdkBench {
	readonly iot: IoTClient;

	constructor(cloud: Cloud) {
		this.iot = new IoTClient({
			endpoint: `${cloud.httpUrl}/api`,
			region: "us-east-1",
			credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
			maxAttempts: 1,
		});
	}

	end(): void {
		this.iot.destroy();
	}
}

/** A request that is refused with that exception, as the SDK tells it. */
export function refused(request: Promise<unknown>, name: string, status: number): Promise<void> {
	return expect(request).rejects.toMatchObject({
		name,
		message: expect.stringMatching(/./),
		$metadata: { httpStatusCode: status },
	});
}

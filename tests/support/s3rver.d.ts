/** A server of the protocol of S3. It knows who may come in, and checks no signature of version 4. The package has no types. */
declare module "s3rver" {
	export default class S3rver {
		constructor(options: {
			readonly address: string;
			readonly port: number;
			readonly directory: string;
			readonly silent: boolean;
			readonly configureBuckets: readonly { readonly name: string }[];
		});
		run(): Promise<{ readonly port: number }>;
		close(): Promise<void>;
	}
}

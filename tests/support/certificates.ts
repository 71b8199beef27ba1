import "reflect-metadata";
import { generateKeyPairSync, webcrypto } from "node:crypto";
import {
	BasicConstraintsExtension,
	cryptoProvider,
	SubjectAlternativeNameExtension,
	X509Certificate,
	X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto);

const dayMs = 86_400_000;
const curve = { name: "ECDSA", namedCurve: "P-256" };
const signature = { name: "ECDSA", hash: "SHA-256" };

/** A certificate with its private key, both PEM. */
export interface Issued {
	readonly certificate: string;
	readonly key: string;
}

export interface IssueOptions {
	readonly commonName?: string;
	readonly hosts?: readonly string[];
	/** Days from now. */
	readonly from?: number;
	readonly to?: number;
	/** Who signs it; itself unless given. */
	readonly authority?: Issued;
}

/** Makes a certificate that may be wrong in any way. */
export async function issue(options: IssueOptions = {}): Promise<Issued> {
	const { commonName = "test", hosts = [], from = -1, to = 1, authority } = options;
	const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const key = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
	const subject = [{ CN: [commonName] }];
	const certificate = await X509CertificateGenerator.create({
		subject,
		issuer: authority ? new X509Certificate(authority.certificate).subjectName : subject,
		notBefore: new Date(Date.now() + from * dayMs),
		notAfter: new Date(Date.now() + to * dayMs),
		publicKey: Uint8Array.from(pair.publicKey.export({ type: "spki", format: "der" })),
		signingKey: await importKey(authority?.key ?? key),
		signingAlgorithm: signature,
		extensions: [
			new BasicConstraintsExtension(authority === undefined, undefined, true),
			new SubjectAlternativeNameExtension(
				hosts.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value })),
			),
		],
	});
	return { certificate: certificate.toString("pem"), key };
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
	const body = pem.replace(/-----[^-]+-----|\s/g, "");
	return webcrypto.subtle.importKey("pkcs8", Buffer.from(body, "base64"), curve, false, ["sign"]);
}

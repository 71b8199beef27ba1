import "reflect-metadata";
import { generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import {
	BasicConstraintsExtension,
	cryptoProvider,
	ExtendedKeyUsageExtension,
	type Extension,
	type KeyUsageFlags,
	KeyUsagesExtension,
	SubjectAlternativeNameExtension,
	X509Certificate,
	X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto);

const dayMs = 86_400_000;

export type KeyKind = "P-256" | "P-384" | "RSA-2048" | "RSA-1024";

/** A certificate with its private key, both PEM. */
export interface Issued {
	readonly certificate: string;
	readonly key: string;
	readonly kind: KeyKind;
}

/** A certificate of a chain, right unless told otherwise: for a server called "localhost". */
export interface IssueOptions {
	readonly commonName?: string;
	/** Who signs it; itself unless given. */
	readonly issuer?: Issued;
	/** The key it is signed with, where that is not the issuer's: a forgery. */
	readonly signer?: Issued;
	/** The key it is for; a new one unless given. */
	readonly owner?: Issued;
	readonly kind?: KeyKind;
	readonly hash?: "SHA-1" | "SHA-256" | "SHA-384";
	/** An authority; with a number, for so many authorities below it. `undefined`: it does not say. */
	readonly authority?: boolean | number | undefined;
	/** Names and addresses, "dns:" before a name that looks like one; `null` for no subjectAltName. */
	readonly hosts?: readonly string[] | null;
	readonly usage?: KeyUsageFlags;
	readonly extendedUsage?: readonly string[];
	/** Days from now. */
	readonly from?: number;
	readonly to?: number;
}

export async function issue(options: IssueOptions = {}): Promise<Issued> {
	const { kind = "P-256", hash = "SHA-256", issuer, from = -1, to = 1 } = options;
	const { key, publicKey } = options.owner ? keyOf(options.owner) : makeKey(kind);
	const own: Issued = { certificate: "", key, kind: options.owner?.kind ?? kind };
	const signer = options.signer ?? issuer ?? own;
	const subject = [{ CN: [options.commonName ?? "localhost"] }];
	const certificate = await X509CertificateGenerator.create({
		serialNumber: `40${randomBytes(8).toString("hex")}`,
		subject,
		issuer: issuer ? new X509Certificate(issuer.certificate).subjectName : subject,
		notBefore: new Date(Date.now() + from * dayMs),
		notAfter: new Date(Date.now() + to * dayMs),
		publicKey,
		signingKey: await importKey(signer, hash),
		signingAlgorithm: algorithmOf(signer.kind, hash),
		extensions: extensionsOf(options),
	});
	return { ...own, certificate: `${certificate.toString("pem")}\n` };
}

/** An authority that signs itself. */
export function issueRoot(options: IssueOptions = {}): Promise<Issued> {
	const commonName = `root ${randomBytes(4).toString("hex")}`;
	return issue({ commonName, authority: true, hosts: null, to: 30, ...options });
}

/** An authority under another. */
export function issueIntermediate(issuer: Issued, options: IssueOptions = {}): Promise<Issued> {
	return issueRoot({ issuer, kind: issuer.kind, ...options });
}

/** A station's certificate. */
export function issueClient(issuer: Issued, options: IssueOptions = {}): Promise<Issued> {
	return issue({
		issuer,
		commonName: "station-0001",
		hosts: null,
		extendedUsage: ["1.3.6.1.5.5.7.3.2"],
		...options,
	});
}

function extensionsOf(options: IssueOptions): Extension[] {
	const { hosts = ["localhost"], usage, extendedUsage } = options;
	const extensions: Extension[] = [];
	if (!("authority" in options)) {
		extensions.push(new BasicConstraintsExtension(false, undefined, true));
	} else if (options.authority !== undefined) {
		const depth = typeof options.authority === "number" ? options.authority : undefined;
		extensions.push(new BasicConstraintsExtension(options.authority !== false, depth, true));
	}
	if (hosts) {
		const names = hosts.map((value) => ({
			type: /^[\d.]+$|::/.test(value) ? ("ip" as const) : ("dns" as const),
			value: value.replace(/^dns:/, ""),
		}));
		extensions.push(new SubjectAlternativeNameExtension(names));
	}
	if (usage !== undefined) extensions.push(new KeyUsagesExtension(usage, true));
	if (extendedUsage) extensions.push(new ExtendedKeyUsageExtension([...extendedUsage]));
	return extensions;
}

interface Pair {
	readonly key: string;
	readonly publicKey: Uint8Array<ArrayBuffer>;
}

function makeKey(kind: KeyKind): Pair {
	const pair = kind.startsWith("RSA")
		? generateKeyPairSync("rsa", { modulusLength: Number(kind.slice(4)) })
		: generateKeyPairSync("ec", { namedCurve: kind });
	return {
		key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		publicKey: Uint8Array.from(pair.publicKey.export({ type: "spki", format: "der" })),
	};
}

function keyOf(owner: Issued): Pair {
	return {
		key: owner.key,
		publicKey: new Uint8Array(new X509Certificate(owner.certificate).publicKey.rawData),
	};
}

function algorithmOf(kind: KeyKind, hash: string) {
	return kind.startsWith("RSA")
		? { name: "RSASSA-PKCS1-v1_5", hash }
		: { name: "ECDSA", namedCurve: kind, hash };
}

function importKey(signer: Issued, hash: string): Promise<webcrypto.CryptoKey> {
	const body = signer.key.replace(/-----[^-]+-----|\s/g, "");
	const algorithm = algorithmOf(signer.kind, hash);
	return webcrypto.subtle.importKey("pkcs8", Buffer.from(body, "base64"), algorithm, false, [
		"sign",
	]);
}

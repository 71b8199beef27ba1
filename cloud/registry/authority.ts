import "reflect-metadata";
import {
	createPrivateKey,
	createPublicKey,
	generateKeyPair,
	randomBytes,
	webcrypto,
} from "node:crypto";
import { promisify } from "node:util";
import {
	AuthorityKeyIdentifierExtension,
	BasicConstraintsExtension,
	cryptoProvider,
	ExtendedKeyUsage,
	ExtendedKeyUsageExtension,
	type Extension,
	type JsonGeneralNames,
	KeyUsageFlags,
	KeyUsagesExtension,
	type Name,
	Pkcs10CertificateRequest,
	SubjectAlternativeNameExtension,
	SubjectKeyIdentifierExtension,
	X509Certificate,
	X509CertificateGenerator,
} from "@peculiar/x509";

const dayMs = 86_400_000;
/** A station whose clock is a little behind must not find its new certificate not yet valid. */
const backdateMs = dayMs;
const authorityDays = 20 * 365;
const leafDays = 10 * 365;

const curve = { name: "ECDSA", namedCurve: "P-256" } as const;
const signature = { name: "ECDSA", hash: "SHA-256" } as const;
const generatePair = promisify(generateKeyPair);

/** Who a certificate is for and what it may do. */
interface Leaf {
	readonly subject: string | Name;
	readonly usage: ExtendedKeyUsage;
	readonly alternativeNames?: JsonGeneralNames;
	/** Ten years unless given. */
	readonly lifeMs?: number;
}

/** A request for a certificate that is none, or for a key that is too weak. */
export class SigningRequestFault extends Error {
	override readonly name = "SigningRequestFault";
}

/**
 * The local certificate authority: it signs the server's certificate and one certificate for each
 * station, all on P-256, which a station can verify in reasonable time and memory.
 *
 * Source of the profile: RFC 5280 §4.2.1 (extensions), §4.1.2.2 (serial numbers).
 */
export class Authority {
	/** Its own certificate, PEM: what a station trusts. */
	readonly certificate: string;
	readonly #parsed: X509Certificate;
	readonly #signingKey: webcrypto.CryptoKey;

	private constructor(certificate: string, signingKey: webcrypto.CryptoKey) {
		this.certificate = certificate;
		this.#parsed = new X509Certificate(certificate);
		this.#signingKey = signingKey;
	}

	/** Takes up an authority from its certificate and private key, both PEM. */
	static async open(certificate: string, key: string): Promise<Authority> {
		return new Authority(certificate, await importSigningKey(key));
	}

	/** The self-signed certificate for a new authority with this private key; both PEM. */
	static async issueRoot(key: string): Promise<string> {
		const publicKey = publicKeyOf(key);
		// Two data directories on one machine must not have authorities of one name: a verifier that
		// looks issuers up by name would report a bad signature instead of an unknown authority.
		const name = [
			{ O: ["Isobar"] },
			{ CN: [`Isobar local authority ${randomBytes(4).toString("hex")}`] },
		];
		const certificate = await X509CertificateGenerator.create({
			serialNumber: makeSerialNumber(),
			subject: name,
			issuer: name,
			...validity(authorityDays * dayMs),
			publicKey,
			signingKey: await importSigningKey(key),
			signingAlgorithm: signature,
			extensions: [
				new BasicConstraintsExtension(true, 0, true),
				new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
				await SubjectKeyIdentifierExtension.create(publicKey),
			],
		});
		return toPem(certificate);
	}

	/**
	 * A certificate for the broker.
	 *
	 * @param key        its private key, PEM
	 * @param hostNames  DNS names it is reached by
	 * @param addresses  IP addresses it is reached by
	 */
	issueServer(
		key: string,
		hostNames: readonly string[],
		addresses: readonly string[],
	): Promise<string> {
		return this.#issue(publicKeyOf(key), {
			subject: hostNames[0]!,
			usage: ExtendedKeyUsage.serverAuth,
			alternativeNames: [
				...hostNames.map((value) => ({ type: "dns" as const, value })),
				...addresses.map((value) => ({ type: "ip" as const, value })),
			],
		});
	}

	/**
	 * A certificate for a station: its common name is the thing name.
	 *
	 * @param lifeMs  ten years unless given
	 */
	issueDevice(key: string, commonName: string, lifeMs?: number): Promise<string> {
		return this.#issue(publicKeyOf(key), {
			subject: commonName,
			usage: ExtendedKeyUsage.clientAuth,
			...(lifeMs === undefined ? {} : { lifeMs }),
		});
	}

	/**
	 * A certificate for the key and the subject of a request.
	 *
	 * @param request  PKCS #10, PEM
	 * @throws {SigningRequestFault} when it is none, is not signed with its key, or the key is neither
	 *   P-256, P-384 nor RSA of 2048 bits and more
	 */
	async issueForRequest(request: string): Promise<string> {
		const parsed = parseSigningRequest(request);
		const publicKey = Uint8Array.from(new Uint8Array(parsed.publicKey.rawData));
		if (!isStrongKey(publicKey)) {
			throw new SigningRequestFault("expected a key of P-256, P-384 or RSA of at least 2048 bits");
		}
		if (!(await parsed.verify().catch(() => false))) {
			throw new SigningRequestFault("it is not signed with its own key");
		}
		return this.#issue(publicKey, {
			subject: parsed.subjectName,
			usage: ExtendedKeyUsage.clientAuth,
		});
	}

	async #issue(publicKey: Uint8Array<ArrayBuffer>, leaf: Leaf): Promise<string> {
		const extensions: Extension[] = [
			new BasicConstraintsExtension(false, undefined, true),
			new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
			new ExtendedKeyUsageExtension([leaf.usage]),
			await SubjectKeyIdentifierExtension.create(publicKey),
			await AuthorityKeyIdentifierExtension.create(this.#parsed.publicKey),
		];
		if (leaf.alternativeNames) {
			extensions.push(new SubjectAlternativeNameExtension(leaf.alternativeNames));
		}
		const certificate = await X509CertificateGenerator.create({
			serialNumber: makeSerialNumber(),
			subject: typeof leaf.subject === "string" ? [{ CN: [leaf.subject] }] : leaf.subject.toJSON(),
			issuer: this.#parsed.subjectName,
			...validity(leaf.lifeMs ?? leafDays * dayMs),
			publicKey,
			signingKey: this.#signingKey,
			signingAlgorithm: signature,
			extensions,
		});
		return toPem(certificate);
	}
}

/** A new P-256 private key, PKCS #8 in PEM. */
export async function makeKey(): Promise<string> {
	const pair = await generatePair("ec", { namedCurve: "P-256" });
	return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The public half of a private key, SubjectPublicKeyInfo in DER. */
function publicKeyOf(key: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(createPublicKey(key).export({ type: "spki", format: "der" }));
}

function importSigningKey(key: string): Promise<webcrypto.CryptoKey> {
	const der = createPrivateKey(key).export({ type: "pkcs8", format: "der" });
	return webcrypto.subtle.importKey("pkcs8", Uint8Array.from(der), curve, false, ["sign"]);
}

function validity(lifeMs: number): { notBefore: Date; notAfter: Date } {
	const now = Date.now();
	return { notBefore: new Date(now - backdateMs), notAfter: new Date(now + lifeMs) };
}

function parseSigningRequest(request: string): Pkcs10CertificateRequest {
	try {
		return new Pkcs10CertificateRequest(request);
	} catch {
		throw new SigningRequestFault("expected a PKCS #10 request in PEM");
	}
}

/** @param publicKey  SubjectPublicKeyInfo in DER */
function isStrongKey(publicKey: Uint8Array): boolean {
	try {
		const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
		const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
		if (key.asymmetricKeyType === "rsa") return modulusLength >= 2048;
		return namedCurve === "prime256v1" || namedCurve === "secp384r1";
	} catch {
		return false;
	}
}

/** 127 random bits, positive, as hex: unique without a register of what was given out. */
function makeSerialNumber(): string {
	const bytes = randomBytes(16);
	bytes[0] = (bytes[0]! & 0x7f) | 0x40;
	return bytes.toString("hex");
}

function toPem(certificate: X509Certificate): string {
	return `${certificate.toString("pem")}\n`;
}

// The library must be told once which implementation of Web Crypto to use.
cryptoProvider.set(webcrypto);

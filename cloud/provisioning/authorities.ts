import { randomBytes, X509Certificate } from "node:crypto";
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { certificateIdOf } from "../access.ts";
import { CloudFault, messageOf } from "../fault.ts";
import { createFile, readIfPresent, replaceFile, syncDirectory } from "../file.ts";
import { Layout } from "../layout.ts";

/** A customer's certificate authority. */
export interface CustomerAuthority {
	/** SHA-256 of its certificate in DER, 64 hex digits. */
	readonly certificateId: string;
	readonly certificatePem: string;
	readonly status: "ACTIVE" | "INACTIVE";
	/** Whether a device registers itself by its first connection. */
	readonly autoRegistrationStatus: "ENABLE" | "DISABLE";
	/** The template that it is then provisioned by; without one somebody has to activate it. */
	readonly templateName?: string | undefined;
	readonly createdMs?: number;
}

/** What can be changed of an authority. */
export type AuthorityChange = Partial<
	Pick<CustomerAuthority, "status" | "autoRegistrationStatus" | "templateName">
>;

export interface AuthorityRegistration {
	/** PEM. */
	readonly certificate: string;
	/** A certificate with the registration code as its common name, signed by the authority; PEM. */
	readonly verificationCertificate: string;
	/** Whether its devices may come at once; true unless given. */
	readonly active?: boolean;
	readonly autoRegistration?: boolean;
	readonly templateName?: string;
}

/**
 * The authorities that customers have registered, a file each. They are read when a certificate comes
 * that nobody knows, so a command that changes one needs no word with a running cloud.
 *
 * Source: aws-iot-contract.md §2.3.
 */
export class Authorities {
	readonly #layout: Layout;

	constructor(layout: Layout) {
		this.#layout = layout;
	}

	/** Those of a data directory. */
	static in(dataDir: string): Authorities {
		return new Authorities(new Layout(dataDir));
	}

	/** What a verification certificate has to have as its common name: 64 hex digits, always the same. */
	async registrationCode(): Promise<string> {
		const path = join(this.#layout.authorities, "registration-code");
		await createFile(path, randomBytes(32).toString("hex"), 0o600);
		return (await readIfPresent(path))!;
	}

	async list(): Promise<CustomerAuthority[]> {
		const files = (await readdir(this.#layout.authorities)).filter((file) =>
			file.endsWith(".json"),
		);
		const found = await Promise.all(files.sort().map((file) => this.#read(file)));
		return found.filter((authority) => authority !== undefined);
	}

	/**
	 * Registers an authority of which the caller has the key: nobody else can sign the registration code.
	 *
	 * @throws {CloudFault} "BadCertificate" that says what was expected, "Exists"
	 */
	async register(registration: AuthorityRegistration): Promise<CustomerAuthority> {
		const certificate = parse(registration.certificate, "the certificate of the authority");
		checkAuthority(certificate);
		const verification = parse(
			registration.verificationCertificate,
			"the verification certificate",
		);
		const code = await this.registrationCode();
		if (!verification.subject.split("\n").includes(`CN=${code}`)) {
			throw bad(`the verification certificate: expected the common name ${code}`);
		}
		if (!isIssuedBy(verification, certificate)) {
			throw bad("the verification certificate: expected the signature of the authority");
		}
		const { active = true, autoRegistration = false, templateName } = registration;
		const authority: CustomerAuthority = {
			certificateId: certificateIdOf(certificate),
			certificatePem: certificate.toString(),
			status: active ? "ACTIVE" : "INACTIVE",
			autoRegistrationStatus: autoRegistration ? "ENABLE" : "DISABLE",
			...(templateName === undefined ? {} : { templateName }),
			createdMs: Date.now(),
		};
		const path = this.#pathOf(authority.certificateId);
		if (!(await createFile(path, JSON.stringify(authority), 0o600))) {
			throw new CloudFault("Exists", `the authority ${authority.certificateId} is registered`);
		}
		await syncDirectory(this.#layout.authorities);
		return authority;
	}

	/** @throws {CloudFault} "NotFound" */
	async update(certificateId: string, change: AuthorityChange): Promise<void> {
		const authority = { ...(await this.demand(certificateId)), ...change };
		await replaceFile(this.#pathOf(certificateId), JSON.stringify(authority), 0o600);
		await syncDirectory(this.#layout.authorities);
	}

	/** Certificates that it has signed and that are registered stay so. */
	async remove(certificateId: string): Promise<void> {
		await this.demand(certificateId);
		await unlink(this.#pathOf(certificateId));
		await syncDirectory(this.#layout.authorities);
	}

	/** The active authority that has signed a certificate; both are in date. */
	async issuerOf(certificate: X509Certificate): Promise<CustomerAuthority | undefined> {
		for (const authority of await this.list()) {
			const issuer = new X509Certificate(authority.certificatePem);
			if (authority.status === "ACTIVE" && isInDate(issuer) && isIssuedBy(certificate, issuer)) {
				return authority;
			}
		}
		return undefined;
	}

	/** @throws {CloudFault} "NotFound" */
	async demand(certificateId: string): Promise<CustomerAuthority> {
		const authority = /^[0-9a-f]{64}$/.test(certificateId)
			? await this.#read(`${certificateId}.json`)
			: undefined;
		if (!authority) throw new CloudFault("NotFound", `there is no authority ${certificateId}`);
		return authority;
	}

	async #read(file: string): Promise<CustomerAuthority | undefined> {
		const path = join(this.#layout.authorities, file);
		const text = await readIfPresent(path);
		try {
			return text === undefined ? undefined : JSON.parse(text);
		} catch (error) {
			throw new CloudFault("Corrupt", `${path} holds no authority: ${messageOf(error)}`);
		}
	}

	#pathOf(certificateId: string): string {
		return join(this.#layout.authorities, `${certificateId}.json`);
	}
}

/** Whether a moment is within the life of a certificate. */
function isInDate(certificate: X509Certificate, epochMs = Date.now()): boolean {
	const { validFrom, validTo } = certificate;
	return Date.parse(validFrom) <= epochMs && epochMs <= Date.parse(validTo);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
	try {
		return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
	} catch {
		return false;
	}
}

function checkAuthority(certificate: X509Certificate): void {
	if (!certificate.ca) throw bad("the certificate of the authority: expected one for an authority");
	if (!isInDate(certificate)) throw bad("the certificate of the authority: it is not in date");
}

function parse(pem: string, what: string): X509Certificate {
	try {
		return new X509Certificate(pem);
	} catch {
		throw bad(`${what}: expected a certificate in PEM`);
	}
}

function bad(message: string): CloudFault {
	return new CloudFault("BadCertificate", message);
}

import { readFile } from "node:fs/promises";
import {
	createLocalJWKSet,
	createRemoteJWKSet,
	errors,
	type JSONWebKeySet,
	type JWTVerifyGetKey,
	jwtVerify,
} from "jose";
import { CloudFault, messageOf } from "./fault.ts";

/** Who may come in with a token, as the configuration file says it. */
export interface AuthorizerOptions {
	/** Chosen by `x-amz-customauthorizer-name` in the user name; the default one where that names none. */
	readonly name: string;
	/** `iss` of the tokens. */
	readonly issuer: string;
	/** `aud` of the tokens. */
	readonly audience: string;
	/** The keys that sign them: a JWK set, in a file or at an https address. */
	readonly keys: string;
	/** Names of policies in the registry, by the scope that they come with. */
	readonly scopes: Readonly<Record<string, readonly string[]>>;
}

/** What a token that is good lets its bearer do. */
export interface Grant {
	/** `sub` of the token. */
	readonly principalId: string;
	/** Names of policies. */
	readonly policies: readonly string[];
	/** Epoch ms at which the connection ends. */
	readonly expires: number;
}

/** Signatures of tokens; none that a public key could be taken for the secret of. */
const algorithms = ["ES256", "ES384", "RS256", "PS256", "EdDSA"];

/**
 * The custom authorizer: an OAuth 2 access token, as a JWT, in place of a client certificate.
 *
 * Source: aws-iot-contract.md §1.11; RFC 9068 for the token.
 */
export class Authorizer {
	readonly #options: AuthorizerOptions;
	readonly #keys: JWTVerifyGetKey;

	private constructor(options: AuthorizerOptions, keys: JWTVerifyGetKey) {
		this.#options = options;
		this.#keys = keys;
	}

	/**
	 * @param path  of the configuration, JSON
	 * @throws {CloudFault} "BadAuthorizer" that names the member and what was expected
	 */
	static async open(path: string): Promise<Authorizer> {
		const options = check(path, await readJson(path));
		if (/^https:\/\//.test(options.keys)) {
			return new Authorizer(options, createRemoteJWKSet(new URL(options.keys)));
		}
		const keys = (await readJson(options.keys)) as JSONWebKeySet;
		try {
			return new Authorizer(options, createLocalJWKSet(keys));
		} catch (error) {
			throw bad(`${options.keys}: expected a JWK set: ${messageOf(error)}`);
		}
	}

	/**
	 * Verifies the token of a CONNECT.
	 *
	 * @returns what it grants, or why it is refused
	 */
	async authorize(userName: string, password: string): Promise<Grant | string> {
		const parameters = new URLSearchParams(userName.split("?")[1] ?? "");
		const name = parameters.get("x-amz-customauthorizer-name") ?? this.#options.name;
		if (name !== this.#options.name) return `there is no authorizer ${JSON.stringify(name)}`;
		if (password === "") return "no token";
		try {
			const { payload } = await jwtVerify(password, this.#keys, {
				issuer: this.#options.issuer,
				audience: this.#options.audience,
				algorithms,
				requiredClaims: ["exp", "sub"],
			});
			const { sub, exp, scope } = payload;
			// A certificate id is no name that a token can take.
			if (!/^[a-zA-Z0-9_-]{1,128}$/.test(sub!) || /^[0-9a-f]{64}$/.test(sub!)) {
				return "its token names nobody: sub";
			}
			const scopes = typeof scope === "string" ? scope.split(" ") : [];
			const policies = scopes.flatMap((one) =>
				Object.hasOwn(this.#options.scopes, one) ? this.#options.scopes[one]! : [],
			);
			return { principalId: sub!, policies: [...new Set(policies)], expires: exp! * 1000 };
		} catch (error) {
			const code = error instanceof errors.JOSEError ? error.code : messageOf(error);
			return `its token is no good: ${code}`;
		}
	}
}

async function readJson(path: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(path, "utf8"));
	} catch (error) {
		throw bad(`${path}: ${messageOf(error)}`);
	}
}

function check(path: string, value: unknown): AuthorizerOptions {
	const members = (typeof value === "object" && value !== null ? value : {}) as Record<
		string,
		unknown
	>;
	const { name = "isobar", scopes } = members;
	for (const member of ["issuer", "audience", "keys"]) {
		if (typeof members[member] !== "string") throw bad(`${path}: ${member}: expected a text`);
	}
	if (/^http:/.test(String(members.keys))) throw bad(`${path}: keys: expected a file or https://…`);
	if (typeof name !== "string") throw bad(`${path}: name: expected a text`);
	const isLists =
		typeof scopes === "object" &&
		scopes !== null &&
		Object.values(scopes).every(
			(list) => Array.isArray(list) && list.every((policy) => typeof policy === "string"),
		);
	if (!isLists) throw bad(`${path}: scopes: expected names of policies by scope`);
	return { ...members, name } as unknown as AuthorizerOptions;
}

function bad(message: string): CloudFault {
	return new CloudFault("BadAuthorizer", message);
}

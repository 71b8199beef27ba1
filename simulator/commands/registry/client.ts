import type { Api } from "../../../cloud/index.ts";

/** A request, as far as a command has something to say. */
interface Request {
	readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: unknown;
}

/** The members of an answer, unknown to the compiler and known to the document of the API. */
// biome-ignore lint/suspicious/noExplicitAny: schema/openapi.json says what is in it, and a test holds it to that
export type Answer = any;

/** The operations of the API, for commands. */
export class ApiCaller {
	readonly #api: Api;

	constructor(api: Api) {
		this.#api = api;
	}

	/** @throws {Error} with one line: the exception of the API and what it says */
	async call(method: string, path: string, request: Request = {}): Promise<Answer> {
		const { query = {}, headers = {}, body } = request;
		const given = Object.entries(query).filter(([, value]) => value !== undefined);
		const search = new URLSearchParams(
			given.map(([key, value]): [string, string] => [key, String(value)]),
		);
		const response = await this.#api.fetch(`/api${path}${given.length > 0 ? `?${search}` : ""}`, {
			method,
			headers,
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		const answer: Answer = text === "" ? {} : JSON.parse(text);
		if (!response.ok) throw new Error(`${answer.code}: ${answer.message}`);
		return answer;
	}

	/** Every entry of a list, page after page. */
	async all(
		method: string,
		path: string,
		member: string,
		request: Request = {},
	): Promise<Answer[]> {
		const entries: Answer[] = [];
		let token: string | undefined;
		const words = method === "POST" || /^\/(certificates|policies)/.test(path) ? markers : tokens;
		do {
			const paging = { [words.size]: 250, [words.token]: token };
			const page = await this.call(method, path, {
				...request,
				query: { ...request.query, ...paging },
			});
			entries.push(...page[member]);
			token = page.nextToken ?? page.nextMarker;
		} while (token !== undefined);
		return entries;
	}
}

/** Two ways to page that the AWS API has. */
const tokens = { size: "maxResults", token: "nextToken" } as const;
const markers = { size: "pageSize", token: "marker" } as const;

import { randomBytes } from "node:crypto";
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { codeOf, messageOf } from "../fault.ts";
import { makeDirectory, syncDirectory, temporarySuffix } from "../file.ts";
import type { Timers } from "../timers.ts";
import type { Vault } from "../vault/vault.ts";
import { type SmtpSettings, smtpTransport } from "./smtp.ts";

/** A mail to be written. */
export interface Letter {
	readonly to: readonly string[];
	readonly subject: string;
	/** Plain text. */
	readonly text: string;
	/** The mailbox's own sender unless given. */
	readonly from?: string;
}

/** "kept": no server is configured, the folder is where it goes. "failed": given up after two days. */
export type MailState = "kept" | "waiting" | "sent" | "failed";

/** What a list shows of a mail. */
export interface MailSummary {
	readonly id: string;
	/** ISO 8601 in UTC. */
	readonly time: string;
	readonly from: string;
	readonly to: readonly string[];
	readonly subject: string;
	readonly state: MailState;
	/** What the server said last, while it waits or has failed. */
	readonly error?: string;
}

/** A mail as it is read. */
export interface Mail extends MailSummary {
	readonly text: string;
	/** The message as it is sent (RFC 5322), as in its .eml file. */
	readonly source: string;
}

export interface MailboxOptions {
	/** The folder of mails. */
	readonly directory: string;
	/** How they stand on disk. */
	readonly vault: Vault;
	readonly from: string;
	/** The server that mails go to; with none they stay in the folder. */
	readonly smtp: SmtpSettings | undefined;
	readonly timers: Timers;
	log(line: string): void;
	/** Told of each mail, and of each change of its state. */
	onMail?(mail: MailSummary): void;
}

interface Kept extends MailSummary {
	readonly text: string;
	readonly attempts: number;
}

/** Mails that are kept; the oldest go, those that wait last. */
const mailsMaximum = 1_000;
const retryMs = Object.freeze({ first: 1_000, longest: 15 * 60_000 });
const giveUpMs = 48 * 3_600_000;

/**
 * The mails of the cloud: each a file `<id>.eml` in a folder before it counts as written, with its state
 * beside it, and from there to an SMTP server where one is configured. A server that is away is tried
 * again for two days, over restarts too; its Message-ID tells a receiver of a repeated mail.
 */
export class Mailbox {
	readonly #options: MailboxOptions;
	readonly #mails: Map<string, Kept>;
	/** Of the newest mail: names of files sort as mails were written, also within a millisecond. */
	#newest = 0;
	#calloff: (() => void) | undefined;
	#sending: Promise<void> | undefined;
	#isClosed = false;

	private constructor(options: MailboxOptions, mails: Map<string, Kept>) {
		this.#options = options;
		this.#mails = mails;
		if (this.#next()) this.#sendSoon(0);
	}

	static async open(options: MailboxOptions): Promise<Mailbox> {
		await makeDirectory(options.directory);
		const mails = new Map<string, Kept>();
		for (const name of (await readdir(options.directory)).sort()) {
			const path = join(options.directory, name);
			if (name.endsWith(temporarySuffix)) await unlink(path);
			else if (name.endsWith(".json")) {
				const mail = JSON.parse(options.vault.readSync(path)) as Kept;
				mails.set(mail.id, mail);
			}
		}
		return new Mailbox(options, mails);
	}

	/** Writes a mail. What this resolves is on disk, and goes to the server as soon as that takes it. */
	async post(letter: Letter): Promise<MailSummary> {
		const { directory, vault, smtp, timers } = this.#options;
		const now = timers.now();
		this.#newest = Math.max(now, this.#newest + 1);
		const id = `${new Date(this.#newest).toISOString().replace(/[-:]/g, "")}-${randomBytes(4).toString("hex")}`;
		const { to, subject, text, from = this.#options.from } = letter;
		const mail: Kept = {
			id,
			time: new Date(now).toISOString(),
			from,
			to,
			subject: subject.replace(/\s+/g, " "),
			state: smtp ? "waiting" : "kept",
			text,
			attempts: 0,
		};
		await vault.replace(this.#eml(id), await compose(mail, now), 0o600);
		await this.#keep(mail);
		await syncDirectory(directory);
		await this.#trim();
		if (smtp) this.#sendSoon(0);
		return summaryOf(mail);
	}

	/** Newest first. @param before  only mails with a smaller id */
	list({
		before,
		limit = 100,
	}: {
		before?: string | undefined;
		limit?: number;
	} = {}): MailSummary[] {
		return [...this.#mails.values()]
			.reverse()
			.filter(({ id }) => before === undefined || id < before)
			.slice(0, limit)
			.map(summaryOf);
	}

	async read(id: string): Promise<Mail | undefined> {
		const mail = this.#mails.get(id);
		if (!mail) return undefined;
		const source = this.#options.vault.readSync(this.#eml(id));
		return { ...summaryOf(mail), text: mail.text, source };
	}

	kill(): void {
		this.#isClosed = true;
		this.#calloff?.();
	}

	/** What waits goes with the next start. */
	async close(): Promise<void> {
		this.kill();
		await this.#sending;
	}

	#eml(id: string): string {
		return join(this.#options.directory, `${id}.eml`);
	}

	async #keep(mail: Kept): Promise<void> {
		const { directory, vault } = this.#options;
		await vault.replace(join(directory, `${mail.id}.json`), JSON.stringify(mail), 0o600);
		const before = this.#mails.get(mail.id)?.state;
		this.#mails.set(mail.id, mail);
		if (mail.state !== before) this.#options.onMail?.(summaryOf(mail));
	}

	async #trim(): Promise<void> {
		while (this.#mails.size > mailsMaximum) {
			const mails = [...this.#mails.values()];
			const { id } = mails.find(({ state }) => state !== "waiting") ?? mails[0]!;
			this.#mails.delete(id);
			for (const path of [this.#eml(id), join(this.#options.directory, `${id}.json`)]) {
				await unlink(path).catch((error) => {
					if (codeOf(error) !== "ENOENT") this.#options.log(`mail: ${messageOf(error)}`);
				});
			}
		}
	}

	#next(): Kept | undefined {
		if (!this.#options.smtp) return undefined;
		return [...this.#mails.values()].find(({ state }) => state === "waiting");
	}

	#sendSoon(ms: number): void {
		if (this.#isClosed || this.#sending) return;
		this.#calloff?.();
		this.#calloff = this.#options.timers.after(ms, () => {
			this.#sending = this.#send().finally(() => {
				this.#sending = undefined;
			});
			void this.#sending.then(() => this.#goOn());
		});
	}

	/** The mail that waits longest is tried first: when the server is away, it is away for all. */
	#goOn(): void {
		const next = this.#next();
		if (!next) return;
		const { first, longest } = retryMs;
		this.#sendSoon(next.attempts === 0 ? 0 : Math.min(first * 2 ** (next.attempts - 1), longest));
	}

	async #send(): Promise<void> {
		const mail = this.#next();
		if (!mail) return;
		const { smtp, vault, log, timers } = this.#options;
		const { error: _, ...rest } = mail;
		try {
			const raw = vault.readSync(this.#eml(mail.id));
			const envelope = { from: mail.from, to: [...mail.to] };
			await smtpTransport(smtp!).sendMail({ envelope, raw });
			await this.#keep({ ...rest, state: "sent" });
		} catch (error) {
			const text = messageOf(error).split("\n")[0]!;
			const isOver = timers.now() - Date.parse(mail.time) > giveUpMs || isRefused(error);
			if (mail.attempts === 0 || isOver) {
				log(`mail: ${isOver ? "given up" : "waits"}: ${JSON.stringify(mail.subject)}: ${text}`);
			}
			const state = isOver ? "failed" : "waiting";
			await this.#keep({ ...rest, state, attempts: mail.attempts + 1, error: text });
		}
	}
}

/** A permanent answer (RFC 5321 §4.2.1) does not get better by asking again. */
function isRefused(error: unknown): boolean {
	const code = (error as { responseCode?: number }).responseCode;
	return code !== undefined && code >= 500;
}

function summaryOf({ id, time, from, to, subject, state, error }: Kept): MailSummary {
	return { id, time, from, to, subject, state, ...(error === undefined ? {} : { error }) };
}

/** The message in RFC 5322, by the library that sends it. */
async function compose({ id, from, to, subject, text }: Kept, epochMs: number): Promise<string> {
	const composer = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
	const { message } = await composer.sendMail({
		from,
		to: [...to],
		subject,
		text,
		date: new Date(epochMs),
		messageId: `<${id}@isobar>`,
		// A machine has written it (RFC 3834 §5): nobody's holiday should answer.
		headers: { "Auto-Submitted": "auto-generated" },
	});
	return message.toString();
}

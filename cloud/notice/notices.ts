import { messageOf } from "../fault.ts";
import type { Environment } from "../rules/sql/scope.ts";
import type { Timers } from "../timers.ts";
import { Vault } from "../vault/vault.ts";
import {
	type AlarmChange,
	type AlarmName,
	Alarms,
	type CurrentAlarm,
	type LifecycleEvent,
} from "./alarms.ts";
import { type CloudEvent, EventLog } from "./events.ts";
import { Letters } from "./letters.ts";
import { Mailbox, type MailSummary } from "./mailbox.ts";
import { type NoticeSettings, readNoticeSettings } from "./settings.ts";

export interface NoticesOptions {
	/** The file of settings; what is usual counts where there is none. */
	readonly settingsFile: string;
	/** Folders of the event log, of mails and of their templates. */
	readonly eventsDir: string;
	readonly mailsDir: string;
	readonly lettersDir: string;
	/** How events and mails stand on disk; as they are unless given. */
	readonly vault?: Vault;
	readonly environment: Environment;
	readonly timers: Timers;
	log(line: string): void;
}

const sweepMs = 1_000;
const hourMs = 3_600_000;
/** Lines of one mail. */
const linesMaximum = 200;

/**
 * What people are told: the events of the cloud in a log, and mails about incidents of stations. A mail
 * is written some seconds after an incident begins, so that a dead link of a hundred stations is one.
 */
export class Notices {
	readonly events: EventLog;
	readonly mailbox: Mailbox;
	readonly settings: NoticeSettings;
	readonly #options: NoticesOptions;
	readonly #letters: Letters;
	readonly #alarms: Alarms;
	readonly #calloffs = new Map<string, () => void>();
	#gathered: AlarmChange[] = [];
	#digestFrom: number;
	#isClosed = false;
	#posting: Promise<unknown> = Promise.resolve();

	private constructor(
		options: NoticesOptions,
		settings: NoticeSettings,
		events: EventLog,
		mailbox: Mailbox,
		letters: Letters,
	) {
		this.#options = options;
		this.settings = settings;
		this.events = events;
		this.mailbox = mailbox;
		this.#letters = letters;
		this.#alarms = new Alarms(settings, (change) => this.#changed(change));
		this.#digestFrom = options.timers.now();
		this.#resume();
		this.#every("sweep", sweepMs, () => this.#alarms.sweep(options.timers.now()));
		const { digestHours } = settings;
		if (digestHours > 0) this.#every("digest", digestHours * hourMs, () => this.#digest());
	}

	/** @throws {ConfigFault} when the file of settings can't be used */
	static async open(options: NoticesOptions): Promise<Notices> {
		const { log, timers, vault = Vault.plain } = options;
		const settings = await readNoticeSettings(options.settingsFile);
		const letters = await Letters.open(options.lettersDir, options.environment);
		const events = await EventLog.open(options.eventsDir, log, vault);
		const mailbox = await Mailbox.open({
			directory: options.mailsDir,
			vault,
			from: settings.from,
			smtp: settings.smtp,
			timers,
			log,
			onMail: (mail) => noteMail(events, mail, timers.now()),
		});
		return new Notices(options, settings, events, mailbox, letters);
	}

	/** A station that has reported before. */
	expect(thing: string): void {
		this.#alarms.expect(thing, this.#options.timers.now());
	}

	/** A report of a station. */
	hear(thing: string): void {
		this.#alarms.hear(thing, this.#options.timers.now());
	}

	/** What the shadow of a station says of its report period. */
	setPeriod(thing: string, seconds: number): void {
		this.#alarms.setPeriod(thing, seconds);
	}

	/** A lifecycle event of a thing, as it is published. */
	take(event: LifecycleEvent): void {
		const now = this.#options.timers.now();
		const { clientId, eventType, disconnectReason } = event;
		const text =
			eventType === "connected" ? "connected" : `disconnected: ${disconnectReason ?? "unknown"}`;
		this.events.add({ kind: eventType, thing: clientId, text: `${clientId} ${text}` }, now);
		this.#alarms.take(event, now);
	}

	/** What is wrong with the link and the reports of a station now. */
	current(thing: string): readonly CurrentAlarm[] {
		return this.#alarms.current(thing);
	}

	kill(): void {
		if (!this.#stop()) return;
		this.mailbox.kill();
		this.events.kill();
	}

	/** An incident that has just begun is told now, since nobody may be there to do it later. */
	async close(): Promise<void> {
		if (!this.#stop()) return;
		if (this.#gathered.length > 0) this.#tell();
		await this.#posting;
		await this.mailbox.close();
		await this.events.close();
	}

	/** @returns whether it was not stopped before */
	#stop(): boolean {
		if (this.#isClosed) return false;
		this.#isClosed = true;
		for (const calloff of this.#calloffs.values()) calloff();
		this.#calloffs.clear();
		return true;
	}

	/** Incidents that were open at the end of the last run go on: they are not told again. */
	#resume(): void {
		const open = new Map<string, AlarmName[]>();
		for (const { kind, thing, detail } of this.events.all) {
			if (thing === undefined) continue;
			if (kind === "cleared") open.delete(thing);
			if (kind === "alarm")
				open.set(thing, [...(open.get(thing) ?? []), detail!.alarm as AlarmName]);
		}
		for (const [thing, alarms] of open) this.#alarms.resume(thing, alarms);
	}

	#changed(change: AlarmChange): void {
		const { thing, type, alarms, text, at } = change;
		const kind = type === "closed" ? "cleared" : "alarm";
		this.events.add({ kind, thing, text, detail: { alarm: alarms.join("+") } }, at);
		if (type !== "opened") return;
		this.#options.log(`alarm: ${text}`);
		this.#gathered.push(change);
		if (this.#calloffs.has("tell")) return;
		const calloff = this.#options.timers.after(this.settings.gatherSeconds * 1000, () =>
			this.#tell(),
		);
		this.#calloffs.set("tell", calloff);
	}

	#tell(): void {
		this.#calloffs.delete("tell");
		const changes = this.#gathered;
		this.#gathered = [];
		const lines = changes.slice(0, linesMaximum).map(({ text }) => text);
		const rest = changes.length - lines.length;
		this.#post("alarm", {
			count: changes.length,
			lines,
			text: [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n"),
			things: changes.slice(0, linesMaximum).map(({ thing }) => thing),
			calmSeconds: this.settings.calmSeconds,
		});
	}

	/** Sums up alarms, their ends and what failed; nothing is written about nothing. */
	#digest(): void {
		const from = new Date(this.#digestFrom).toISOString();
		this.#digestFrom = this.#options.timers.now();
		const told: readonly CloudEvent["kind"][] = ["alarm", "cleared", "rule"];
		const events = this.events.all.filter(({ kind, time }) => time >= from && told.includes(kind));
		if (events.length === 0) return;
		const lines = events.slice(-linesMaximum).map(({ time, text }) => `${time}  ${text}`);
		this.#post("digest", {
			count: events.length,
			hours: this.settings.digestHours,
			lines,
			text: lines.join("\n"),
		});
	}

	#post(kind: "alarm" | "digest", facts: Parameters<Letters["write"]>[1]): void {
		const { to } = this.settings;
		const { subject, text } = this.#letters.write(kind, facts);
		this.#posting = this.#posting
			.then(() => this.mailbox.post({ to, subject, text }))
			.catch((error) => this.#options.log(`mail: ${messageOf(error)}`));
	}

	#every(name: string, ms: number, run: () => void): void {
		const arm = (): void => {
			const calloff = this.#options.timers.after(ms, () => {
				arm();
				run();
			});
			this.#calloffs.set(name, calloff);
		};
		arm();
	}
}

function noteMail(events: EventLog, mail: MailSummary, epochMs: number): void {
	const { id, to, subject, state, error } = mail;
	const why = error === undefined ? "" : `: ${error}`;
	const text = `mail to ${to.join(", ")} ${state}: ${subject}${why}`;
	events.add({ kind: "mail", text, detail: { id, state } }, epochMs);
}

import { join } from "node:path";

/** Where the local cloud keeps what under its data directory. */
export class Layout {
	readonly root: string;
	readonly things: string;
	readonly archive: string;
	readonly shadows: string;
	readonly registry: string;
	/** Provisioning templates. */
	readonly templates: string;
	/** Claim certificates, one for each template that has one. */
	readonly claims: string;
	/** Customers' certificate authorities. */
	readonly authorities: string;
	/** Rules and what the names in them stand for. */
	readonly rules: string;
	/** What rules write: objects, streams, tables and queues. */
	readonly targets: string;
	/** What rules have begun, and what could not be done. */
	readonly ruleState: string;
	/** What has happened, and the mails about it. */
	readonly events: string;
	readonly mails: string;
	/** Who gets mail and when, and the templates of mails. */
	readonly noticeSettings: string;
	readonly letters: string;
	readonly lock: string;
	/** The key of the data, wrapped by that of the user; there when the directory is encrypted. */
	readonly vault: string;
	/** What the HTTP API asks for on an address that others reach. */
	readonly httpToken: string;
	/** Figures of the network over time, between two runs. */
	readonly figures: string;
	/** Where the HTTP API of the cloud that runs is; there while it runs. */
	readonly http: string;

	/** What happens to each message, where somebody asks for it, and how much of that. */
	readonly logs: string;
	readonly logSettings: string;

	constructor(root: string) {
		this.root = root;
		this.things = join(root, "things");
		this.archive = join(root, "archive");
		this.shadows = join(root, "shadows");
		this.registry = join(root, "registry");
		this.templates = join(root, "templates");
		this.claims = join(root, "claims");
		this.authorities = join(root, "authorities");
		this.rules = join(root, "rules");
		this.targets = join(root, "targets");
		this.ruleState = join(root, "rules", "state");
		this.events = join(root, "events");
		this.mails = join(root, "mails");
		this.noticeSettings = join(root, "notify.json");
		this.letters = join(root, "notify");
		this.lock = join(root, "cloud.lock");
		this.vault = join(root, "vault.json");
		this.httpToken = join(root, "http.token");
		this.figures = join(root, "figures.json");
		this.http = join(root, "http.json");
		this.logs = join(root, "logs");
		this.logSettings = join(root, "logging.json");
	}

	/** Every directory, parents first. */
	get directories(): readonly string[] {
		return [
			this.root,
			this.things,
			this.archive,
			this.shadows,
			this.registry,
			this.templates,
			this.claims,
			this.authorities,
		];
	}

	/** What a cloud has written, where it has been at work. */
	get owned(): readonly string[] {
		const { authority, httpToken, figures, targets, ruleState, events, mails } = this;
		const own = this.directories.filter((path) => path !== this.root);
		return [authority.key, ...own, targets, ruleState, events, mails, httpToken, figures];
	}

	/** The two files of the certificate authority. */
	get authority(): CredentialPaths {
		return pathsOf(join(this.root, "ca"));
	}

	get server(): CredentialPaths {
		return pathsOf(join(this.root, "server"));
	}

	/** @param thing  a valid thing name, see `isThingName`: no character that means something in a path */
	thing(thing: string): CredentialPaths {
		return pathsOf(join(this.things, thing));
	}

	/** @param template  a valid name of a template, see `isTemplateName` */
	claim(template: string): CredentialPaths {
		return pathsOf(join(this.claims, template));
	}

	/** The file of a template. */
	template(template: string): string {
		return join(this.templates, `${template}.json`);
	}
}

/** A certificate and its private key, both PEM. */
export interface CredentialPaths {
	readonly certificate: string;
	readonly key: string;
}

function pathsOf(stem: string): CredentialPaths {
	return { certificate: `${stem}.crt`, key: `${stem}.key` };
}

import { readFileSync } from "node:fs";
import { createTransport, type Transporter } from "nodemailer";

/** The mail server, as in the member `smtp` of `notify.json`. */
export interface SmtpSettings {
	readonly host: string;
	/** 587 unless given; 465 speaks TLS from the first byte. */
	readonly port?: number;
	readonly user?: string;
	/** File with the password, so that it stands in no configuration. */
	readonly passwordFile?: string;
	/** Authority of the server's certificate, PEM, where it is not a public one. */
	readonly caFile?: string;
	/** false for a server of this machine that has no TLS. */
	readonly tls?: boolean;
}

const timeoutMs = 30_000;
const tlsPort = 465;

/** A connection for one mail. TLS is required unless it is switched off by name. */
export function smtpTransport(smtp: SmtpSettings): Transporter {
	const { host, port = 587, user, passwordFile, caFile, tls = true } = smtp;
	return createTransport({
		host,
		port,
		secure: tls && port === tlsPort,
		requireTLS: tls && port !== tlsPort,
		ignoreTLS: !tls,
		...(caFile === undefined ? {} : { tls: { ca: readFileSync(caFile) } }),
		...(user === undefined
			? {}
			: { auth: { user, pass: passwordFile ? readFileSync(passwordFile, "utf8").trim() : "" } }),
		connectionTimeout: timeoutMs,
		greetingTimeout: timeoutMs,
		socketTimeout: timeoutMs,
	});
}

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MailDetail, MailView } from "../../web/views.ts";
import { Empty, Failure, Loading } from "../parts.tsx";
import { useNews, useResource } from "../resource.ts";
import { Moment } from "../time.tsx";

/** The newest mails; a click shows the text. */
export function MailList(): JSX.Element {
	const path = "/api/isobar/mails?limit=100";
	const { value, error, reload } = useResource<{ mails: readonly MailView[] }>(path);
	useNews("mail", reload);
	if (value === undefined) {
		return error === undefined ? <Loading /> : <Failure error={error} onRetry={reload} />;
	}
	if (value.mails.length === 0) {
		return (
			<Empty title="No mail was written yet">
				<p>
					An alarm writes one. It stays here unless <code>notify.json</code> of the data directory
					names a mail server.
				</p>
			</Empty>
		);
	}
	return (
		<>
			{value.mails.map((mail) => (
				<Mail key={mail.id} mail={mail} />
			))}
		</>
	);
}

const states: Readonly<Record<string, string>> = {
	kept: "kept here, no mail server is set",
	waiting: "waits for the mail server",
	sent: "sent",
	failed: "given up",
};

function Mail({ mail }: { readonly mail: MailView }): JSX.Element {
	const [isOpen, setOpen] = useState(false);
	const { value, error } = useResource<MailDetail>(
		isOpen ? `/api/isobar/mails/${encodeURIComponent(mail.id)}` : undefined,
	);
	return (
		<details class="mail" onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>
				<span class="mail-subject">{mail.subject}</span>
				<span class="mail-about">
					<Moment at={mail.time} /> · to {mail.to.join(", ")} · {states[mail.state] ?? mail.state}
				</span>
			</summary>
			{error !== undefined && <Failure error={error} />}
			{mail.error !== undefined && <p class="problem">{mail.error}</p>}
			{value && (
				<pre class="document" tabIndex={0}>
					{value.text}
				</pre>
			)}
		</details>
	);
}

import type { EventKind } from "../../notice/events.ts";
import type { Notices } from "../../notice/notices.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import type { RouteModule } from "../services.ts";
import type { EventView, MailDetail, MailView } from "../views.ts";

interface EventInput {
	readonly thing?: string;
	/** With commas between. */
	readonly kinds?: string;
	readonly before?: number;
	readonly limit?: number;
}

interface MailInput {
	readonly before?: string;
	readonly limit?: number;
}

/** What has happened, and the mails about it. */
export const notices: RouteModule = (app, { live }) => {
	function service(): Notices {
		if (live?.notices) return live.notices;
		throw new ApiFault("ServiceUnavailableException", "no cloud runs on this data directory");
	}

	operate<EventInput>(app, "ListEvents", ({ kinds, ...query }) => {
		const wanted = kinds?.split(",") as readonly EventKind[] | undefined;
		const events: readonly EventView[] = service().events.list({ ...query, kinds: wanted });
		return { events };
	});

	operate<MailInput>(app, "ListMails", (query) => {
		const mails: readonly MailView[] = service().mailbox.list(query);
		return { mails };
	});

	operate<{ readonly id: string }>(app, "GetMail", async ({ id }) => {
		const mail: MailDetail | undefined = await service().mailbox.read(id);
		if (mail) return mail;
		throw new ApiFault("ResourceNotFoundException", `there is no mail ${id}`);
	});
};

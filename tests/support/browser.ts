import { spawnSync } from "node:child_process";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's Chromium; another one by its path. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** ms that something on the page may take on a machine that does other things as well. */
const patience = 60_000;

/** Makes the page into a folder, as `npm run build` does. */
export function buildPage(directory: string): void {
	const run = spawnSync(process.execPath, ["scripts/page.js", directory], { encoding: "utf8" });
	if (run.status !== 0) throw new Error(`the page can't be built: ${run.stderr}`);
}

/** A real browser. What its pages complain of is kept, and is a failure at the end of a test. */
export class BrowserBench {
	readonly complaints: string[] = [];
	readonly #browser: Browser;

	private constructor(browser: Browser) {
		this.#browser = browser;
	}

	/** Starts it; an installation without one is told what is missing. */
	static async start(): Promise<BrowserBench> {
		// The sandbox of Chromium needs rights that a container does not give.
		const args = ["--no-sandbox", "--disable-dev-shm-usage"];
		return new BrowserBench(await chromium.launch({ executablePath, args }));
	}

	/** Opens an address in a window of its own. */
	async open(url: string): Promise<Page> {
		const viewport = { width: 1280, height: 900 };
		const page = await this.#browser.newPage({ viewport, colorScheme: "light" });
		page.setDefaultTimeout(patience);
		page.on("console", (message) => {
			if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
		});
		page.on("pageerror", (error) => this.complaints.push(String(error)));
		await page.goto(url);
		return page;
	}

	close(): Promise<void> {
		return this.#browser.close();
	}
}

interface Violation {
	readonly id: string;
	readonly nodes: readonly { readonly target: string[]; readonly failureSummary: string }[];
}

/** What axe-core has against the page as it is now: WCAG 2.2 A and AA, and its best practices. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
	await page.evaluate(axe.source);
	const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run()");
	return violations.flatMap(({ id, nodes }) =>
		nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
	);
}

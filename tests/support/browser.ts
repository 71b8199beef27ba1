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

	/** Opens an address in a window of its own, of a reader in Colorado. */
	async open(url: string): Promise<Page> {
		const viewport = { width: 1280, height: 900 };
		const reader = { timezoneId: "America/Denver", locale: "en-GB" };
		const page = await this.#browser.newPage({ viewport, colorScheme: "light", ...reader });
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

/** Shares of the width and of the height of a chart's canvas, 0..1. */
export interface Area {
	readonly left: number;
	readonly right: number;
	readonly top: number;
	readonly bottom: number;
}

const everywhere: Area = { left: 0, right: 1, top: 0, bottom: 1 };

/**
 * Pixels of the canvas of a chart that are in a colour of the style sheet, more or less.
 *
 * @param chart   selector of the chart
 * @param colour  custom property, such as "--warm"
 * @param closeness  most that red, green and blue together may be off
 */
export function pixelsOf(
	page: Page,
	chart: string,
	colour: string,
	{ left, right, top, bottom }: Area = everywhere,
	closeness = 60,
): Promise<number> {
	return page.evaluate<number>(`(() => {
		const probe = document.createElement("i");
		probe.style.color = "var(${colour})";
		document.body.append(probe);
		const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
		probe.remove();
		const drawn = document.querySelector("${chart} canvas");
		const copy = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
		copy.drawImage(drawn, 0, 0);
		const [x, y] = [Math.round(drawn.width * ${left}), Math.round(drawn.height * ${top})];
		const [w, h] = [Math.round(drawn.width * ${right}) - x, Math.round(drawn.height * ${bottom}) - y];
		const { data } = copy.getImageData(x, y, w, h);
		let count = 0;
		for (let at = 0; at < data.length; at += 4) {
			const [r, g, b, alpha] = data.subarray(at, at + 4);
			const distance = Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue);
			if (alpha > 200 && distance < ${closeness}) count += 1;
		}
		return count;
	})()`);
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

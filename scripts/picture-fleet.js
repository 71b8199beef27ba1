/**
 * `npm run picture:fleet`: draws docs/fleet.svg, the table of `npm start`, from a run of 40 seconds.
 *
 * The run gets a terminal of its own from script(1), which every Debian has.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const columns = 126;
const rows = 30;
const cell = { width: 7.8, height: 18, margin: 16 };
const ink = { plain: "#d8dee9", dim: "#8b949e", warning: "#e3b341", paper: "#0d1117" };

/** What the run has written to its terminal. */
function record() {
	const data = mkdtempSync(join(tmpdir(), "isobar-picture-"));
	const command = `stty cols ${columns} rows ${rows}; exec "${process.execPath}" "${root}dist/cli.js" up --for 40s --port 0 --data "${data}"`;
	try {
		const run = spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8" });
		if (run.status !== 0) throw new Error(`the run ended with ${run.status}\n${run.stdout}`);
		return run.stdout;
	} finally {
		rmSync(data, { recursive: true });
	}
}

/** The lines of the last table that was drawn while the stations were up. */
function lastTable(terminal) {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the screen is redrawn by these
	const frames = terminal.split(/\x1b\[\d+A\r\x1b\[J/);
	const frame = frames.findLast((one) => one.includes("12 of 12 stations up"));
	if (frame === undefined) throw new Error("no table with all stations up was drawn");
	return frame.split(/\r?\n/).filter((line) => !line.includes("  link: "));
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** One line of the terminal: its style is that of its first escape sequence. */
function draw(line, index) {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences
	const style = /\x1b\[(\d+)m/.exec(line)?.[1];
	// biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences
	const text = line.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").trimEnd();
	const fill = style === "2" ? ink.dim : style === "33" ? ink.warning : ink.plain;
	const weight = style === "1" ? ' font-weight="bold"' : "";
	const y = cell.margin + (index + 1) * cell.height;
	return `<text x="${cell.margin}" y="${y}" fill="${fill}"${weight} xml:space="preserve">${escaped(text)}</text>`;
}

const lines = lastTable(record());
const width = Math.round(columns * cell.width + 2 * cell.margin);
const height = lines.length * cell.height + 2 * cell.margin;
writeFileSync(
	join(root, "docs/fleet.svg"),
	[
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, monospace" font-size="13">`,
		"<title>Twelve simulated stations, forty seconds after npm start</title>",
		`<rect width="${width}" height="${height}" rx="8" fill="${ink.paper}"/>`,
		...lines.map(draw),
		"</svg>",
		"",
	].join("\n"),
);
console.log("docs/fleet.svg");

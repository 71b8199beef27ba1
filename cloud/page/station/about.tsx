import type { JSX } from "preact";
import type { StationDetail } from "../../web/views.ts";
import { Panel } from "../parts.tsx";
import { showCount } from "../quantity.ts";
import { Moment } from "../time.tsx";

/** What a station says of itself: firmware, cadence, instruments, counters. */
export function About({ station }: { readonly station: StationDetail }): JSX.Element {
	const { sensors, health, firmware, since, connected } = station;
	return (
		<div class="about">
			<Panel title="Station">
				<dl class="facts">
					<dt>Firmware</dt>
					<dd>{firmware ?? "not reported yet"}</dd>
					<dt>Cadence</dt>
					<dd>
						{station.sampleSeconds === null
							? "not reported yet"
							: `sample every ${station.sampleSeconds} s, observe every ${station.observeSeconds} s, report every ${station.reportSeconds} s`}
					</dd>
					<dt>{connected ? "Connected since" : "Offline since"}</dt>
					<dd>
						<Moment at={since} />
					</dd>
					<dt>First observation</dt>
					<dd>
						<Moment at={station.firstSeen} />
					</dd>
					<dt>Observations archived</dt>
					<dd>{showCount(station.observations)}</dd>
				</dl>
			</Panel>
			<Panel title="Instruments">
				{Object.keys(sensors).length === 0 ? (
					<p class="note">The station reports its instruments in its shadow when it connects.</p>
				) : (
					<table class="grid">
						<thead>
							<tr>
								<th scope="col">Sensor</th>
								<th scope="col">Part</th>
								<th scope="col">More</th>
							</tr>
						</thead>
						<tbody>
							{Object.entries(sensors).map(([name, { part, ...more }]) => (
								<tr key={name}>
									<th scope="row">{name}</th>
									<td>{String(part)}</td>
									<td>
										{Object.entries(more).map(([key, value]) => (
											<span key={key} class="pair">
												{key} {typeof value === "object" ? JSON.stringify(value) : String(value)}
											</span>
										))}
									</td>
								</tr>
							))}
						</tbody>
					</table>
				)}
			</Panel>
			<Panel title="Health, as reported last">
				{health === null ? (
					<p class="note">A health message comes when the station connects, and then regularly.</p>
				) : (
					<dl class="facts">
						{Object.entries(health).map(([name, value]) => (
							<Fact key={name} name={name} value={value} />
						))}
					</dl>
				)}
			</Panel>
		</div>
	);
}

/** One member of the health message, by its own name; a member of members in one line. */
function Fact({ name, value }: { readonly name: string; readonly value: unknown }): JSX.Element {
	const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
	const parts = isObject ? Object.entries(value) : [];
	return (
		<>
			<dt>{name}</dt>
			<dd>
				{!isObject && (Array.isArray(value) ? value.join("\n") : String(value))}
				{isObject && parts.length === 0 && <span class="faint">none</span>}
				{parts.map(([part, count]) => (
					<span key={part} class="pair">
						{part} {String(count)}
					</span>
				))}
			</dd>
		</>
	);
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ApiError, send } from "../api.ts";
import { Empty, Failure, Loading, Panel } from "../parts.tsx";
import { useResource } from "../resource.ts";
import { stationPath } from "../router.ts";

interface Things {
	readonly things: readonly {
		readonly thingName: string;
		readonly thingTypeName?: string;
		readonly attributes: Readonly<Record<string, string>>;
		readonly version: number;
	}[];
	readonly nextToken?: string;
}

interface Certificates {
	readonly certificates: readonly {
		readonly certificateId: string;
		readonly status: string;
	}[];
	readonly nextMarker?: string;
}

interface Policies {
	readonly policies: readonly { readonly policyName: string }[];
}

/** Who is known, with what they prove it, and what they may do. */
export function RegistryView(): JSX.Element {
	useEffect(() => {
		document.title = "Registry · Isobar";
	}, []);
	return (
		<>
			<h1>Registry</h1>
			<p class="lead">
				Things, their certificates and policies. A change counts at once, also for who is connected.
			</p>
			<div class="about">
				<ThingList />
				<CertificateList />
				<PolicyList />
			</div>
		</>
	);
}

function ThingList(): JSX.Element {
	const [token, setToken] = useState("");
	const query = new URLSearchParams({
		maxResults: "100",
		...(token === "" ? {} : { nextToken: token }),
	});
	const { value, error, reload } = useResource<Things>(`/api/things?${query}`);
	return (
		<Panel
			title="Things"
			aside={<Pager next={value?.nextToken} isFirst={token === ""} onPage={setToken} />}
		>
			{error !== undefined && <Failure error={error} onRetry={reload} />}
			{value === undefined && error === undefined && <Loading />}
			{value?.things.length === 0 && (
				<Empty title="No thing is registered">
					<p>
						<code>isobar thing create NAME</code> makes one.
					</p>
				</Empty>
			)}
			{value !== undefined && value.things.length > 0 && (
				<table class="grid">
					<thead>
						<tr>
							<th scope="col">Thing</th>
							<th scope="col">Type</th>
							<th scope="col">Attributes</th>
							<th scope="col">Version</th>
						</tr>
					</thead>
					<tbody>
						{value.things.map(({ thingName, thingTypeName, attributes, version }) => (
							<tr key={thingName}>
								<th scope="row">
									<a href={stationPath(thingName)}>{thingName}</a>
								</th>
								<td>{thingTypeName ?? "–"}</td>
								<td>
									{Object.entries(attributes)
										.map(([name, text]) => `${name}=${text}`)
										.join(", ") || "–"}
								</td>
								<td>{version}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</Panel>
	);
}

/** What a certificate can be made, from what it is. REVOKED is for ever. */
const changes: Readonly<Record<string, readonly (readonly [status: string, verb: string])[]>> = {
	ACTIVE: [
		["INACTIVE", "Deactivate"],
		["REVOKED", "Revoke"],
	],
	INACTIVE: [
		["ACTIVE", "Activate"],
		["REVOKED", "Revoke"],
	],
	PENDING_ACTIVATION: [["ACTIVE", "Activate"]],
};

function CertificateList(): JSX.Element {
	const [marker, setMarker] = useState("");
	const [problem, setProblem] = useState<ApiError | undefined>(undefined);
	const query = new URLSearchParams({ pageSize: "100", ...(marker === "" ? {} : { marker }) });
	const { value, error, reload } = useResource<Certificates>(`/api/certificates?${query}`);
	const change = async (id: string, newStatus: string): Promise<void> => {
		const isFinal = newStatus === "REVOKED";
		if (
			isFinal &&
			!confirm(`Revoke ${id.slice(0, 12)}…? Its connection ends at once, and for ever.`)
		) {
			return;
		}
		try {
			await send("PUT", `/api/certificates/${id}?${new URLSearchParams({ newStatus })}`);
			setProblem(undefined);
		} catch (fault) {
			setProblem(fault as ApiError);
		}
		reload();
	};
	return (
		<Panel
			title="Certificates"
			aside={<Pager next={value?.nextMarker} isFirst={marker === ""} onPage={setMarker} />}
		>
			{(problem ?? error) !== undefined && <Failure error={(problem ?? error)!} onRetry={reload} />}
			{value === undefined && error === undefined && <Loading />}
			{value !== undefined && (
				<table class="grid">
					<thead>
						<tr>
							<th scope="col">Certificate</th>
							<th scope="col">Status</th>
							<th scope="col">Change</th>
						</tr>
					</thead>
					<tbody>
						{value.certificates.map(({ certificateId, status }) => (
							<tr key={certificateId}>
								<th scope="row" title={certificateId}>
									<code>{certificateId.slice(0, 12)}…</code>
								</th>
								<td>{status}</td>
								<td>
									{(changes[status] ?? []).map(([next, verb]) => (
										<button
											key={next}
											type="button"
											class="button small"
											onClick={() => void change(certificateId, next)}
										>
											{verb}
											<span class="unseen"> {certificateId.slice(0, 12)}</span>
										</button>
									))}
								</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</Panel>
	);
}

function PolicyList(): JSX.Element {
	const { value, error, reload } = useResource<Policies>("/api/policies?pageSize=100");
	return (
		<Panel title="Policies">
			{error !== undefined && <Failure error={error} onRetry={reload} />}
			{value === undefined && error === undefined && <Loading />}
			{value?.policies.map(({ policyName }) => (
				<Policy key={policyName} name={policyName} />
			))}
		</Panel>
	);
}

function Policy({ name }: { readonly name: string }): JSX.Element {
	const [isOpen, setOpen] = useState(false);
	const path = `/api/policies/${encodeURIComponent(name)}`;
	const { value, error } = useResource<{ policyDocument: string; defaultVersionId: string }>(
		isOpen ? path : undefined,
	);
	return (
		<details class="policy" onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>
				{name} {value && <span class="faint">version {value.defaultVersionId}</span>}
			</summary>
			{error !== undefined && <Failure error={error} />}
			{value && (
				<pre class="document" tabIndex={0}>
					{JSON.stringify(JSON.parse(value.policyDocument), null, 2)}
				</pre>
			)}
		</details>
	);
}

function Pager({
	next,
	isFirst,
	onPage,
}: {
	readonly next: string | undefined;
	readonly isFirst: boolean;
	readonly onPage: (token: string) => void;
}): JSX.Element | null {
	if (next === undefined && isFirst) return null;
	return (
		<div class="bar-buttons">
			<button type="button" class="button small" disabled={isFirst} onClick={() => onPage("")}>
				First
			</button>
			<button
				type="button"
				class="button small"
				disabled={next === undefined}
				onClick={() => onPage(next ?? "")}
			>
				Next
			</button>
		</div>
	);
}

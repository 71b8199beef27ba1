import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { network } from "../live.ts";
import { Empty, Failure, Loading } from "../parts.tsx";
import { useStore } from "../store.ts";
import { Figures } from "./figures.tsx";
import { FleetList } from "./list.tsx";
import { FleetMap } from "./map.tsx";

/** The first view: the figures that matter, and the fleet. */
export function NetworkView(): JSX.Element {
	const { stations, overview, isLoaded, error, link } = useStore(network);
	useEffect(() => {
		document.title = "Network · Isobar";
	}, []);
	if (!isLoaded) {
		return error === undefined ? <Loading lines={8} /> : <Failure error={error} />;
	}
	return (
		<>
			<h1 class="unseen">Network</h1>
			{link === "lost" && error !== undefined && <Failure error={error} />}
			{overview && <Figures overview={overview} stations={stations.length} />}
			{stations.length === 0 ? (
				<Empty title="No station is registered yet">
					<p>
						<code>npm start</code> makes twelve and has them report. For a board of your own,{" "}
						<code>isobar thing create NAME</code> gives it a name and a certificate.
					</p>
				</Empty>
			) : (
				<div class="network">
					<FleetMap stations={stations} />
					<FleetList stations={stations} />
				</div>
			)}
		</>
	);
}

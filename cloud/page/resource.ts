import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, get } from "./api.ts";
import { type NewsKind, network } from "./live.ts";

/** A document of the API that a component shows: not there yet, there, or refused. */
export interface Resource<T> {
	readonly value: T | undefined;
	readonly error: ApiError | undefined;
	/** Asks again; what is there stays until the answer comes. */
	reload(): void;
}

/**
 * Asks for a document when the component is drawn and whenever the address changes.
 *
 * @param path     `undefined` asks for nothing
 * @param everyMs  asks again at this interval
 */
export function useResource<T>(path: string | undefined, everyMs?: number): Resource<T> {
	const [state, setState] = useState<{ path?: string; value?: T; error?: ApiError }>({});
	const latest = useRef(0);
	const reload = useCallback(() => {
		if (path === undefined) return;
		const turn = ++latest.current;
		get<T>(path).then(
			(value) => turn === latest.current && setState({ path, value }),
			(error: ApiError) =>
				turn === latest.current && setState((before) => keepValue(before, path, error)),
		);
	}, [path]);
	useEffect(() => {
		reload();
		if (everyMs === undefined) return;
		const timer = setInterval(() => !document.hidden && reload(), everyMs);
		return () => clearInterval(timer);
	}, [reload, everyMs]);
	const isOurs = state.path === path;
	return {
		value: isOurs ? state.value : undefined,
		error: isOurs ? state.error : undefined,
		reload,
	};
}

/** News come in crowds: a fleet that connects is one look. */
const newsMs = 500;

/** Asks anew soon after news of a kind. @param reload  `undefined` while none of them matter */
export function useNews(kind: NewsKind, reload: (() => void) | undefined): void {
	useEffect(() => {
		if (reload === undefined) return;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const look = (): void => {
			timer = undefined;
			reload();
		};
		const end = network.onNews(kind, () => {
			timer ??= setTimeout(look, newsMs);
		});
		return () => {
			end();
			clearTimeout(timer);
		};
	}, [kind, reload]);
}

function keepValue<T>(
	before: { path?: string; value?: T },
	path: string,
	error: ApiError,
): { path: string; value?: T; error: ApiError } {
	return before.path === path && before.value !== undefined
		? { path, value: before.value, error }
		: { path, error };
}

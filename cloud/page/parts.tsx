import type { ComponentChildren, JSX } from "preact";
import type { ApiError } from "./api.ts";
import { Icon } from "./icons.tsx";

/** A sheet with a heading. */
export function Panel({
	title,
	aside,
	class: className = "",
	children,
}: {
	readonly title: string;
	readonly aside?: ComponentChildren;
	readonly class?: string;
	readonly children: ComponentChildren;
}): JSX.Element {
	return (
		<section class={`panel ${className}`} aria-label={title}>
			<header class="panel-head">
				<h2>{title}</h2>
				{aside}
			</header>
			{children}
		</section>
	);
}

/** Nothing is here yet, and how something comes here. */
export function Empty({
	title,
	children,
}: {
	readonly title: string;
	readonly children?: ComponentChildren;
}): JSX.Element {
	return (
		<div class="empty">
			<svg viewBox="0 0 120 48" aria-hidden="true">
				<path d="M2 14c24-20 44 18 70 2 16-10 30-10 46-4M2 28c24-20 44 18 70 2 16-10 30-10 46-4M2 42c24-20 44 18 70 2 16-10 30-10 46-4" />
			</svg>
			<p class="empty-title">{title}</p>
			<div class="empty-what">{children}</div>
		</div>
	);
}

/** What has gone wrong, and what to do about it. */
export function Failure({
	error,
	onRetry,
}: {
	readonly error: ApiError;
	readonly onRetry?: () => void;
}): JSX.Element {
	return (
		<div class="failure" role="alert">
			<Icon name="alert" />
			<div>
				<p>{error.message}</p>
				<p class="faint">{adviceFor(error)}</p>
			</div>
			{onRetry && (
				<button type="button" class="button" onClick={onRetry}>
					Try again
				</button>
			)}
		</div>
	);
}

function adviceFor({ status }: ApiError): string {
	if (status === 0)
		return "Is `isobar up` or `isobar cloud` still running? The page goes on by itself.";
	if (status === 404) return "It may have been deleted, or the address is mistyped.";
	if (status >= 500) return "The log of the cloud says why.";
	return "Nothing was changed.";
}

/** Grey bars where something will be. */
export function Loading({ lines = 3 }: { readonly lines?: number }): JSX.Element {
	return (
		<div class="loading" role="status" aria-label="Loading">
			{Array.from({ length: lines }, (_, index) => (
				<span key={index} />
			))}
		</div>
	);
}

/** A choice among a few, as buttons in a row. */
export function Choice<T extends string>({
	label,
	options,
	value,
	onChange,
}: {
	readonly label: string;
	readonly options: readonly (readonly [value: T, text: string])[];
	readonly value: T | undefined;
	readonly onChange: (value: T) => void;
}): JSX.Element {
	return (
		<fieldset class="choice" aria-label={label}>
			{options.map(([option, text]) => (
				<button
					type="button"
					key={option}
					aria-pressed={option === value}
					onClick={() => onChange(option)}
				>
					{text}
				</button>
			))}
		</fieldset>
	);
}

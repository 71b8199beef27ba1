/** A record with everything in it, as RFC 8428 §4.6 resolves it. */
export interface ResolvedRecord {
	n: string;
	u?: string;
	v?: number;
	t: number;
}

type RawRecord = Readonly<Record<string, unknown>>;

/** RFC 8428 §4.5.1: characters of a name, and what it begins with. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;
/** RFC 8428 §4.5.3: times below this are relative to now. */
const relativeBelow = 2 ** 28;
/** RFC 8428 §4.4: the version that this is. */
const version = 10;

/**
 * Resolves a pack by RFC 8428 §4.6, with the members that numbers need. Independent of what the
 * product writes.
 *
 * @throws {Error} for what the RFC does not allow
 */
export function resolveSenml(pack: unknown, now: number): ResolvedRecord[] {
	if (!Array.isArray(pack) || pack.length === 0) throw new Error("no pack");
	let bn = "";
	let bt = 0;
	let bu: string | undefined;
	let bv = 0;
	const resolved = pack.map((record: RawRecord) => {
		bn = (record.bn as string) ?? bn;
		bt = (record.bt as number) ?? bt;
		bu = (record.bu as string) ?? bu;
		bv = (record.bv as number) ?? bv;
		if (((record.bver as number) ?? version) > version) throw new Error("version");
		const n = bn + ((record.n as string) ?? "");
		if (!nameForm.test(n)) throw new Error(`name "${n}"`);
		if (typeof record.v !== "number" || !Number.isFinite(record.v)) throw new Error("no value");
		const time = bt + ((record.t as number) ?? 0);
		const u = (record.u as string) ?? bu;
		return {
			n,
			...(u === undefined ? {} : { u }),
			v: bv + record.v,
			t: time < relativeBelow ? now + time : time,
		};
	});
	// §4.6: in chronological order.
	return resolved.sort((one, other) => one.t - other.t);
}

declare const unit: unique symbol;

/** A number that carries its unit in the type, so that mixing two of them does not compile. */
type Quantity<Unit extends string> = number & { readonly [unit]: Unit };

export type Celsius = Quantity<"°C">;
/** Relative humidity over water, 0..100, also below freezing (WMO-No. 8 Vol. I §4.1.2). */
export type Percent = Quantity<"%">;
export type Pascal = Quantity<"Pa">;
export type MetrePerSecond = Quantity<"m/s">;
export type Metre = Quantity<"m">;
export type Millimetre = Quantity<"mm">;
export type Degree = Quantity<"°">;
export type GramPerCubicMetre = Quantity<"g/m³">;
export type GramPerKilogram = Quantity<"g/kg">;
export type KilogramPerCubicMetre = Quantity<"kg/m³">;
/** Energy of radiation on a horizontal surface in a day. */
export type MegajoulePerSquareMetre = Quantity<"MJ/m²">;

export function celsius(value: number): Celsius {
	return value as Celsius;
}

export function percent(value: number): Percent {
	return value as Percent;
}

export function pascal(value: number): Pascal {
	return value as Pascal;
}

export function metrePerSecond(value: number): MetrePerSecond {
	return value as MetrePerSecond;
}

export function metre(value: number): Metre {
	return value as Metre;
}

export function degree(value: number): Degree {
	return value as Degree;
}

export function megajoulePerSquareMetre(value: number): MegajoulePerSquareMetre {
	return value as MegajoulePerSquareMetre;
}

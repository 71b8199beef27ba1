import type { AnalogPart } from "isobar/simulator";

/** The probe as the pin sees it. Its voltages are typed from its sheet, not taken from the driver. */
export class SoilPart implements AnalogPart {
	readonly kind = "analog";
	/** Water in the soil, 0..100 %. */
	moisture = 40;
	isPlugged = true;

	millivolts(): number {
		return this.isPlugged ? 2_800 - 16 * this.moisture : 3_300;
	}
}

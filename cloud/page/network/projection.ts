/** A place on the earth, in degrees. */
export interface Position {
	readonly latitude: number;
	readonly longitude: number;
}

/** A plain map: what is in its middle, and how many km one pixel is. */
export interface MapView extends Position {
	readonly kmPerPixel: number;
}

export interface Size {
	readonly width: number;
	readonly height: number;
}

/** km of one degree of a great circle, on the sphere of the mean radius 6,371.0 km. */
const kmPerDegree = 111.195;
/** The least extent of a map, in km: stations on one mast need no microscope. */
const extentMinimum = 2;

/** Where a place is on the map, in pixels from its upper left corner: equirectangular around the middle. */
export function project(place: Position, view: MapView, size: Size): { x: number; y: number } {
	const kmPerLongitude = kmPerDegree * Math.cos((view.latitude * Math.PI) / 180);
	const east = wrap(place.longitude - view.longitude) * kmPerLongitude;
	const north = (place.latitude - view.latitude) * kmPerDegree;
	return {
		x: size.width / 2 + east / view.kmPerPixel,
		y: size.height / 2 - north / view.kmPerPixel,
	};
}

/** The place at a pixel; the opposite of `project`. */
export function placeAt(x: number, y: number, view: MapView, size: Size): Position {
	const kmPerLongitude = kmPerDegree * Math.cos((view.latitude * Math.PI) / 180);
	return {
		latitude: view.latitude - ((y - size.height / 2) * view.kmPerPixel) / kmPerDegree,
		longitude: wrap(view.longitude + ((x - size.width / 2) * view.kmPerPixel) / kmPerLongitude),
	};
}

/** The map on which all places are, with a margin around them. */
export function fit(places: readonly Position[], size: Size): MapView {
	const latitudes = places.map(({ latitude }) => latitude);
	const latitude = (Math.min(...latitudes) + Math.max(...latitudes)) / 2;
	// Fiji is one place: longitudes count from the first station, not from Greenwich.
	const first = places[0]!.longitude;
	const easts = places.map(({ longitude }) => wrap(longitude - first));
	const longitude = wrap(first + (Math.min(...easts) + Math.max(...easts)) / 2);
	const high = (Math.max(...latitudes) - Math.min(...latitudes)) * kmPerDegree;
	const kmPerLongitude = kmPerDegree * Math.cos((latitude * Math.PI) / 180);
	const wide = (Math.max(...easts) - Math.min(...easts)) * kmPerLongitude;
	const margin = 0.78;
	const kmPerPixel = Math.max(
		Math.max(high, extentMinimum) / (size.height * margin),
		Math.max(wide, extentMinimum) / (size.width * margin),
	);
	return { latitude, longitude, kmPerPixel };
}

const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** Degrees between two lines of the graticule, so that they are some hundred pixels apart. */
export function graticuleStep({ kmPerPixel }: MapView): number {
	const wanted = (110 * kmPerPixel) / kmPerDegree;
	return steps.find((step) => step >= wanted) ?? 45;
}

/** The multiples of a step between two numbers. */
export function multiples(from: number, to: number, step: number): number[] {
	const first = Math.ceil(from / step);
	const count = Math.max(0, Math.floor(to / step) - first + 1);
	return Array.from({ length: Math.min(count, 100) }, (_, index) => (first + index) * step);
}

/** A round length for a scale bar of at most `pixels`, in units of `kmPerUnit` km. */
export function scaleBar(
	{ kmPerPixel }: MapView,
	pixels: number,
	kmPerUnit: number,
): { length: number; pixels: number } {
	const most = (pixels * kmPerPixel) / kmPerUnit;
	const magnitude = 10 ** Math.floor(Math.log10(most));
	const length = [5, 2, 1].find((digit) => digit * magnitude <= most)! * magnitude;
	return { length, pixels: (length * kmPerUnit) / kmPerPixel };
}

/** "37.25° N", or "105.9° W". */
export function showDegrees(degrees: number, letters: "NS" | "EW", step = 0.0001): string {
	const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
	const letter = degrees < 0 ? letters[1] : letters[0];
	return `${Math.abs(degrees).toFixed(digits)}° ${letter}`;
}

/** Brings a longitude to −180..180. */
function wrap(longitude: number): number {
	return ((((longitude + 180) % 360) + 360) % 360) - 180;
}

/** Linux has no pins: whatever a driver opens says that nobody is there. */
export default class Absent {
	constructor() {
		throw new Error("no such hardware on Linux");
	}
}

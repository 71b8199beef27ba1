/** ECMA-419 §10.2, calibrated and averaged over the whole range of a pin: analog.c. */
class Analog extends Native("isobar_analog_destructor") {
	constructor(options) {
		super();
		native("isobar_analog").call(this, options);
	}
	close() {
		return native("isobar_analog_close").call(this);
	}
	read() {
		return native("isobar_analog_read").call(this);
	}
	get resolution() {
		return 12;
	}
}

export default Analog;

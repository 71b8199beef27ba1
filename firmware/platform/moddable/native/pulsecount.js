/** ECMA-419 §10.7 for one signal with debounce: pulsecount.c. */
class PulseCount extends Native("isobar_pulsecount_destructor") {
	constructor(options) {
		super();
		native("isobar_pulsecount").call(this, options);
	}
	close() {
		return native("isobar_pulsecount_close").call(this);
	}
	read() {
		return native("isobar_pulsecount_read").call(this);
	}
}

export default PulseCount;

/** The TLS engine: tls_xs.c. Described in ports/tls.ts. */
class TlsEngine extends Native("isobar_tls_destructor") {
	create(authority, certificate, key) {
		return native("isobar_tls_create").call(this, authority, certificate, key);
	}
	open(host, seconds, isFloor) {
		return native("isobar_tls_open").call(this, host, seconds, isFloor);
	}
	handshake() {
		return native("isobar_tls_handshake").call(this);
	}
	room() {
		return native("isobar_tls_room").call(this);
	}
	feed(bytes, count) {
		return native("isobar_tls_feed").call(this, bytes, count);
	}
	take(into, limit) {
		return native("isobar_tls_take").call(this, into, limit);
	}
	readable() {
		return native("isobar_tls_readable").call(this);
	}
	writable() {
		return native("isobar_tls_writable").call(this);
	}
	read(into) {
		return native("isobar_tls_read").call(this, into);
	}
	write(bytes) {
		return native("isobar_tls_write").call(this, bytes);
	}
	close() {
		return native("isobar_tls_close").call(this);
	}
	alert() {
		return native("isobar_tls_alert").call(this);
	}
	code() {
		return native("isobar_tls_code").call(this);
	}
	suite() {
		return native("isobar_tls_suite").call(this);
	}
	isResumed() {
		return native("isobar_tls_is_resumed").call(this);
	}
}

export default TlsEngine;

/** An entry of the identity partition: identity.c. */
export default function readIdentity(key) {
	return native("isobar_read_identity").call(this, key);
}

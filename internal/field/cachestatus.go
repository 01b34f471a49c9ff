package field

// Status is what became of one fragment on its way into a page: one member of Cache-Status (RFC 9211).
type Status struct {
	// Slot names the fragment's slot. The member's identifier is inlay/ and this name.
	Slot string
	// Hit: the fragment came from the cache, fresh or stale, and nothing went to the origin for this request. It
	// excludes Fwd; with both set, Hit counts.
	Hit bool
	// Fwd is why a fill went to the origin: a value of section 2.2, such as miss, stale or bypass. Empty: none did.
	Fwd string
	// FwdStatus is the status that the origin answered with; 0: not known when the head was written.
	FwdStatus int
	// Stored: the answer was stored.
	Stored bool
	// Collapsed: the request joined a flight that another request leads.
	Collapsed bool
	// TTL is the seconds for which the fragment is still fresh; negative for a stale one. It counts if HasTTL.
	TTL    int64
	HasTTL bool
	// Tier is the cache below that the fragment came from, and so a member of its own before this one, which is nearer to the
	// reader (section 2). Empty: none.
	Tier string
	// Detail says more, such as a Reason's word. Empty: nothing more to say.
	Detail string
}

// Append appends the member, such as inlay/price;hit;ttl=29. The caller puts ", " between members.
//
// FwdStatus, Stored and Collapsed mean something only beside fwd (sections 2.3, 2.5 and 2.6) and are left out without
// it. Whatever the fields hold, the member is well-formed: bytes that a structured field cannot hold are percent-encoded
// in names and details, a Fwd that is no token is left out with what depends on it, and a TTL out of range is the nearest
// that fits.
func (f *Status) Append(dst []byte) []byte {
	if f.Tier != "" {
		dst = append(appendName(dst, "inlay-"+f.Tier+"/", f.Slot), ";hit, "...)
	}
	return f.AppendParameters(appendName(dst, "inlay/", f.Slot))
}

// AppendParameters appends the member's parameters behind its identifier.
func (f *Status) AppendParameters(dst []byte) []byte {
	switch {
	case f.Hit:
		dst = append(dst, ";hit"...)
	case isSFVToken(f.Fwd):
		dst = append(append(dst, ";fwd="...), f.Fwd...)
		if f.FwdStatus != 0 {
			dst = appendInteger(append(dst, ";fwd-status="...), int64(f.FwdStatus))
		}
		if f.Stored {
			dst = append(dst, ";stored"...)
		}
		if f.Collapsed {
			dst = append(dst, ";collapsed"...)
		}
	}
	if f.HasTTL {
		dst = appendInteger(append(dst, ";ttl="...), f.TTL)
	}
	if f.Detail != "" {
		dst = appendName(append(dst, ";detail="...), "", f.Detail)
	}
	return dst
}

// appendName appends prefix and s as a token where that is one, else as a string (RFC 9211 allows both for identifiers
// and details). A percent sign and whatever is not printable ASCII are percent-encoded first, the way a Display String has
// it (RFC 9651, section 4.1.11): a String has no room for them, and RFC 9211 has no Display Strings. So different names
// stay different.
func appendName(dst []byte, prefix, s string) []byte {
	s = percentEncoded(s)
	s = prefix + s
	out, err := appendSFVToken(dst, s)
	if err != nil {
		// It is printable ASCII by now, so this does not fail.
		out, _ = appendSFVString(dst, s)
	}
	return out
}

func percentEncoded(s string) string {
	bad := 0
	for i := 0; i < len(s); i++ {
		if mustEncode(s[i]) {
			bad++
		}
	}
	if bad == 0 {
		return s
	}
	const hex = "0123456789abcdef"
	b := make([]byte, 0, len(s)+2*bad)
	for i := 0; i < len(s); i++ {
		if c := s[i]; mustEncode(c) {
			b = append(b, '%', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

func mustEncode(c byte) bool { return c < 0x20 || c > 0x7e || c == '%' }

func appendInteger(dst []byte, n int64) []byte {
	dst, _ = appendSFVInteger(dst, max(-maxSFVInteger, min(n, maxSFVInteger)))
	return dst
}

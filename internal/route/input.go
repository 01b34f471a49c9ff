package route

// Input is something of a request that a fragment depends on besides its page's parameters, as declared in vary.
type Input struct {
	Kind InputKind
	// Name is the name of a cookie, a header field or a parameter. Of what is derived it is what it is derived by: the tags
	// of Language ("de,en,fr"), the codes of Country ("DE,AT,*", or empty), the name and the number of shares of Bucket
	// ("price/2"); of Host and Proto it is empty.
	Name string
}

// InputKind says which part of a request an Input is.
type InputKind uint8

const (
	// Cookie is a cookie, by name; names are case-sensitive.
	Cookie InputKind = iota + 1
	// Header is a header field; its name is kept in lower case.
	Header
	// Query is a parameter of the query, by its decoded name.
	Query

	// What follows is derived: the origin gets what was made of the request, and never what that was made of.

	// Host is the visitor's host.
	Host
	// Proto is http or https. No slot declares it: it is for pages of the origin.
	Proto
	// Language is one of a list of language tags.
	Language
	// Country is where the platform says that the visitor is.
	Country
	// Bucket is the share of all visitors that this one belongs to.
	Bucket

	// Kinds is how many there are, and none.
	Kinds
)

// The fields in which the origin finds what is derived: those that handlers look for it in anyway.
const (
	// HostField carries the visitor's host. No slot can declare it as a field, so it never comes from anything but Host and
	// the list of the site's hosts.
	HostField = "x-forwarded-host"
	// CountryField is Cloudflare's.
	CountryField = "cf-ipcountry"

	// ProtoField carries the scheme of the visitor's URL.
	ProtoField = "x-forwarded-proto"

	languageField = "accept-language"
	cookieField   = "cookie"
)

// Pseudo-fields of a request, by which a driver says what is no header field, or is one only sometimes.
const (
	// AuthorityField is the host that the visitor came for, in lower case, as it is believed.
	AuthorityField = ":authority"
	// SchemeField is http or https, as it is believed.
	SchemeField = ":scheme"
	// WhereField is where the platform says that the visitor is: two letters in upper case or what stands for them, T1 for Tor; empty
	// where it does not know.
	WhereField = ":country"
)

// Field is the header field that carries the input, in lower case; empty for Query.
func (in *Input) Field() string {
	switch in.Kind {
	case Header:
		return in.Name
	case Host:
		return HostField
	case Proto:
		return ProtoField
	case Language:
		return languageField
	case Country:
		return CountryField
	case Query:
		return ""
	}
	return cookieField
}

// Inputs is what a key may read of a request, besides the parameters of its page's pattern.
type Inputs interface {
	// RawQuery is the query of the request's target, still encoded, without the question mark.
	RawQuery() string
	// Header is the value of a header field by its lower-case name: several joined by ", ", cookies by "; "; or of a
	// pseudo-field. Empty when the request has none.
	Header(name string) string
	// Share is the share, from 1 to n, of a visitor who has no valid cookie of the bucket: the same each time that it is
	// asked for a request.
	Share(bucket string, n int) int
}

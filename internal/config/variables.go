package config

// Variable is one variable of the configuration, for documentation.
type Variable struct {
	Name    string
	Unit    string // what its value is, such as a duration
	Default string // empty: none
	Doc     string // one sentence
}

// Variables lists the variables that [Parse] reads, each time afresh. Set to its Default, a variable is as good as
// unset.
func Variables() []Variable {
	return []Variable{
		{"INLAY_ORIGIN", "URL", "", "Where fills and all that is no page go; unset, to app.wasm."},
		{"INLAY_MAX_BYTES", "bytes", "48MiB", "The budget for everything cached, from 1MiB to 96MiB."},
		{"INLAY_MAX_FRAGMENT", "bytes", "1MiB", "How large a fragment may be, up to 8MiB."},
		{"INLAY_TTL", "duration", "5m", "How long a fragment is fresh when neither its slot nor its origin says."},
		{"INLAY_SWR", "duration", "0s", "How long past its TTL a fragment may be used while a fill renews it, when neither its slot nor its origin says."},
		{"INLAY_SIE", "duration", "0s", "How long past its TTL a fragment may be used when its fill fails, when neither its slot nor its origin says."},
		{"INLAY_NEGATIVE_TTL", "duration", "1s", "How long a failed fill is not tried again, up to 5m."},
		{"INLAY_FILL_TIMEOUT", "duration", "10s", "How long a fill may take when its slot does not say, from 10ms to 25s."},
		{"INLAY_PATIENCE", "duration", "0s", "How long a page waits for fills before its shell leaves, up to 1s."},
		{"INLAY_ALLOW_HOSTS", "host[:port] list", "", "The hosts that an absolute src may name, with commas or spaces between."},
		{"INLAY_FILL_FIELDS", "header fields", "", "What fills carry to INLAY_ORIGIN besides what their slots declare: `Name: value` in lines; a User-Agent goes everywhere, and is `inlay` unless set."},
		{"INLAY_HOSTS", "host[:port] list", "", "The hosts that the site is served under, each with fragments of its own; unset, all share them, whatever Host says."},
		{"INLAY_DEV", "0 or 1", "0", "Turns on what helps while a site is being written."},
		{"INLAY_DEBUG", "0 or 1", "", "Turns on header fields and request parameters for finding out what the cache did; unset, as INLAY_DEV."},
		{"INLAY_FILLS_SECRET", "secret", "", "Lets the origin of INLAY_ORIGIN take fills in batches, if it has the same: 16 bytes or more of printable ASCII; unset, fills go one by one."},
		{"INLAY_TOKEN", "secret", "", "Opens administration: 16 bytes or more of printable ASCII; unset, administration answers 404."},
	}
}

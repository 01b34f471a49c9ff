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
		{"INLAY_EARLY", "number", "2", "How early a fragment that is asked for often is renewed before it is stale, as a factor of how long its fill took, up to 100; 0: never."},
		{"INLAY_FILL_TIMEOUT", "duration", "10s", "How long a fill may take when its slot does not say, from 10ms to 25s."},
		{"INLAY_PATIENCE", "duration", "0s", "How long a page waits for fills before its shell leaves, up to 1s."},
		{"INLAY_ALLOW_HOSTS", "host[:port] list", "", "The hosts that an absolute src may name, with commas or spaces between."},
		{"INLAY_FILL_FIELDS", "header fields", "", "What fills carry to INLAY_ORIGIN besides what their slots declare: `Name: value` in lines; a User-Agent goes everywhere, and is `inlay` unless set."},
		{"INLAY_HOSTS", "host[:port] list", "", "The hosts that the site is served under, each with fragments of its own; unset, all share them, whatever Host says."},
		{"INLAY_SHELLS", "path patterns", "", "Which pages of the origin may have slots though their answers do not say so, such as `/products/{id} /blog/`, with spaces or commas between."},
		{"INLAY_TRUSTED_PROXIES", "address list", "", "Whose `X-Forwarded-For`, `-Host` and `-Proto` and `Forwarded` are believed: addresses, networks, `loopback`, `private`, `all`, `none`; unset, `private` natively and nobody but the platform in a Worker."},
		{"INLAY_COUNTRY_FIELD", "field name", "", "A header field in which a trusted proxy says which country a visitor is in; a Worker knows it of the platform."},
		{"INLAY_COMPRESS", "pages or off", "pages", "Whether a native server compresses the pages that it composes, for those who take it; a Worker's platform compresses."},
		{"INLAY_LEASE", "duration", "5s", "With a purge log: how long an isolate goes by what it last heard of purges, from 50ms to 1h; a purge holds everywhere within this."},
		{"INLAY_LEASE_SOFT", "duration", "1s", "How old that may be before the log is asked again, beside the answer, from 50ms to INLAY_LEASE."},
		{"INLAY_OUTAGE", "duration", "", "How old, since its fill began, a fragment may be served while the log cannot be reached, up to 7d; unset, as INLAY_LEASE."},
		{"INLAY_DATA_CENTER_CACHE", "0 or 1", "1", "Whether isolates of a data centre share fragments through its cache; only with a purge log."},
		{"INLAY_OUTLIVE_DEPLOYMENTS", "0 or 1", "0", "Whether what lies in the data centre's cache and in KV is used by later deployments too."},
		{"INLAY_PURGE_FIELD", "field name", "", "A header field, such as Cache-Tag, whose tags are purged when the answer to a POST, PUT, PATCH or DELETE carries it; Cache-Group-Invalidation always does so."},
		{"INLAY_MAX_INSTANCES", "number", "8", "How many instances of app.wasm run batches of fills at once in an isolate, from 1 to 64; the others wait."},
		{"INLAY_KEEP_INSTANCES", "number", "0", "How many instances of app.wasm are kept for further batches, from 0 to 8; 0: each batch has a fresh one, so that nothing outlives it."},
		{"INLAY_LOG_FORMAT", "text or json", "text", "How what inlay logs is written: `json` is an object a line; `INLAY_LOG` says so too where it is a text, and no binding."},
		{"INLAY_DEV", "0 or 1", "0", "Turns on what helps while a site is being written."},
		{"INLAY_DEBUG", "0 or 1", "", "Turns on header fields and request parameters for finding out what the cache did; unset, as INLAY_DEV."},
		{"INLAY_OVERLAY", "0 or 1", "", "Whether pages show what became of their slots, while a site is being written; unset, as INLAY_DEV, without which there is none."},
		{"INLAY_FILLS_SECRET", "secret", "", "Lets the origin of INLAY_ORIGIN take fills in batches, if it has the same: 16 bytes or more of printable ASCII; unset, fills go one by one."},
		{"INLAY_TOKEN", "secret", "", "Opens administration: 16 bytes or more of printable ASCII; unset, administration answers 404."},
	}
}

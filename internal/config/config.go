package config

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/wording"
)

// Config is what can be set from outside the code; [Parse] reads it and fills in the defaults. What each field means is told
// at inlay/edge.Config, for those who set it.
type Config struct {
	Origin      string // scheme and host in lower case, a path, no slash at the end; empty: the program's own handlers
	MaxBytes    int64
	MaxFragment int // bytes

	// Where neither a slot nor its origin says.
	TTL, StaleWhileRevalidate, StaleIfError time.Duration
	FillTimeout                             time.Duration

	NegativeTTL time.Duration // 0: a failed fill is tried again at once
	Early       int64         // how early what is asked for is renewed, in hundredths; 0: not before it is stale
	Patience    time.Duration

	AllowHosts []string      // in lower case; of absolute sources
	FillFields []field.Field // names in lower case
	Hosts      []string      // in lower case; empty: all hosts share what is cached
	Shells     []string      // path patterns: what the origin answers there may have slots, whatever its answers say

	TrustedProxies []string // as written; nil: as it is by default. Not read in a Worker's core
	CountryField   string   // in lower case; empty: none

	// Beyond the isolate; without a log none of it is looked at.
	LeaseSoft, Lease time.Duration // LeaseSoft <= Lease
	Outage           time.Duration
	DataCenterCache  bool
	Outlive          bool     // what lies below outlives a deployment
	Compress         Compress // natively; not read in a Worker
	PurgeField       string   // in lower case; empty: none besides Cache-Group-Invalidation

	LogFormat LogFormat // of the host's log; core.wasm is not told

	// Of app.wasm, and so for the glue alone: core.wasm is not told.
	MaxInstances  int // that run batches of fills at once
	KeepInstances int // that are kept for further batches; 0: each has a fresh one

	Dev, Debug  bool
	Overlay     bool   // of pages that a browser shows, natively: for a Worker inlay dev has it
	Token       string // empty: no administration
	FillsSecret string // empty: no batches

	// The host sets these; there are no variables for them.
	Log     bool   // there is a purge log
	Tiers   Tiers  // what lies below the isolate
	Seed    uint64 // of the caches' hashes; 0: they choose
	Crashes uint64 // engines before this one that were lost
	// Problems are what the host found wrong beside the variables, as the JSON of a list of texts; empty: nothing.
	Problems string
}

// Compress says what a native server compresses: see inlay/edge.Compress.
type Compress uint8

// What may be compressed.
const (
	CompressOff Compress = iota
	CompressPages
)

// Tiers are what may lie below an isolate's memory, in the order in which it is looked for there.
type Tiers uint8

// The tiers.
const (
	DataCenter Tiers = 1 << iota // the data centre's cache
	KV                           // a store of the whole site's
)

// Error is a variable whose value cannot be used.
type Error struct {
	Name  string // the variable; empty where Msg says it all
	Value string // what was found; empty for a secret
	Msg   string // what is expected, with an example
}

// Error names the variable, what was found and what is expected.
func (e *Error) Error() string {
	switch {
	case e.Name == "":
		return e.Msg
	case e.Value == "":
		return e.Name + ": " + e.Msg
	}
	return wording.Of(wording.ValueIs, e.Name, ascii.Quote(e.Value), e.Msg)
}

// Errors are all variables whose values cannot be used, a line each.
type Errors []*Error

// Error is a line for each.
func (e Errors) Error() string {
	text := ""
	for i := range e {
		if i > 0 {
			text += "\n"
		}
		text += e[i].Error()
	}
	return text
}

// Unwrap gives each to errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i := range e {
		all[i] = e[i]
	}
	return all
}

// Parse reads the variables that [Variables] lists. lookup is as os.LookupEnv; a variable that is unset, or empty but
// for white space, has its default. The error is [Errors], with each variable that cannot be used; the Config is
// then the zero value.
func Parse(lookup func(name string) (string, bool)) (Config, error) {
	r := reader{lookup: lookup}
	c := Config{
		Origin:               r.origin("INLAY_ORIGIN"),
		MaxBytes:             r.bytes("INLAY_MAX_BYTES", 48<<20, 1<<20, 96<<20, wording.From1MiBTo96MiB),
		MaxFragment:          int(r.bytes("INLAY_MAX_FRAGMENT", 1<<20, 1, 8<<20, wording.From1To8MiB)),
		TTL:                  r.duration("INLAY_TTL", 5*time.Minute, time.Millisecond, duration.Max, wording.From1ms),
		StaleWhileRevalidate: r.duration("INLAY_SWR", 0, 0, duration.Max, wording.From0s),
		StaleIfError:         r.duration("INLAY_SIE", 0, 0, duration.Max, wording.From0s),
		NegativeTTL:          r.duration("INLAY_NEGATIVE_TTL", time.Second, 0, 5*time.Minute, wording.From0sTo5m),
		Early:                r.hundredths("INLAY_EARLY", 200, 10_000),
		FillTimeout:          r.duration("INLAY_FILL_TIMEOUT", 10*time.Second, 10*time.Millisecond, 25*time.Second, wording.From10msTo25s),
		Patience:             r.duration("INLAY_PATIENCE", 0, 0, time.Second, wording.From0sTo1s),
		Lease:                r.duration("INLAY_LEASE", 5*time.Second, leastLease, time.Hour, wording.From50msTo1h),
		DataCenterCache:      r.boolean("INLAY_DATA_CENTER_CACHE", true),
		Outlive:              r.boolean("INLAY_OUTLIVE_DEPLOYMENTS", false),
		PurgeField:           r.fieldName("INLAY_PURGE_FIELD"),
		MaxInstances:         r.count("INLAY_MAX_INSTANCES", 8, 1, 64, wording.From1To64),
		KeepInstances:        r.count("INLAY_KEEP_INSTANCES", 0, 0, 8, wording.From0To8),
		AllowHosts:           r.hosts("INLAY_ALLOW_HOSTS"),
		FillFields:           r.constants("INLAY_FILL_FIELDS"),
		Hosts:                r.hosts("INLAY_HOSTS"),
		Shells:               r.patterns("INLAY_SHELLS"),
		TrustedProxies:       r.proxies("INLAY_TRUSTED_PROXIES"),
		CountryField:         r.fieldName("INLAY_COUNTRY_FIELD"),
		Compress:             r.compress("INLAY_COMPRESS"),
		LogFormat:            r.logFormat("INLAY_LOG_FORMAT"),
		Dev:                  r.boolean("INLAY_DEV", false),
		Token:                r.secret("INLAY_TOKEN"),
		FillsSecret:          r.secret("INLAY_FILLS_SECRET"),
	}
	c.LeaseSoft = r.duration("INLAY_LEASE_SOFT", min(time.Second, c.Lease), leastLease, c.Lease, wording.From50msToLease)
	c.Outage = r.duration("INLAY_OUTAGE", c.Lease, 0, 7*24*time.Hour, wording.From0sTo7d)
	c.Debug = r.boolean("INLAY_DEBUG", c.Dev)
	c.Overlay = r.boolean("INLAY_OVERLAY", c.Dev) && c.Dev
	if int64(c.MaxFragment) > c.MaxBytes {
		r.fail("INLAY_MAX_FRAGMENT", r.get("INLAY_MAX_FRAGMENT"), wording.FragmentOverBudget)
	}
	if len(r.problems) > 0 {
		return Config{}, r.problems
	}
	return c, nil
}

// leastLease is about what the slowest polls of a log take: under a shorter one every request would wait for a poll.
const leastLease = 50 * time.Millisecond

// reader reads variables one by one and gathers what is wrong with them.
type reader struct {
	lookup   func(name string) (string, bool)
	problems Errors
}

// space is what may stand around a value and between the members of a list.
const space = " \t\r\n"

func (r *reader) get(name string) string {
	v, ok := r.lookup(name)
	if !ok {
		return "" // whatever comes with that
	}
	return ascii.Trim(v, space)
}

func (r *reader) fail(name, value string, msg wording.ID, in ...string) {
	r.problems = append(r.problems, &Error{Name: name, Value: value, Msg: wording.Of(msg, in...)})
}

// duration reads a duration; limits says what least and most are.
func (r *reader) duration(name string, fallback, least, most time.Duration, limits wording.ID) time.Duration {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	d, ok := duration.Read(v)
	if !ok || d < least || d > most {
		r.fail(name, v, wording.ExpectedDuration, wording.Of(limits))
		return fallback
	}
	return d
}

// bytes reads a number of bytes; limits says what least and most are.
func (r *reader) bytes(name string, fallback, least, most int64, limits wording.ID) int64 {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	n, ok := parseBytes(v)
	if !ok || n < least || n > most {
		r.fail(name, v, wording.ExpectedBytes, wording.Of(limits))
		return fallback
	}
	return n
}

// count reads a whole number; limits says what least and most are.
func (r *reader) count(name string, fallback, least, most int, limits wording.ID) int {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	n := 0
	for i := 0; i < len(v); i++ {
		if n = n*10 + int(v[i]-'0'); !ascii.IsDigit(v[i]) || n > most {
			n = -1
			break
		}
	}
	if n < least {
		r.fail(name, v, wording.ExpectedNumber, wording.Of(limits))
		return fallback
	}
	return n
}

// hundredths reads a number that may have two digits after its point.
func (r *reader) hundredths(name string, fallback, most int64) int64 {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	whole, part, point := ascii.Cut(v, ".")
	n, ok := parseBytes(whole + (part + "00")[:2])
	if whole == "" || point && part == "" || len(part) > 2 || !ok || n > most {
		r.fail(name, v, wording.ExpectedFactor)
		return fallback
	}
	return n
}

func (r *reader) boolean(name string, fallback bool) bool {
	v := r.get(name)
	switch ascii.ToLower(v) {
	case "":
		return fallback
	case "1", "true", "yes", "on":
		return true
	case "0", "false", "no", "off":
		return false
	}
	r.fail(name, v, wording.ExpectedBoolean)
	return fallback
}

// fieldName reads the name of one header field, in lower case.
func (r *reader) fieldName(name string) string {
	v := r.get(name)
	if !ascii.Only(v, field.IsTokenChar) {
		r.fail(name, v, wording.ExpectedFieldName)
	}
	return ascii.ToLower(v)
}

// parseBytes reads a number of bytes: 1048576, 512KiB, 8MiB.
func parseBytes(s string) (n int64, ok bool) {
	unit := int64(1)
	if len(s) > 3 {
		switch suffix := s[len(s)-3:]; {
		case ascii.EqualFold(suffix, "KiB"):
			unit = 1 << 10
		case ascii.EqualFold(suffix, "MiB"):
			unit = 1 << 20
		}
		if unit > 1 {
			s = ascii.TrimEnd(s[:len(s)-3], " ")
		}
	}
	// Not strconv.ParseUint, whose errors bring half of a reflection into core.wasm.
	const most = 1 << 42
	for i := 0; i < len(s); i++ {
		if !ascii.IsDigit(s[i]) {
			return 0, false
		}
		if n = n*10 + int64(s[i]-'0'); n >= most {
			return 0, false
		}
	}
	return n * unit, s != ""
}

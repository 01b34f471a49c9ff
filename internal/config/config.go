package config

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/duration"
	"inlay/internal/field"
)

// Config is what can be set from outside the code: a Worker's variables, or the environment natively. [Parse] reads
// it and fills in the defaults; a Config made by hand has none.
type Config struct {
	// Origin is where fills and all that is no page go: scheme and host in lower case, a path if there was one, no slash
	// at the end. Empty: the handlers that come with the program.
	Origin string
	// MaxBytes is the budget for everything cached, in bytes. Default 48 MiB.
	MaxBytes int64
	// MaxFragment is how many bytes a fragment may have. Default 1 MiB.
	MaxFragment int

	// TTL is how long a fragment is fresh when neither its slot nor its origin says. Default 5 minutes.
	TTL time.Duration
	// StaleWhileRevalidate is how long past its TTL a fragment may be used while a fill renews it, when neither its slot
	// nor its origin says. Default 0.
	StaleWhileRevalidate time.Duration
	// StaleIfError is how long past its TTL a fragment may be used when its fill fails, when neither its slot nor its
	// origin says. Default 0.
	StaleIfError time.Duration
	// NegativeTTL is how long a failed fill is not tried again. Default 1 second; 0: it is tried at once.
	NegativeTTL time.Duration

	// FillTimeout is how long a fill may take when its slot does not say. Default 10 seconds.
	FillTimeout time.Duration
	// Patience is how long a page waits for fills before its shell leaves. Default 0.
	Patience time.Duration

	// AllowHosts are the hosts, with a port where it is not the scheme's own, that an absolute src may name; in lower case.
	// Default none.
	AllowHosts []string

	// FillFields are header fields that fills carry to Origin besides what their slots declare; names in lower case.
	// Default none. A User-Agent goes to every server, and is inlay if there is none.
	FillFields []field.Field
	// Hosts are the hosts that the site is served under, if each is to have fragments of its own; in lower case. An origin
	// gets the host as X-Forwarded-Host, and a page that is asked for under any other host is answered with 421. Default
	// none: all hosts share what is cached.
	Hosts []string

	// Dev turns on what helps while a site is being written, such as errors that name their cause. Default false.
	Dev bool
	// Debug turns on header fields and request parameters for finding out what the cache did. Default: as Dev.
	Debug bool

	// Token is the secret that opens administration. Empty, the default: administration answers 404.
	Token string

	// FillsSecret is what a remote origin takes batches of fills for: see [batch.FillsWith]. Empty, the default: it is asked for
	// each fragment by itself.
	FillsSecret string

	// Seed makes the caches' hashes differ from one instance to the next, so that nobody can choose keys that collide. The
	// host sets it; there is no variable for it. 0: the caches choose.
	Seed uint64
	// Crashes is how many engines before this one were lost to a crash; [engine.Stats] tells it. The host sets it; there is no
	// variable for it.
	Crashes uint64
}

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
	return e.Name + " is " + ascii.Quote(e.Value) + ": " + e.Msg
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
		MaxBytes:             r.bytes("INLAY_MAX_BYTES", 48<<20, 1<<20, 96<<20, "from 1MiB to 96MiB"),
		MaxFragment:          int(r.bytes("INLAY_MAX_FRAGMENT", 1<<20, 1, 8<<20, "from 1 to 8MiB")),
		TTL:                  r.duration("INLAY_TTL", 5*time.Minute, time.Millisecond, duration.Max, "1ms or more"),
		StaleWhileRevalidate: r.duration("INLAY_SWR", 0, 0, duration.Max, "0s or more"),
		StaleIfError:         r.duration("INLAY_SIE", 0, 0, duration.Max, "0s or more"),
		NegativeTTL:          r.duration("INLAY_NEGATIVE_TTL", time.Second, 0, 5*time.Minute, "from 0s to 5m"),
		FillTimeout:          r.duration("INLAY_FILL_TIMEOUT", 10*time.Second, 10*time.Millisecond, 25*time.Second, "from 10ms to 25s"),
		Patience:             r.duration("INLAY_PATIENCE", 0, 0, time.Second, "from 0s to 1s"),
		AllowHosts:           r.hosts("INLAY_ALLOW_HOSTS"),
		FillFields:           r.constants("INLAY_FILL_FIELDS"),
		Hosts:                r.hosts("INLAY_HOSTS"),
		Dev:                  r.boolean("INLAY_DEV", false),
		Token:                r.secret("INLAY_TOKEN"),
		FillsSecret:          r.secret("INLAY_FILLS_SECRET"),
	}
	c.Debug = r.boolean("INLAY_DEBUG", c.Dev)
	if int64(c.MaxFragment) > c.MaxBytes {
		r.fail("INLAY_MAX_FRAGMENT", r.get("INLAY_MAX_FRAGMENT"), "a fragment cannot be larger than all of INLAY_MAX_BYTES")
	}
	if len(r.problems) > 0 {
		return Config{}, r.problems
	}
	return c, nil
}

// reader reads variables one by one and gathers what is wrong with them.
type reader struct {
	lookup   func(name string) (string, bool)
	problems Errors
}

// space is what may stand around a value and between the members of a list.
const space = " \t\r\n"

func (r *reader) get(name string) string {
	v, _ := r.lookup(name)
	return ascii.Trim(v, space)
}

func (r *reader) fail(name, value, msg string) {
	r.problems = append(r.problems, &Error{Name: name, Value: value, Msg: msg})
}

// duration reads a duration; limits says what least and most are.
func (r *reader) duration(name string, fallback, least, most time.Duration, limits string) time.Duration {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	d, fault, _ := duration.Read(v)
	if fault != duration.Fine || d < least || d > most {
		r.fail(name, v, "expected a duration, "+limits+", such as 500ms, 90s or 1h30m")
		return fallback
	}
	return d
}

// bytes reads a number of bytes; limits says what least and most are.
func (r *reader) bytes(name string, fallback, least, most int64, limits string) int64 {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	n, ok := parseBytes(v)
	if !ok || n < least || n > most {
		r.fail(name, v, "expected bytes, "+limits+", such as 512KiB, 8MiB or 1048576")
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
	r.fail(name, v, "expected 1 or 0 (or true, false, yes, no, on, off)")
	return fallback
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

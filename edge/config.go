package edge

import (
	"time"

	"inlay/internal/config"
)

// Config is what can be set from outside the code: a Worker's variables, or the environment natively. [ParseConfig] reads
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
	// Early is how early a fragment that is asked for often is renewed, before it is stale, in hundredths: at 100 a request that
	// finds it fresh begins its fill with a likelihood of 1/e where as much of its freshness is left as its fill took, at 200 where
	// twice as much is. 0: none is renewed before it is stale. At most 10000. Default 0.
	Early int64

	// FillTimeout is how long a fill may take when its slot does not say. Default 10 seconds.
	FillTimeout time.Duration
	// Patience is how long a page waits for fills before its shell leaves. Default 0.
	Patience time.Duration

	// AllowHosts are the hosts, with a port where it is not the scheme's own, that an absolute src may name; in lower case.
	// Default none.
	AllowHosts []string

	// FillFields are header fields that fills carry to Origin besides what their slots declare; names in lower case.
	// Default none. A User-Agent goes to every server, and is inlay if there is none.
	FillFields []Field
	// Hosts are the hosts that the site is served under, if each is to have fragments of its own; in lower case. An origin
	// gets the host as X-Forwarded-Host, and a page that is asked for under any other host is answered with 421. Default
	// none: all hosts share what is cached.
	Hosts []string

	// Shells are path patterns, as those of pages. What Origin answers to a GET there with text/html may have slots, <edge-slot> and
	// ESI, though the answer does not say so: for servers that cannot set fields. A page of the build goes first. Default none: what
	// says so is Surrogate-Control: content="ESI/1.0" or Inlay-Slots.
	Shells []string

	// TrustedProxies are whose X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto and Forwarded are believed: addresses, networks
	// such as 10.0.0.0/8, and words: loopback, private (which has loopback, and Unix sockets), all, none. Nil: private. What others
	// say there is replaced. A Worker believes the platform, and nobody else unless this says so.
	TrustedProxies []string
	// CountryField is a field in which a trusted proxy says which country a visitor is in, such as X-Country; in lower case.
	// Default none: natively the country is not known.
	CountryField string

	// Lease is how long what is known of the purge log may be relied on, counted from when it was asked for. Of use only with
	// a log. Default 5 seconds.
	Lease time.Duration
	// LeaseSoft is how old that may be before the log is asked again while serving goes on; at most Lease. Default 1 second, or
	// Lease if that is less.
	LeaseSoft time.Duration
	// Outage is how old, counted from the start of its fill, a fragment may be that is served while the log cannot be
	// reached. Default: as Lease.
	Outage time.Duration
	// DataCenterCache lets the isolates of a data centre share fragments through its cache, in a Worker with a purge log.
	// Default true.
	DataCenterCache bool
	// Outlive lets later deployments use what lies below the memory of an isolate or a process. Default false.
	Outlive bool
	// PurgeField is a response field whose tags are purged when it comes with the answer to a request of an unsafe method,
	// besides Cache-Group-Invalidation (RFC 9875); in lower case. Default none.
	PurgeField string

	// Compress is what a native server sends compressed to those who take it. Default CompressPages; of a Config made by hand
	// CompressOff, its zero. In a Worker the platform compresses, and this is not looked at.
	Compress Compress
	// MaxInstances is how many instances of app.wasm run batches of fills at once in a Worker's isolate; the others wait. Default 8.
	MaxInstances int
	// KeepInstances is how many instances of app.wasm are kept for further batches, in a Worker. Package variables of the
	// site's handlers then live on from one visitor's fill to the next, as they do natively. Default 0: each batch has a fresh one.
	KeepInstances int

	// LogFormat is how what inlay logs is written where nobody says with what: natively without [Options].Logger. Default LogText.
	LogFormat LogFormat

	// Dev turns on what helps while a site is being written, such as errors that name their cause. Default false.
	Dev bool
	// Debug turns on header fields and request parameters for finding out what the cache did. Default: as Dev.
	Debug bool
	// Overlay shows what became of each slot of a page on the page itself, to browsers that show it in a tab, while a site is being
	// written: see docs/developing.md. It counts only if Dev does. Default: as Dev; of a Config made by hand false.
	Overlay bool

	// Token is the secret that opens administration. Empty, the default: administration answers 404.
	Token string

	// FillsSecret is what a remote origin takes batches of fills for: see [FillsWith]. Empty, the default: it is asked for
	// each fragment by itself.
	FillsSecret string

	// Seed makes the caches' hashes differ from one instance to the next, so that nobody can choose keys that collide. The
	// host sets it; there is no variable for it. 0: the caches choose.
	Seed uint64
	// Crashes is how many engines before this one were lost to a crash; [Stats] tells it. The host sets it; there is no
	// variable for it.
	Crashes uint64
	// Problems are what the host found wrong beside the variables, as the JSON of a list of texts, for /_inlay/stats. The host
	// sets it; there is no variable for it. Empty: nothing.
	Problems string
	// Log tells that there is a purge log, and Tiers what lies below the memory: bit 0 a data centre's cache, bit 1 a store that
	// is slower and lasts longer. The host sets them; there are no variables for them.
	Log   bool
	Tiers uint8
}

// Compress says which answers are compressed.
type Compress uint8

const (
	// CompressOff compresses nothing: whoever stands in front does.
	CompressOff Compress = iota
	// CompressPages compresses pages: those of the build, and those of the origin that are composed.
	CompressPages
)

// LogFormat says how the lines of a log are written.
type LogFormat uint8

const (
	// LogText is a line of text, with what it is about behind it: natively by slog.Default().
	LogText LogFormat = iota
	// LogJSON is an object in a line: natively of slog.NewJSONHandler, to standard error, in which nothing does anything to a terminal.
	LogJSON
)

// CheckLog refuses an INLAY_LOG that is neither json nor text, as a server has it. lookup is as that of [ParseConfig], which reads it where
// INLAY_LOG_FORMAT is unset but refuses nothing: in a Worker it is a binding. The error is a [*ConfigError].
func CheckLog(lookup func(name string) (string, bool)) error { return outer(config.CheckLog(lookup)) }

// Field is a header field; its name is in lower case.
type Field struct{ Name, Value string }

// ConfigError is a variable whose value cannot be used.
type ConfigError struct {
	Name  string // the variable; empty where Msg says it all
	Value string // what was found; empty for a secret
	Msg   string // what is expected, with an example
}

// Error names the variable, what was found and what is expected.
func (e *ConfigError) Error() string { return (*config.Error)(e).Error() }

// ConfigErrors are all variables whose values cannot be used.
type ConfigErrors []*ConfigError

// Error is a line for each.
func (e ConfigErrors) Error() string { return lines(e.Unwrap()) }

// Unwrap gives each to errors.As.
func (e ConfigErrors) Unwrap() []error { return mapped(e, func(one *ConfigError) error { return one }) }

// ParseConfig reads the variables that [Variables] lists. lookup is as os.LookupEnv; a variable that is unset, or empty but
// for white space, has its default. The error is [ConfigErrors], with each variable that cannot be used; the Config is
// then the zero value.
func ParseConfig(lookup func(name string) (string, bool)) (Config, error) {
	c, err := config.Parse(lookup)
	return fromConfig(c), outer(err)
}

// Variable is one variable of the configuration, for documentation.
type Variable struct {
	Name    string
	Unit    string // what its value is, such as a duration
	Default string // empty: none
	Doc     string // one sentence
}

// Variables lists the variables that [ParseConfig] reads, each time afresh. Set to its Default, a variable is as good as
// unset.
func Variables() []Variable {
	return mapped(config.Variables(), func(v config.Variable) Variable { return Variable(v) })
}

// fillIn replaces zero fields that make no sense as they are by their defaults, for a Config made by hand.
func fillIn(c *Config) {
	defaults, err := ParseConfig(func(string) (string, bool) { return "", false })
	if err != nil {
		panic(err) // the defaults are constants
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaults.MaxBytes
	}
	if c.MaxFragment == 0 {
		c.MaxFragment = defaults.MaxFragment
	}
	if c.TTL == 0 {
		c.TTL = defaults.TTL
	}
	if c.Lease == 0 {
		c.Lease = defaults.Lease
		if c.Outage == 0 {
			c.Outage = c.Lease
		}
	}
	if c.LeaseSoft == 0 {
		c.LeaseSoft = min(defaults.LeaseSoft, c.Lease)
	}
	if c.FillTimeout == 0 {
		c.FillTimeout = defaults.FillTimeout
	}
}

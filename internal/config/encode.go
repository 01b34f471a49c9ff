package config

import (
	"time"

	"inlay/internal/decimal"
	"inlay/internal/field"
)

// In a Worker the variables are read by a module of their own, variables.wasm, which is gone once it has read them. core.wasm gets what
// [Parse] has made of them as texts, none of which has a NUL: numbers, then switches, then texts, then for each list how many there are
// in it and these, then the names and values of fields. What the host sets is not among them, nor what is its own: the token, and what is of app.wasm.

// Encode writes a configuration for [Decode], each text ended by NUL.
func Encode(c *Config) []byte {
	out := append(decimal.Append(nil, c.MaxBytes), 0)
	out = append(decimal.Append(out, int64(c.MaxFragment)), 0)
	out = append(decimal.Append(out, c.Early), 0)
	for _, d := range c.durations() {
		out = append(decimal.Append(out, int64(*d)), 0)
	}
	for _, b := range c.switches() {
		out = appendSwitch(out, *b)
	}
	for _, t := range c.texts() {
		out = append(append(out, *t...), 0)
	}
	for _, list := range c.lists() {
		out = append(decimal.Append(out, int64(len(*list))), 0)
		for _, t := range *list {
			out = append(append(out, t...), 0)
		}
	}
	for _, f := range c.FillFields {
		out = append(append(out, f.Name...), 0)
		out = append(append(out, f.Value...), 0)
	}
	return out
}

// Settings are what the glue of a Worker needs to know itself, each text ended by NUL: dev, debug, the origin, the secret of batches, the
// lease in milliseconds, whether the data centre's cache is used, whether what lies below outlives a deployment, the field that purges, the
// token of administration, and after how many milliseconds a purge holds everywhere.
func Settings(c *Config) (out []byte) {
	for _, b := range [...]bool{c.Dev, c.Debug} {
		out = appendSwitch(out, b)
	}
	out = append(append(out, c.Origin...), 0)
	out = append(append(out, c.FillsSecret...), 0)
	out = append(decimal.Append(out, c.Lease.Milliseconds()), 0)
	for _, b := range [...]bool{c.DataCenterCache, c.Outlive} {
		out = appendSwitch(out, b)
	}
	out = append(append(out, c.PurgeField...), 0)
	out = append(append(out, c.Token...), 0)
	return append(decimal.Append(out, max(c.Lease, c.Outage).Milliseconds()), 0)
}

func appendSwitch(out []byte, is bool) []byte {
	if is {
		out = append(out, '1')
	}
	return append(out, 0)
}

// Decode reads the texts that [Encode] wrote.
func Decode(texts []string) (c Config) {
	r := texted{texts}
	c.MaxBytes, c.MaxFragment, c.Early = r.number(), int(r.number()), r.number()
	for _, d := range c.durations() {
		*d = time.Duration(r.number())
	}
	for _, b := range c.switches() {
		*b = r.text() != ""
	}
	for _, t := range c.texts() {
		*t = r.text()
	}
	for _, list := range c.lists() {
		if n := int(r.number()); n > 0 {
			*list, r.rest = r.rest[:n:n], r.rest[n:]
		}
	}
	for len(r.rest) > 1 {
		c.FillFields = append(c.FillFields, field.Field{Name: r.text(), Value: r.text()})
	}
	return c
}

// texted takes texts off the front of rest.
type texted struct{ rest []string }

func (r *texted) text() string {
	t := r.rest[0]
	r.rest = r.rest[1:]
	return t
}

func (r *texted) number() (n int64) {
	for _, digit := range []byte(r.text()) {
		n = n*10 + int64(digit-'0')
	}
	return n
}

func (c *Config) durations() []*time.Duration {
	return []*time.Duration{
		&c.TTL, &c.StaleWhileRevalidate, &c.StaleIfError, &c.FillTimeout, &c.NegativeTTL, &c.Patience, &c.LeaseSoft, &c.Lease, &c.Outage,
	}
}

func (c *Config) switches() []*bool {
	return []*bool{&c.DataCenterCache, &c.Outlive, &c.Dev, &c.Debug}
}

func (c *Config) texts() []*string {
	return []*string{&c.Origin, &c.CountryField, &c.PurgeField, &c.FillsSecret}
}

func (c *Config) lists() []*[]string {
	return []*[]string{&c.AllowHosts, &c.Hosts, &c.Shells, &c.TrustedProxies}
}

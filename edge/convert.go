package edge

import (
	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
)

// The types of this package are for reading and documentation; the rooms below have their own of the same fields. Here one
// becomes the other: once for each page, when it was parsed or is handed over. That no field is forgotten, convert_test.go
// sees to.

func fromPage(p page.Page) Page {
	return Page{
		Pattern: p.Pattern, Mode: Mode(p.Mode), CacheControl: p.CacheControl, Preload: p.Preload, Patience: p.Patience,
		Header: mapped(p.Header, fromField), Slots: mapped(p.Slots, fromSlot), shell: p.Shell,
	}
}

func fromSlot(s page.Slot) Slot {
	return Slot{
		Name: s.Name, Src: s.Src,
		TTL: s.TTL, StaleWhileRevalidate: s.StaleWhileRevalidate, StaleIfError: s.StaleIfError, Timeout: s.Timeout,
		Tags: s.Tags, Vary: mapped(s.Vary, func(in route.Input) Input { return Input{InputKind(in.Kind), in.Name} }),
		Required: s.Required, Region: s.Region, NoEarly: s.NoEarly, Skeleton: s.Skeleton, Error: s.Error, HasError: s.HasError, Line: s.Line, place: s.Place,
	}
}

func (p Page) inner() page.Page {
	return page.Page{
		Pattern: p.Pattern, Mode: page.Mode(p.Mode), CacheControl: p.CacheControl, Preload: p.Preload, Patience: p.Patience,
		Header: mapped(p.Header, lowered), Slots: mapped(p.Slots, Slot.inner), Shell: p.shell,
	}
}

func (s Slot) inner() page.Slot {
	return page.Slot{
		Name: s.Name, Src: s.Src,
		TTL: s.TTL, StaleWhileRevalidate: s.StaleWhileRevalidate, StaleIfError: s.StaleIfError, Timeout: s.Timeout,
		Tags: s.Tags, Vary: mapped(s.Vary, func(in Input) route.Input { return route.Input{Kind: route.InputKind(in.Kind), Name: in.Name} }),
		Required: s.Required, Region: s.Region, NoEarly: s.NoEarly, Skeleton: s.Skeleton, Error: s.Error, HasError: s.HasError, Line: s.Line, Place: s.place,
	}
}

// innerPages are pages for the engine. The policies of those that may be streamed allow the fallback script.
func innerPages(pages []Page) []page.Page {
	all := mapped(pages, Page.inner)
	for i := range all {
		if len(all[i].Slots) == 0 {
			continue
		}
		for j := range all[i].Header {
			if f := &all[i].Header[j]; isPolicy(f.Name) {
				f.Value = patch.AllowFallback(f.Value)
			}
		}
	}
	return all
}

func fromConfig(c config.Config) Config {
	return Config{
		Origin: c.Origin, MaxBytes: c.MaxBytes, MaxFragment: c.MaxFragment,
		TTL: c.TTL, StaleWhileRevalidate: c.StaleWhileRevalidate, StaleIfError: c.StaleIfError, NegativeTTL: c.NegativeTTL, Early: c.Early,
		FillTimeout: c.FillTimeout, Patience: c.Patience, AllowHosts: c.AllowHosts,
		FillFields: mapped(c.FillFields, fromField), Hosts: c.Hosts, Shells: c.Shells,
		TrustedProxies: c.TrustedProxies, CountryField: c.CountryField, Compress: Compress(c.Compress), LogFormat: LogFormat(c.LogFormat),
		Lease: c.Lease, LeaseSoft: c.LeaseSoft, Outage: c.Outage, DataCenterCache: c.DataCenterCache, Outlive: c.Outlive, PurgeField: c.PurgeField,
		MaxInstances: c.MaxInstances, KeepInstances: c.KeepInstances,
		Dev: c.Dev, Debug: c.Debug, Overlay: c.Overlay, Token: c.Token, FillsSecret: c.FillsSecret, Seed: c.Seed, Crashes: c.Crashes, Problems: c.Problems,
		Log: c.Log, Tiers: uint8(c.Tiers),
	}
}

func (c Config) inner() config.Config {
	return config.Config{
		Origin: c.Origin, MaxBytes: c.MaxBytes, MaxFragment: c.MaxFragment,
		TTL: c.TTL, StaleWhileRevalidate: c.StaleWhileRevalidate, StaleIfError: c.StaleIfError, NegativeTTL: c.NegativeTTL, Early: c.Early,
		FillTimeout: c.FillTimeout, Patience: c.Patience, AllowHosts: c.AllowHosts,
		FillFields: mapped(c.FillFields, Field.inner), Hosts: c.Hosts, Shells: c.Shells,
		TrustedProxies: c.TrustedProxies, CountryField: c.CountryField, Compress: config.Compress(c.Compress), LogFormat: config.LogFormat(c.LogFormat),
		Lease: c.Lease, LeaseSoft: c.LeaseSoft, Outage: c.Outage, DataCenterCache: c.DataCenterCache, Outlive: c.Outlive, PurgeField: c.PurgeField,
		MaxInstances: c.MaxInstances, KeepInstances: c.KeepInstances,
		Dev: c.Dev, Debug: c.Debug, Overlay: c.Overlay, Token: c.Token, FillsSecret: c.FillsSecret, Seed: c.Seed, Crashes: c.Crashes, Problems: c.Problems,
		Log: c.Log, Tiers: config.Tiers(c.Tiers),
	}
}

func fromField(f field.Field) Field { return Field(f) }

func (f Field) inner() field.Field { return field.Field(f) }

// lowered is a field whose name may have been written in any case.
func lowered(f Field) field.Field { return field.Field{Name: ascii.ToLower(f.Name), Value: f.Value} }

// mapped is a list of what f makes of each member; nil of nil.
func mapped[A, B any](list []A, f func(A) B) []B {
	if list == nil {
		return nil
	}
	out := make([]B, len(list))
	for i := range list {
		out[i] = f(list[i])
	}
	return out
}

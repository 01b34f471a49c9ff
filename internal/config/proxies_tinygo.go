//go:build tinygo

package config

func (r *reader) proxies(string) []string { return nil }

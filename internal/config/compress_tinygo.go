//go:build tinygo

package config

func (r *reader) compress(string) Compress { return CompressOff }

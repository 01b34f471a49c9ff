package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/field"
)

// decoded is what the core has of a configuration, and what the glue has of it beside.
func decoded(c *Config) Config {
	d := decodedOf(c)
	d.MaxInstances, d.KeepInstances, d.Token, d.Overlay = c.MaxInstances, c.KeepInstances, c.Token, c.Overlay
	return d
}

func decodedOf(c *Config) Config {
	return Decode(strings.Split(strings.TrimSuffix(string(Encode(c)), "\x00"), "\x00"))
}

func TestConfigurationSurvivesItsEncoding(t *testing.T) {
	defaults, err := Parse(func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	defaults.Compress = CompressOff // a Worker's core does not ask
	assert.Equal(t, defaults, decoded(&defaults))
	var c Config
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		switch f, name := v.Field(i), v.Type().Field(i).Name; f.Interface().(type) {
		case time.Duration:
			f.SetInt(int64(time.Duration(i+1) * 1234567890123))
		case int64, int:
			f.SetInt(int64(i + 1))
		case bool:
			f.SetBool(name != "Log") // and LogFormat is for the glue
		case string:
			if name != "Problems" {
				f.SetString("text of " + name + " ä")
			}
		case []string:
			f.Set(reflect.ValueOf([]string{name, "", "b"}))
		case []field.Field:
			f.Set(reflect.ValueOf([]field.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}))
		}
	}
	assert.Equal(t, c, decoded(&c), "each field that a variable sets")
}

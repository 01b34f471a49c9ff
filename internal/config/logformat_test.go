package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFormOfTheLogIsReadWhereItStands(t *testing.T) {
	for _, c := range []struct {
		format, log string
		want        LogFormat
	}{
		{"", "", LogText}, {"json", "", LogJSON}, {" JSON ", "text", LogJSON}, {"text", "json", LogText}, {"", "json", LogJSON}, {"", "text", LogText},
		{"", "PurgeLog", LogText}, // a binding of a Worker
	} {
		got, err := Parse(vars(map[string]string{"INLAY_LOG_FORMAT": c.format, "INLAY_LOG": c.log}))
		require.NoError(t, err)
		assert.Equal(t, c.want, got.LogFormat, "%v", c)
	}
	for _, good := range []string{"", "json", "Text ", " JSON"} {
		assert.NoError(t, CheckLog(vars(map[string]string{"INLAY_LOG": good})))
	}
	assert.NoError(t, CheckLog(vars(nil)))
	assert.ErrorContains(t, CheckLog(vars(map[string]string{"INLAY_LOG": "PurgeLog"})), `INLAY_LOG is "PurgeLog": expected json, which logs each line as an object, or text`)
}

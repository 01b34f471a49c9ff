package script

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCases(t *testing.T) {
	for _, c := range Cases {
		t.Run(c.Name, func(t *testing.T) { require.NoError(t, c.Run()) })
	}
}

func TestScriptTellsWhatDidNotHold(t *testing.T) {
	for _, c := range []Case{
		{Steps: "get a => fresh one"},
		{Steps: "put a one"},
		{Steps: "len"},
		{Steps: "evicted => a"},
		{Steps: "fly a"},
		{Steps: "fly"},
		{Steps: "fly a b"},
		{Steps: "put a b ttl=x => ok"},
		{Steps: "put a b what=1s => ok"},
		{Steps: "begin a f => leader\ncommit f v what=1s => ok"},
		{Steps: "at noon"},
		{Options: "max=many"},
		{Options: "ttl=long"},
		{Options: "max=-1"},
	} {
		require.Error(t, c.Run(), "%+v", c)
	}
}

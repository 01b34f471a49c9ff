package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewSaysWhatComesNext(t *testing.T) {
	dir := t.TempDir()
	status, out, errs := inlay(t, []string{"new", "-C", dir, "My Shop"}, "")
	require.Zero(t, status, errs)
	assert.Empty(t, errs)
	assert.Contains(t, out, "My Shop is a site now; its Worker is called my-shop.")
	assert.Contains(t, out, "  cd '"+filepath.Join(dir, "My Shop")+"'\n  go tool inlay dev ")
	status, out, errs = inlay(t, []string{"new", filepath.Join(dir, "plain"), "--no-go"}, "")
	require.Zero(t, status, errs)
	assert.Contains(t, out, "  node origin.mjs")
	assert.Contains(t, out, "  inlay dev ")
	assert.NotContains(t, out, "go tool")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "here"), 0o755))
	t.Chdir(filepath.Join(dir, "here"))
	status, out, errs = inlay(t, []string{"new", "."}, "")
	require.Zero(t, status, errs)
	assert.Contains(t, out, "called here")
	assert.NotContains(t, out, "cd ")
}

func TestNewRefusesWhatItCannotDo(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), nil, 0o644))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, 2, "inlay: new lacks the folder of the site; see inlay help new\n"},
		{[]string{"a", "b"}, 2, `inlay: new does not take "b"`},
		{[]string{"--go", "a"}, 2, "inlay: there is no option -go"},
		{[]string{"--no-go", "--module", "x", "a"}, 2, "--no-go goes with no --module"},
		{[]string{dir}, 1, "inlay: " + dir + " is not empty, there is x in it; choose another folder, or empty it\n"},
	} {
		status, _, errs := inlay(t, append([]string{"new"}, c.args...), "")
		assert.Equal(t, c.status, status)
		assert.Contains(t, errs, c.want)
	}
}

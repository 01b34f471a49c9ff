package devserver

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	for _, taken := range []string{"127.0.0.1", "::1"} {
		other, err := net.Listen("tcp", net.JoinHostPort(taken, "0"))
		if err != nil && taken == "::1" {
			continue // a machine without IPv6
		}
		require.NoError(t, err)
		port := other.Addr().(*net.TCPAddr).Port
		_, err = listen("", port)
		require.ErrorContains(t, err, "is taken by another program; end that, or name another port", taken)
		_, err = listen(taken, port)
		require.ErrorContains(t, err, "is taken")
		require.NoError(t, other.Close())
		all, err := listen("", port)
		require.NoError(t, err, "nothing of it is left listening")
		for _, l := range all {
			require.NoError(t, l.Close())
		}
	}
}

func TestOnlyThisMachineIsListenedTo(t *testing.T) {
	all, err := listen("", 0)
	require.NoError(t, err)
	for _, l := range all {
		assert.True(t, l.Addr().(*net.TCPAddr).IP.IsLoopback())
		assert.Equal(t, all[0].Addr().(*net.TCPAddr).Port, l.Addr().(*net.TCPAddr).Port)
		assert.Regexp(t, `^http://localhost:\d+$`, urlOf("", l))
		assert.Regexp(t, `^http://localhost:\d+$`, urlOf("0.0.0.0", l))
		assert.Regexp(t, `^http://127\.0\.0\.2:\d+$`, urlOf("127.0.0.2", l))
		require.NoError(t, l.Close())
	}
	_, err = listen("host.invalid", 0)
	assert.Error(t, err)
}

func TestTheShelfHasTheLatestShellsForWhoKnowsWhere(t *testing.T) {
	s, err := newShelf()
	require.NoError(t, err)
	defer s.close()
	get := func(url string) (int, string) {
		answer, err := plain.Get(url)
		require.NoError(t, err)
		defer func() { _ = answer.Body.Close() }()
		return answer.StatusCode, body(t, answer)
	}
	assert.Empty(t, s.name(0))
	assert.True(t, s.put([]byte("one")))
	assert.False(t, s.put([]byte("one")), "the same")
	assert.True(t, s.put([]byte("two")))
	assert.Equal(t, "2", s.name(1))
	assert.Empty(t, s.name(2), "the Worker began with them")
	code, text := get(s.url + "2")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "two", text)
	code, _ = get(s.url + "1")
	assert.Equal(t, http.StatusGone, code)
	code, _ = get("http://" + s.listener.Addr().String() + "/2")
	assert.Equal(t, http.StatusNotFound, code)
	assert.True(t, s.listener.Addr().(*net.TCPAddr).IP.IsLoopback())
}

func TestWhatAProgramEndedOfHasAPlace(t *testing.T) {
	root := t.TempDir()
	site := filepath.Join(root, "site")
	require.NoError(t, os.MkdirAll(filepath.Join(site, "inner"), 0o755))
	for name, text := range map[string]string{"go.mod": "// the shop\nmodule example.com/shop // here\n", "handlers.go": "package main\n", "inner/a.go": "package inner\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(site, name), []byte(text), 0o644))
	}
	p := &project.Project{Root: root, Site: site, Module: site}
	const panicked = "app.wasm has ended: exit code 2\npanic: no database\n\ngoroutine 1 [running]:\ninlay/worker/app.run(...)\n\tinlay@v0.0.0/worker/app/main.go:12\n" +
		"example.com/shop/inner.open()\n\texample.com/shop/inner/a.go:7 +0x2\nmain.main()\n\texample.com/shop/handlers.go:9 +0x5\n"
	found := trace(p, panicked)
	require.Len(t, found, 1)
	assert.Equal(t, "site/inner/a.go", found[0].File)
	assert.Equal(t, 7, found[0].Line)
	assert.True(t, strings.HasPrefix(found[0].Msg, "app.wasm has ended: exit code 2\npanic: no database"))

	found = trace(p, "panic: x\n\tinlay@v0.0.0/worker/app/main.go:12\n\t/usr/lib/go/src/net/http/server.go:3\n\t"+filepath.ToSlash(filepath.Join(site, "handlers.go"))+":9 +0x5\n")
	assert.Equal(t, "site/handlers.go", found[0].File, "with whole paths, as without -trimpath")
	assert.Equal(t, 9, found[0].Line)

	found = trace(p, "app.wasm has ended: exit code 0")
	assert.Equal(t, project.Problems{{Msg: "app.wasm has ended: exit code 0"}}, found)

	found = trace(p, "x\n\texample.com/shop/gone.go:7\n"+strings.Repeat("more\n", 100))
	assert.Empty(t, found[0].File)
	assert.Equal(t, maxWords+1, strings.Count(found[0].Msg, "\n")+1)
	assert.Empty(t, modulePath(""))
	assert.Empty(t, modulePath(filepath.Join(root, "none")))
}

func TestOnlyWhatSaysSomethingIsToldOfWrangler(t *testing.T) {
	for _, line := range []string{
		"", "  ", "⎔ Reloading local server...", "┌────┬────┐", "│ Name │ Type │", "├──┼──┤", "Attaching additional modules:", "Your Worker has access to the following bindings:",
		"Binding                             Resource                  Mode", `env.SITE_DELAY_MS ("800")           Environment Variable      local`,
		"[wrangler:info] Ready on http://127.0.0.1:1234", "[wrangler:info] GET /_inlay/dev/version 200 OK (16ms)", "Using secrets defined in .dev.vars",
	} {
		assert.True(t, chatter.MatchString(line), "%q", line)
	}
	for _, line := range []string{
		"inlay: fill failed: /fragments/a 500", "[wrangler:info] GET / 200 OK (16ms)", "[wrangler:info] GET /shop/_inlay/dev/version 200 OK", "▲ [WARNING] the compatibility date is old", "2026/11/28 hello from a handler",
	} {
		assert.False(t, chatter.MatchString(line), "%q", line)
	}
}

func TestTheClientHasItsStyle(t *testing.T) {
	assert.Contains(t, clientScript, `:host, .inlay-page`)
	assert.NotContains(t, clientScript, `/* page.css */ ""`)
}

func TestVariablesOfTheNativeProgram(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, ".dev.vars"), []byte("B=dev\nC=dev\nSECRET=\"a b\"\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, ".dev.vars.staging"), []byte("B=staging\n"), 0o644))
	wrangler, err := project.ParseWrangler("[vars]\nA = \"toml\"\nB = \"toml\"\n[env.staging.vars]\nA = \"env\"\n[env.loud.vars]\nINLAY_DEV = \"0\"\n")
	require.NoError(t, err)
	p := &project.Project{Root: root, Wrangler: wrangler}
	t.Setenv("C", "shell")
	t.Setenv("D", "shell")
	of := func(env string) map[string]string {
		all, err := (&native{env: env, vars: map[string]string{"D": "option"}}).environ(p)
		require.NoError(t, err)
		got := map[string]string{}
		for _, one := range all {
			name, value, _ := strings.Cut(one, "=")
			if slices.Contains([]string{"A", "B", "C", "D", "SECRET", "INLAY_DEV"}, name) {
				got[name] = value
			}
		}
		return got
	}
	assert.Equal(t, map[string]string{"A": "toml", "B": "dev", "C": "shell", "D": "option", "SECRET": "a b", "INLAY_DEV": "1"}, of(""))
	assert.Equal(t, map[string]string{"A": "env", "B": "staging", "C": "shell", "D": "option", "INLAY_DEV": "1"}, of("staging"))
	assert.Equal(t, "0", of("loud")["INLAY_DEV"], "who says so has it off")
	told := func(env string, vars map[string]string) map[string]string {
		got, err := newWorked(nil, nil, Options{Env: env, Vars: vars}).variables(p)
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, map[string]string{"INLAY_DEV": "1", "D": "option"}, told("", map[string]string{"D": "option"}), "wrangler reads the rest itself")
	assert.Empty(t, told("loud", nil))
	assert.Equal(t, map[string]string{"INLAY_DEV": "0"}, told("", map[string]string{"INLAY_DEV": "0"}))
	_, err = (&native{env: "none"}).environ(p)
	assert.ErrorContains(t, err, "there is no [env.none]")
}

// goModule makes a site with a module beside it that go.mod puts in place of another.
func goModule(t *testing.T) *project.Project {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for name, text := range map[string]string{
		"shop/go.mod":           "module shop\n\ngo 1.26\n\nrequire other v0.0.0\n\nreplace other => ../other\n",
		"shop/main.go":          "package main\n\nimport (\n\t\"embed\"\n\t_ \"other\"\n)\n\n//go:embed all:pages *.sql \"a b\"\nvar files embed.FS\n\nfunc main() { _ = files }\n",
		"shop/pages/index.html": "x", "shop/schema.sql": "x", "shop/a b/c": "x",
		"other/go.mod": "module other\n\ngo 1.26\n", "other/other.go": "package other\n\nimport _ \"embed\"\n\n//go:embed text.txt\nvar Text string\n", "other/text.txt": "x",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	shop := filepath.Join(root, "shop")
	return &project.Project{Root: shop, Site: shop, Module: shop, Go: project.GoMain, Wrangler: &project.Wrangler{Assets: "../public"}}
}

func TestModulesOnThisMachineAreWatched(t *testing.T) {
	p := goModule(t)
	assert.ElementsMatch(t, []string{p.Root, filepath.Join(p.Root, "..", "other")}, localModules(t.Context(), p))
	assert.Contains(t, ownRoots(p), filepath.Join(p.Root, "..", "public"))
	assert.Empty(t, localModules(t.Context(), &project.Project{}), "no Go")

	s := &session{project: p}
	changes := watchProject(t.Context(), s)
	// The other module is known a moment later: what is written to it is seen as soon as it is.
	other := filepath.Join(p.Root, "..", "other", "other.go")
	require.Eventually(t, func() bool {
		file, err := os.OpenFile(other, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteString("\n")
		require.NoError(t, err)
		require.NoError(t, file.Close())
		select {
		case files := <-changes:
			assert.Equal(t, []string{other}, files)
			return true
		default:
			return false
		}
	}, time.Minute, 250*time.Millisecond)
	require.NoError(t, os.MkdirAll(filepath.Join(p.Root, "build", "dev"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(p.Root, "build", "dev", "main.mjs"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(p.Root, "main.go"), nil, 0o644))
	for files := range changes {
		if slices.Contains(files, filepath.Join(p.Root, "main.go")) {
			assert.NotContains(t, files, filepath.Join(p.Root, "build", "dev", "main.mjs"), "what is built is no source")
			break
		}
	}
}

func TestEmbeddedFilesAreInputs(t *testing.T) {
	p := goModule(t)
	var in inputs
	in.read(t.Context(), p)
	at := func(name string) string { return filepath.Join(p.Root, filepath.FromSlash(name)) }
	for name, want := range map[string]bool{
		"pages/index.html": true, "pages/new/deep.html": true, "schema.sql": true, "new.sql": true, "a b/c": true,
		"dev.log": false, "inner/x.sql": false, "../other/text.txt": true, "../other/README.md": false,
	} {
		assert.Equal(t, want, in.has(at(name)), name)
	}
	require.NoError(t, os.WriteFile(at("go.mod"), []byte("module"), 0o644))
	in.read(t.Context(), p)
	assert.True(t, in.has(at("schema.sql")), "a mistake makes nothing unknown")
}

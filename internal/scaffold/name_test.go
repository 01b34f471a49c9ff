package scaffold

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWorkerIsCalledAsItsFolder(t *testing.T) {
	for folder, want := range map[string]string{
		"shop":                   "shop",
		"Shop":                   "shop",
		"My Shop":                "my-shop",
		"shop.example.com":       "shop-example-com",
		"my_shop--2":             "my-shop-2",
		" shop ":                 "shop",
		"-shop-":                 "shop",
		"9lives":                 "9lives",
		"Café am See":            "caf-am-see",
		strings.Repeat("a", 100): strings.Repeat("a", maxWorkerName),
		strings.Repeat("a", maxWorkerName-1) + "-bcd": strings.Repeat("a", maxWorkerName-1),
	} {
		got, err := workerName(folder)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Regexp(t, regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`), got)
	}
	for _, folder := range []string{"", "...", "商店", "--", "/"} {
		_, err := workerName(folder)
		assert.ErrorContains(t, err, "choose another name for the folder")
	}
}

func TestModuleIsCalledAsTheWorkerOrAsSaid(t *testing.T) {
	for _, c := range []struct{ said, worker, want, err string }{
		{"", "shop", "shop", ""},
		{"", "inlay", "inlay-site", ""},
		{"", "html", "html-site", ""},
		{"example.com/Shop/v2", "shop", "example.com/Shop/v2", ""},
		{"inlay", "shop", "", "the module cannot be called inlay"},
		{"fmt", "shop", "", "the module cannot be called fmt"},
		{"my shop", "shop", "", `"my shop" is no path of a Go module`},
		{"/shop", "shop", "", "is no path of a Go module"},
		{"shop/", "shop", "", "is no path of a Go module"},
		{"a/../b", "shop", "", "is no path of a Go module"},
		{"a/.b", "shop", "", "is no path of a Go module"},
		{"a./b", "shop", "", "is no path of a Go module"},
		{"shöp", "shop", "", "is no path of a Go module"},
	} {
		got, err := moduleName(c.said, c.worker)
		if c.err != "" {
			assert.ErrorContains(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
}

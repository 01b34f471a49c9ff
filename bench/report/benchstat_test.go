package main

import (
	"strings"
	"testing"
)

const verdictSample = `goos: linux
/keys: 10000
,inlay-at,,map,,,,otter,,,
,sec/op,CI,sec/op,CI,vs base,P,sec/op,CI,vs base,P
get,2e-08,1%,1e-08,2%,-50.00%,p=0.002 n=6,2.1e-08,9%,~,p=0.093 n=6
geomean,2e-08,,1e-08,,-50.00%,,2.1e-08,,+5.00%,
`

func TestVerdictsNameEachCache(t *testing.T) {
	var b strings.Builder
	if err := verdicts(&b, verdictSample); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| cache | get |\n",
		"| map | -50.00% <sub>p=0.002 n=6</sub> |\n",
		"| otter | ~ <sub>p=0.093 n=6</sub> |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "geomean") {
		t.Errorf("the mean is taken for an operation:\n%s", b.String())
	}
}

func TestVerdictsWithoutFiguresAreRefused(t *testing.T) {
	var b strings.Builder
	if err := verdicts(&b, ",inlay-at,,map,,,,otter,,,\nget,1,2,3,4,5,6,7\n"); err == nil {
		t.Error("a line without otter's figures is read")
	}
}

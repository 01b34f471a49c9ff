package content

import (
	"strings"
	"testing"

	"inlay/edge"
)

func TestThePageHasTheSizesThatAreReported(t *testing.T) {
	size := 0
	for _, part := range Parts() {
		size += len(part)
	}
	if size != ShellSize || len(Page()) != PageSize {
		t.Errorf("the shell has %d bytes, the page %d", size, len(Page()))
	}
	for i := range Slots {
		if got := len(Fragment(i)); got != FragmentSize {
			t.Errorf("fragment %d has %d bytes", i, got)
		}
		if strings.Count(Page(), End(i)) != 1 {
			t.Errorf("%q is not in the page once", End(i))
		}
	}
	for i, c := range []byte(Page()) {
		if c > 126 {
			t.Fatalf("byte %d is not ASCII", i)
		}
	}
}

func TestTheShellParses(t *testing.T) {
	page, err := edge.ParsePage("/page/{id}", Shell("/fast/"))
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Slots) != Slots || page.Slots[3].Src != "/fast/3/{id}" {
		t.Errorf("the slots are %+v", page.Slots)
	}
}

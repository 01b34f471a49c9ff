package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"inlay/internal/remote"
	"inlay/internal/terminal"
)

var entriesCommand = &command{
	name:  "entries",
	args:  siteArgs + "\n             [--tag TAG…] [--key KEY…] [--search TEXT] [--kind KIND] [--sort BY] [--order ORDER] [--limit N] [--offset N] [--json]",
	short: "list what a site that runs has cached",
	long: `  --tag TAG      what carries the tag; may be repeated: what carries any of them
  --key KEY      the entry of a key, as purge takes it; may be repeated
  --search TEXT  whose key has a text in it
  --kind KIND    fragment, page (composed of fragments) or failure (remembered)
  --sort BY      bytes, unless it is key, hits, age, left (how long it will be fresh) or took (its fill)
  --order ORDER  asc or desc, which it is unless it says so
  --limit N      how many at most: 100, unless it says so; 0 is all
  --offset N     how many come before the first
  --json         as the site gives them

They are of one process, or on Workers of the isolate that answers, another each time perhaps. The exit status is 0 if there
are some, 4 if nothing matches, and 1 if the site could not be asked.

` + siteHelp,
	run: runEntries,
}

// nothingMatched is the exit status of a question that nothing is an answer to.
const nothingMatched = exitStatus(4)

func runEntries(c *call) error {
	q := remote.Query{Limit: 100}
	flags := c.flags()
	site := c.siteFlags(flags)
	flags.Func("tag", "", tagsInto(&q.Tags))
	flags.Func("key", "", keysInto(&q.Keys))
	flags.StringVar(&q.Search, "search", "", "")
	oneOf := func(name string, into *string, of ...string) {
		flags.Func(name, "", func(value string) error {
			if !slices.Contains(of, value) {
				return usageErrorf("it is one of %s", strings.Join(of, ", "))
			}
			*into = value
			return nil
		})
	}
	oneOf("kind", &q.Kind, "fragment", "page", "failure")
	oneOf("sort", &q.Sort, "key", "bytes", "hits", "age", "left", "took")
	oneOf("order", &q.Order, "asc", "desc")
	flags.IntVar(&q.Limit, "limit", q.Limit, "")
	flags.IntVar(&q.Offset, "offset", 0, "")
	json := flags.Bool("json", false, "")
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	if q.Limit < 0 || q.Offset < 0 {
		return usageErrorf("--limit and --offset cannot be negative")
	}
	client, err := site.client()
	if err != nil {
		return err
	}
	found, err := client.Entries(c.ctx, q)
	if err != nil {
		return err
	}
	if *json {
		_, err = c.out.Write(found.JSON)
	} else {
		err = c.showEntries(client, found)
	}
	if err == nil && found.Matched == 0 {
		return nothingMatched
	}
	return err
}

func (c *call) showEntries(client *remote.Client, found *remote.Entries) error {
	fmt.Fprintf(c.out, "%s: %s, %s of %s, %s\n", client.Site, found.Reach, remote.Grouped(found.Matched), remote.CountedEntries(found.Total), remote.Size(found.Bytes))
	if len(found.Entries) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(c.out, "\n%s\n", strings.Join(remote.EntryTable(found.Entries, c.width()), "\n"))
	if more := found.Matched - len(found.Entries); err == nil && more > 0 {
		_, err = fmt.Fprintf(c.out, "\n%s more; --limit 0 shows all\n", remote.Grouped(more))
	}
	return err
}

// width is how many columns a line has that is printed; 0: it is not for a terminal.
func (c *call) width() int {
	if out, ok := c.out.(*os.File); ok {
		if width, _, ok := terminal.Size(out); ok {
			return width
		}
	}
	return 0
}

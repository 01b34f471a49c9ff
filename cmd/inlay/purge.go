package main

import (
	"fmt"
	"strings"

	"inlay/internal/remote"
)

var purgeCommand = &command{
	name:  "purge",
	args:  siteArgs + "\n             (--all | --tag TAG… | --key KEY…) [--preview] [--json]",
	short: "remove fragments from a site's cache",
	long:  whatHelp + "\n" + reachHelp + siteHelp,
	run:   runPurge,
}

// whatHelp and reachHelp are what the help of purge and invalidate says of what they are about, and of how far they go.
const whatHelp = `  --all      everything
  --tag TAG  what carries the tag; may be repeated
  --key KEY  the fragment of a key, which is its src as the origin sees it, with a line for each cookie or field that its
             slot declares and the request had: --key "$(printf '/fragments/price/7\ncookie: currency=CHF')"
  --preview  change nothing, and say what would be reached; --dry-run is the same
  --json     as the site answers
`

const reachHelp = `On Workers it reaches every isolate, within what it prints, if the site has a purge log, and else the one that answers.
The exit status is 0 if that is done, 1 if not, and 3 if the log could not be reached: then do it again until it is 0.
That of a preview is 4 if nothing would be reached.

`

func runPurge(c *call) error { return c.change(false) }

// change is purge, or, soft, invalidate.
func (c *call) change(soft bool) error {
	var what remote.What
	var preview, json bool
	flags := c.flags()
	site := c.siteFlags(flags)
	flags.BoolVar(&what.All, "all", false, "")
	flags.Func("tag", "", tagsInto(&what.Tags))
	flags.Func("key", "", keysInto(&what.Keys))
	flags.BoolVar(&preview, "preview", false, "")
	flags.BoolVar(&preview, "dry-run", false, "")
	flags.BoolVar(&json, "json", false, "")
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	switch some := len(what.Tags)+len(what.Keys) > 0; {
	case !some && !what.All:
		return usageErrorf("%s lacks what: --all, --tag TAG or --key KEY", c.command.name)
	case some && what.All:
		return usageErrorf("--all is everything; leave out --tag and --key, or --all")
	}
	client, err := site.client()
	if err != nil {
		return err
	}
	if preview {
		return c.preview(client, soft, what, json)
	}
	if json {
		client.Copy = c.out
	}
	do, done := client.Purge, "purged"
	if soft {
		do, done = client.Invalidate, "invalidated"
	}
	change, err := do(c.ctx, what)
	if json {
		return c.logged(err)
	}
	return c.told(done, change, err)
}

// preview says what a change would reach.
func (c *call) preview(client *remote.Client, soft bool, what remote.What, json bool) error {
	found, err := client.Preview(c.ctx, soft, what)
	if err != nil {
		return err
	}
	if json {
		if _, err := c.out.Write(found.JSON); err != nil {
			return err
		}
	} else {
		would := "purge"
		if soft {
			would = "invalidate"
		}
		fmt.Fprintf(c.out, "would %s %s, %s, in %s", would, remote.CountedEntries(found.Entries), remote.Size(found.Bytes), found.Reach)
		if found.Partial {
			fmt.Fprint(c.out, "; what the others have was not looked at")
		}
		fmt.Fprintln(c.out)
		for _, key := range found.Keys {
			fmt.Fprintf(c.out, "  %s\n", remote.Plain(key))
		}
		if more := found.Entries - len(found.Keys); more > 0 {
			fmt.Fprintf(c.out, "  and %s more\n", remote.Grouped(more))
		}
	}
	if found.Entries == 0 {
		return nothingMatched
	}
	return nil
}

// keysInto takes what an option --key gives.
func keysInto(keys *[]string) func(string) error {
	return func(key string) error {
		if !strings.HasPrefix(key, "/") && !strings.Contains(key, ":") {
			return usageErrorf("a key is a fragment's src, such as /fragments/price/7 or https://host/path")
		}
		*keys = append(*keys, key)
		return nil
	}
}

// tagsInto takes what an option --tag gives. A comma is between tags everywhere, so no tag has one.
func tagsInto(tags *[]string) func(string) error {
	return func(tag string) error {
		switch {
		case strings.TrimSpace(tag) == "":
			return usageErrorf("the tag is empty; is a variable not set?")
		case strings.Contains(tag, ","):
			return usageErrorf("no tag has a comma; write --tag for each")
		}
		*tags = append(*tags, tag)
		return nil
	}
}

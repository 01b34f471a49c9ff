//go:build js

package main

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/syumai/workers/cloudflare"
	_ "github.com/syumai/workers/cloudflare/d1" // the driver "d1"
	"github.com/syumai/workers/cloudflare/kv"
	"github.com/syumai/workers/cloudflare/r2"
)

// storing are handlers that write something to a store of Cloudflare's and read it.
var storing = map[string]http.HandlerFunc{
	"kv":     told(inKV),
	"d1":     told(inD1),
	"r2":     told(inR2),
	"object": told(inObject),
}

// told answers with what a handler found, or with its error.
func told(found func(r *http.Request) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := found(r)
		if err != nil {
			text = "error: " + err.Error()
		}
		say(w, "%s", text)
	}
}

func inKV(*http.Request) (string, error) {
	store, err := kv.NewNamespace("KV")
	if err != nil {
		return "", err
	}
	if err := store.PutString("greeting/de", "Grüß Gott", nil); err != nil {
		return "", err
	}
	return store.GetString("greeting/de", nil)
}

func inD1(r *http.Request) (string, error) {
	db, err := sql.Open("d1", "DB")
	if err != nil {
		return "", err
	}
	defer db.Close()
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS prices (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER)",
		"INSERT OR REPLACE INTO prices (id, name, cents) VALUES (7, 'socks', 1100), (8, 'shoes', 9900)",
	} {
		if _, err := db.ExecContext(r.Context(), statement); err != nil {
			return "", err
		}
	}
	rows, err := db.QueryContext(r.Context(), "SELECT name, cents FROM prices WHERE cents > ? ORDER BY id", 1000)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		var cents int64
		if err := rows.Scan(&name, &cents); err != nil {
			return "", err
		}
		all = append(all, fmt.Sprint(name, " ", cents))
	}
	return strings.Join(all, ", "), rows.Err()
}

func inR2(*http.Request) (string, error) {
	bucket, err := r2.NewBucket("BUCKET")
	if err != nil {
		return "", err
	}
	if _, err := bucket.Put("a/b.txt", io.NopCloser(strings.NewReader("an object")), nil); err != nil {
		return "", err
	}
	object, err := bucket.Get("a/b.txt")
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(object.Body)
	return fmt.Sprintf("%s (%d bytes)", text, object.Size), err
}

// inObject counts in a Durable Object.
func inObject(*http.Request) (string, error) {
	objects, err := cloudflare.NewDurableObjectNamespace("COUNTERS")
	if err != nil {
		return "", err
	}
	object, err := objects.Get(objects.IdFromName("visits"))
	if err != nil {
		return "", err
	}
	ask, err := http.NewRequest(http.MethodPost, "http://counter/", strings.NewReader("5"))
	if err != nil {
		return "", err
	}
	resp, err := object.Fetch(ask)
	return summary(resp, err), nil
}

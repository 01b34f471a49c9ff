//go:build js

package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/syumai/workers/cloudflare"
	_ "github.com/syumai/workers/cloudflare/d1" // the driver "d1"
)

// The fragments that docs/writing-a-site.md shows.

// rate asks an API.
func rate(w http.ResponseWriter, r *http.Request) {
	client := http.Client{Timeout: 2 * time.Second} // the slot's timeout, less what the fragment itself takes
	currency := r.PathValue("currency")
	answer, err := client.Get(cloudflare.Getenv("RATES_API") + "/v1/rates?from=EUR&to=" + url.QueryEscape(currency))
	if err != nil {
		slog.Error("the rates' API", "error", err)      // the log; what a failed fill says in its body is nowhere
		http.Error(w, "no rate", http.StatusBadGateway) // the visitor sees the edge-error, or a stale rate
		return
	}
	defer answer.Body.Close()
	var found struct{ Rate float64 }
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil || answer.StatusCode != http.StatusOK {
		slog.Error("the rates' API", "status", answer.Status, "error", err)
		http.Error(w, "no rate", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<p>1 EUR is %.2f %s</p>", found.Rate, html.EscapeString(currency))
}

// stock asks D1, the database that is bound as DB.
func stock(w http.ResponseWriter, r *http.Request) {
	db, err := sql.Open("d1", "DB")
	if err != nil {
		slog.Error("D1", "error", err)
		http.Error(w, "no database", http.StatusInternalServerError)
		return
	}
	defer db.Close()
	var pieces int
	err = db.QueryRowContext(r.Context(), "SELECT pieces FROM stock WHERE product = ?", r.PathValue("id")).Scan(&pieces)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		http.NotFound(w, r)
	case err != nil:
		slog.Error("D1", "error", err)
		http.Error(w, "no stock", http.StatusServiceUnavailable) // 503: a stale one may stand in
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>%d left</p>", pieces)
	}
}

// fillStock makes what stock asks.
func fillStock(r *http.Request) (string, error) {
	db, err := sql.Open("d1", "DB")
	if err != nil {
		return "", err
	}
	defer db.Close()
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS stock (product TEXT PRIMARY KEY, pieces INTEGER)",
		"INSERT OR REPLACE INTO stock VALUES ('socks', 12), ('shoes', 0)",
	} {
		if _, err := db.ExecContext(r.Context(), statement); err != nil {
			return "", err
		}
	}
	return "filled", nil
}

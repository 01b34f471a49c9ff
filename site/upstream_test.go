//go:build !js

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUpstreamTakesAsLongAsTheVariableSays(t *testing.T) {
	for value, want := range map[string]struct {
		delay time.Duration
		note  string
	}{
		"":      {800 * time.Millisecond, "simulated to take 800 ms"},
		"0":     {0, "simulated to take 0 ms"},
		"1":     {time.Millisecond, "simulated to take 1 ms"},
		"2500":  {2500 * time.Millisecond, "simulated to take 2500 ms"},
		"60000": {time.Minute, "simulated to take 60000 ms"},
	} {
		t.Run(value, func(t *testing.T) {
			waits := &clock{}
			origin := newOrigin(library(t), variable(value), waits.wait)

			for _, path := range []string{"/fragments/imported-by/net/http", "/fragments/most-imported"} {
				answer := get(origin, path)
				assert.Equal(t, http.StatusOK, answer.Code)
				assert.Contains(t, answer.Body.String(), want.note)
			}

			assert.Equal(t, []time.Duration{want.delay, want.delay}, waits.waits)
		})
	}
}

func TestOtherFragmentsDoNotWaitForTheUpstream(t *testing.T) {
	waits := &clock{}
	origin := newOrigin(library(t), variable("800"), waits.wait)

	for _, path := range []string{"/fragments/overview/net/http", "/fragments/summary", "/api/packages"} {
		get(origin, path)
	}

	assert.Empty(t, waits.waits)
}

func TestBadDelayIsAClearError(t *testing.T) {
	for _, value := range []string{"fast", "-1", "1.5", "800ms", "60001", "99999999999999999999", " 8"} {
		t.Run(value, func(t *testing.T) {
			waits := &clock{}
			answer := get(newOrigin(library(t), variable(value), waits.wait), "/fragments/imported-by/net/http")

			assert.Equal(t, http.StatusInternalServerError, answer.Code)
			assert.Contains(t, answer.Body.String(), "SITE_DELAY_MS is &#34;"+value+"&#34;; it must be a whole number of milliseconds from 0 to 60000")
			assert.Empty(t, waits.waits)
		})
	}
}

func TestUpstreamEndsWithItsRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	begun, ended := make(chan struct{}), make(chan error, 1)
	origin := newOrigin(library(t), variable("60000"), func(ctx context.Context, d time.Duration) error {
		close(begun)
		err := wait(ctx, d)
		ended <- err
		return err
	})
	go func() {
		<-begun
		cancel()
	}()
	answer := httptest.NewRecorder()

	origin.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/fragments/imported-by/net/http", nil).WithContext(ctx))

	assert.Equal(t, http.StatusInternalServerError, answer.Code)
	assert.Contains(t, answer.Body.String(), "context canceled")
	require.ErrorIs(t, <-ended, context.Canceled, "the upstream learns of it")
}

func TestWaitReturnsWhenTheTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	start := time.Now()
	require.NoError(t, wait(ctx, 5*time.Millisecond))

	assert.GreaterOrEqual(t, time.Since(start), 5*time.Millisecond)
	assert.NoError(t, wait(ctx, 0))
}

func TestUpstreamIsAServiceOfItsOwn(t *testing.T) {
	server := httptest.NewServer(&upstream{files: library(t), getenv: variable("0"), wait: wait})
	t.Cleanup(server.Close)

	found, err := http.Get(server.URL + "/importers/net/http")
	require.NoError(t, err)
	text, err := io.ReadAll(found.Body)
	require.NoError(t, err)
	require.NoError(t, found.Body.Close())
	assert.Equal(t, http.StatusOK, found.StatusCode)
	assert.Equal(t, "a\nb&c\nd", string(text))
	assert.Equal(t, "0", found.Header.Get("Upstream-Delay"))

	missing, err := http.Get(server.URL + "/importers/nosuch")
	require.NoError(t, err)
	require.NoError(t, missing.Body.Close())
	assert.Equal(t, "404 Not Found", missing.Status)
}

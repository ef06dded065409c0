package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/config"
	"clew/internal/price"
)

func TestPrices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.json")
	f := func(text, want string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := serveCmd{Serve: config.Serve{Prices: path}}
		book, err := c.prices()
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v, want %q", text, err, want)
			}
			return
		}
		if p, _ := book.Price(price.LambdaRequest, "eu-west-1"); err != nil || p.USD != 0.0000001 {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	f(`{"date":"2026-12-01","currency":"USD","prices":{"lambda.request":{"usd":{"eu-west-1":0.0000001}}}}`, "")
	f(`{"date":"2026-12-01"}`, "currency")
	c := serveCmd{Serve: config.Serve{Prices: path + ".none"}}
	if _, err := c.prices(); err == nil {
		t.Error("a file that is not there was read")
	}
	c.Prices = ""
	if book, err := c.prices(); err != nil || book.Date != price.Default().Date {
		t.Error("the built-in list is not the default")
	}
}

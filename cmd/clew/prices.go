package main

import (
	"fmt"
	"os"

	"clew/internal/price"
)

// prices returns the built-in list with the one that was given over it.
func (c *serveCmd) prices() (*price.Book, error) {
	if c.Prices == "" {
		return price.Default(), nil
	}
	f, err := os.Open(c.Prices)
	if err != nil {
		return nil, fmt.Errorf("serve: read prices: %w", err)
	}
	defer f.Close()
	book, err := price.Default().Over(f)
	if err != nil {
		return nil, fmt.Errorf("serve: %s: %w", c.Prices, err)
	}
	return book, nil
}

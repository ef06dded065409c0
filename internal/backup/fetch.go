package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Fetch downloads a backup from the server at url and verifies it on the way.
// A target that ends in .tar becomes that file, any other a data directory. Neither is
// there before all of it was right.
func Fetch(ctx context.Context, client *http.Client, url, token, to string) (Contents, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/"+Path, nil)
	if err != nil {
		return Contents{}, fmt.Errorf("backup: fetch: %w", err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return Contents{}, fmt.Errorf("backup: fetch: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return Contents{}, fmt.Errorf("backup: fetch: the server answers %s: %s", resp.Status, strings.TrimSpace(string(text)))
	}
	if !strings.HasSuffix(to, ".tar") {
		return Restore(resp.Body, to)
	}
	return save(resp.Body, to)
}

// save writes a backup beside its place and moves it there once it is verified.
func save(r io.Reader, to string) (c Contents, err error) {
	if _, err := os.Lstat(to); err == nil {
		return c, fmt.Errorf("backup: fetch: %s is there already", to)
	}
	f, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".part-*")
	if err != nil {
		return c, fmt.Errorf("backup: fetch: %w", err)
	}
	c, err = Read(io.TeeReader(r, f), func(_ string, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		return c, errors.Join(err, os.Remove(f.Name()))
	}
	return c, syncDir(filepath.Dir(to))
}

package notify

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// Kind is a sort of destination: its settings, and how one is made of them. Kinds
// stand in a list, in cmd/clew.
type Kind struct {
	Name     string
	Says     string
	Settings []Setting
	// Each is true where every series needs a notice of its own, with its own key,
	// because the receiver keeps incidents.
	Each bool
	New  func(s Settings, c *Client) (Destination, error)
}

// Setting is one thing to be told.
type Setting struct {
	Name     string
	Says     string
	Secret   bool // written only: nobody reads it back
	Optional bool
}

// Settings are what a destination was told, by name of setting.
type Settings map[string]string

// Check reports the first setting that is missing, unknown or cannot be.
func (k *Kind) Check(s Settings) error {
	for _, want := range k.Settings {
		if s[want.Name] == "" && !want.Optional {
			return fmt.Errorf("notify: %s needs %s: %s", k.Name, want.Name, want.Says)
		}
	}
	for name := range s {
		if !slices.ContainsFunc(k.Settings, func(w Setting) bool { return w.Name == name }) {
			return fmt.Errorf("notify: %s has no setting %q", k.Name, name)
		}
	}
	_, err := k.New(s, nil)
	return err
}

// Public returns s without its secrets.
func (k *Kind) Public(s Settings) Settings {
	out := Settings{}
	for _, want := range k.Settings {
		if v := s[want.Name]; v != "" && !want.Secret {
			out[want.Name] = v
		}
	}
	return out
}

// URL reads an address of HTTP. Its errors do not hold it: it may be a secret.
func URL(name, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("notify: %s is no address that begins with https:// or http://", name)
	}
	return u, nil
}

// ErrNoClient is what destinations made only to be checked answer.
var ErrNoClient = errors.New("notify: made without a client")

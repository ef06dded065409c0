package ingest

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"clew/internal/signal"
)

// ErrAuthDown is wrapped by an Authorize that could not look the token up: the
// sender is asked to try again instead of being told that its token is wrong.
var ErrAuthDown = errors.New("ingest: tokens cannot be checked at the moment")

// tokenOf returns the credential of a request: Bearer text, the password of
// Basic, the bare Authorization value, or one of the protocol's own headers.
func tokenOf(h http.Header, also []string) string {
	if v := h.Get("Authorization"); v != "" {
		scheme, rest, two := strings.Cut(v, " ")
		switch {
		case two && strings.EqualFold(scheme, "Bearer"):
			return strings.TrimSpace(rest)
		case two && strings.EqualFold(scheme, "Basic"):
			raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
			if err != nil {
				return ""
			}
			_, password, _ := strings.Cut(string(raw), ":")
			return password
		}
		return v
	}
	for _, name := range also {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}

func (d *Door) authorize(h Header, x *exchange) (signal.Tenant, *Fault) {
	if d.opt.Authorize == nil || x.route.Public {
		return signal.DefaultTenant, nil
	}
	token := tokenOf(h.HTTP, x.tokens)
	if token == "" && x.route.TokenInURL {
		token = h.Query.Get("token")
	}
	if token == "" {
		return "", &Fault{Status: http.StatusUnauthorized, Reason: "no token: send Authorization: Bearer <token>"}
	}
	tenant, err := d.opt.Authorize(token)
	switch {
	case errors.Is(err, ErrAuthDown):
		return "", &Fault{Status: http.StatusServiceUnavailable, Reason: "tokens cannot be checked at the moment", RetryAfter: retryBusy, Err: err}
	case err != nil:
		return "", &Fault{Status: http.StatusUnauthorized, Reason: "this token may not send data: it is unknown, revoked or has another scope"}
	}
	return tenant, nil
}

package api

import (
	"context"

	"clew/internal/signal"
)

func (a *API) getStatus(ctx context.Context, _ *struct{}) (*body[Status], error) {
	s := a.Store.Stats()
	out := &body[Status]{Body: Status{
		Version: a.Version, Started: rfc3339(signal.TimeOf(a.Started)), Endpoint: requestOf(ctx).endpoint, TokenAuth: a.TokenAuth,
		Spans: s.Rows[signal.Spans], Logs: s.Rows[signal.Logs], Points: s.Rows[signal.Points],
		DiskBytes: s.Bytes, Oldest: rfc3339(s.Oldest), Newest: rfc3339(s.Newest), Refused: []RefusedNote{},
	}}
	out.Body.Refused = append(out.Body.Refused, a.Refused()...)
	return out, nil
}

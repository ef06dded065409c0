package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/signal"
)

// How often a message is tried: after 5 s, then twice as long each time, for a day.
const (
	firstWait = 5 * time.Second
	mostWait  = 10 * time.Minute
	giveUp    = 24 * time.Hour
	batch     = 100
	abreast   = 8 // destinations served at the same time
)

// The states of a message.
const (
	waiting = "waiting"
	sent    = "sent"
	failed  = "failed"
)

// Deliver sends every message that is due. Messages to one destination go out in the
// order they were made: while the first must wait, the others do.
//
// A message that was sent but not noted as such when the process is killed goes out
// again; receivers that keep incidents know it by its key.
func (w *Watch) Deliver(ctx context.Context) {
	due, err := w.DB.OutgoingDue(ctx, w.Now(), batch)
	if err != nil {
		if ctx.Err() == nil {
			w.Logger.Error("messages were not read", "err", err)
		}
		return
	}
	type to struct {
		tenant signal.Tenant
		name   string
	}
	queues := map[to][]meta.Outgoing{}
	for _, m := range due {
		queues[to{m.Tenant, m.Destination}] = append(queues[to{m.Tenant, m.Destination}], m)
	}
	var work sync.WaitGroup
	places := make(chan struct{}, abreast)
	for _, queue := range queues {
		places <- struct{}{}
		work.Go(func() {
			defer func() { <-places }()
			for i := range queue {
				if !w.deliver(ctx, &queue[i]) {
					return
				}
			}
		})
	}
	work.Wait()
}

// deliver sends one message and notes what became of it. It returns false when the
// destination must be left alone for now.
func (w *Watch) deliver(ctx context.Context, m *meta.Outgoing) bool {
	err := w.send(ctx, m)
	if ctx.Err() != nil {
		return false // not tried for its own sake
	}
	m.Tries++
	m.State, m.Error = sent, ""
	if err != nil {
		m.State, m.Error = failed, strings.TrimPrefix(err.Error(), "notify: ")
	}
	retry, wait := notify.Temporary(err)
	if now := w.Now(); retry && now.Sub(m.Made) < giveUp {
		m.State = waiting
		m.Due = now.Add(max(wait, min(firstWait<<min(m.Tries-1, 10), mostWait)))
	}
	if err != nil {
		w.Logger.Warn("a message was not delivered", "destination", m.Destination, "tries", m.Tries, "again", m.State == waiting, "err", err)
	}
	if err := w.DB.KeepOutgoing(ctx, *m); err != nil && ctx.Err() == nil {
		w.Logger.Error("what became of a message was not kept", "destination", m.Destination, "err", err)
		return false
	}
	return m.State != waiting
}

func (w *Watch) send(ctx context.Context, m *meta.Outgoing) error {
	var n notify.Notice
	if err := json.Unmarshal(m.Notice, &n); err != nil {
		return fmt.Errorf("watch: read message: %w", err)
	}
	d, err := w.destination(ctx, m.Tenant, m.Destination)
	if err != nil {
		return err
	}
	return d.Send(ctx, &n)
}

// ErrNoDestination is returned for destinations that are not there.
var ErrNoDestination = errors.New("watch: no such destination")

// destination makes what a name stands for.
func (w *Watch) destination(ctx context.Context, t signal.Tenant, name string) (notify.Destination, error) {
	all, err := w.DB.AlertDestinations(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.Name != name {
			continue
		}
		k, ok := w.kind(d.Kind)
		if !ok {
			return nil, fmt.Errorf("%w: this build has no kind %q", ErrNoDestination, d.Kind)
		}
		settings, err := w.Key.open(d)
		if err != nil {
			return nil, err
		}
		return k.New(settings, w.Client)
	}
	return nil, fmt.Errorf("%w: %s", ErrNoDestination, name)
}

func (w *Watch) kind(name string) (notify.Kind, bool) {
	for _, k := range w.Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return notify.Kind{}, false
}

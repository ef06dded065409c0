// Package notify sends messages about alerts to where people look: one folder a
// destination. It decides nothing about what is sent, to whom and when, and keeps
// nothing; whoever calls it retries what may be retried.
package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Action is what a notice says.
type Action string

// The actions.
const (
	Fires    Action = "firing"
	Again    Action = "still firing"
	Resolved Action = "resolved"
	Test     Action = "test"
)

// Notice is one message: one rule, and one or more of its series that changed.
type Notice struct {
	Action   Action
	Rule     string
	Severity string // critical, warning or info
	At       time.Time
	// Key names the incident: every notice about it has the same, so that receivers
	// that know incidents open, update and close one.
	Key   string
	Items []Item
	Say   string // what the rule adds; may be empty
	URL   string // of the rule's page
}

// Item is one series of a notice.
type Item struct {
	Resource string // what the series is of; empty: the rule has one series
	Why      string // the measured value and the bound, in one line
	Cause    string // what went wrong, in one line; may be empty
	Count    uint64 // rows behind it
	URL      string // of the newest transaction or the issue behind it; may be empty
}

// Line says an item in one line: cause, resource and count.
func (i *Item) Line() string {
	var parts []string
	if i.Resource != "" {
		parts = append(parts, i.Resource)
	}
	if i.Cause != "" {
		parts = append(parts, i.Cause)
	}
	if i.Count > 0 {
		parts = append(parts, fmt.Sprintf("%d×", i.Count))
	}
	line := strings.Join(parts, " · ")
	if i.Why == "" {
		return line
	}
	if line == "" {
		return i.Why
	}
	return line + " (" + i.Why + ")"
}

// Title says a notice in one line.
func (n *Notice) Title() string {
	title := fmt.Sprintf("[%s] %s", strings.ToUpper(string(n.Action)), n.Rule)
	if len(n.Items) == 1 {
		if line := n.Items[0].Line(); line != "" {
			title += ": " + line
		}
	} else if len(n.Items) > 1 {
		title += fmt.Sprintf(": %d resources", len(n.Items))
	}
	return title
}

// mostLines bounds the items that a text lists.
const mostLines = 20

// Text lists what a notice says, a line an item, without its title. link writes a line
// as the destination wants it; url is where it leads, or empty.
func (n *Notice) Text(link func(text, url string) string) string {
	var lines []string
	for i := range n.Items {
		if i == mostLines {
			lines = append(lines, link(fmt.Sprintf("and %d more", len(n.Items)-mostLines), ""))
			break
		}
		lines = append(lines, link(n.Items[i].Line(), n.Items[i].URL))
	}
	if n.Say != "" {
		lines = append(lines, link(n.Say, ""))
	}
	if n.URL != "" {
		lines = append(lines, link("Rule "+n.Rule, n.URL))
	}
	return strings.Join(lines, "\n")
}

// Plain writes a link for destinations that show addresses as they are.
func Plain(text, url string) string { return strings.TrimSpace(text + " " + url) }

// Link returns the address a notice leads to first.
func (n *Notice) Link() string {
	for i := range n.Items {
		if n.Items[i].URL != "" {
			return n.Items[i].URL
		}
	}
	return n.URL
}

// Color is that of the notice in chats, as 0xRRGGBB.
func (n *Notice) Color() int {
	switch {
	case n.Action == Resolved:
		return 0x2e7d32
	case n.Action == Test || n.Severity == "info":
		return 0x1565c0
	case n.Severity == "critical":
		return 0xc62828
	}
	return 0xef6c00
}

// Destination delivers notices. Send returns nil when the receiver has taken n. Any
// error holds no secret of the destination; Temporary tells those that may be gone
// when it is tried again.
type Destination interface {
	Send(ctx context.Context, n *Notice) error
}

// Error is an answer that is no success, or none at all.
type Error struct {
	Status    int           // of HTTP or SMTP; 0 without an answer
	Said      string        // the beginning of the answer
	Retry     bool          // trying again may help
	RetryWait time.Duration // what the receiver asked for; 0: nothing
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return "notify: no answer: " + e.Said
	}
	text := fmt.Sprintf("notify: answered %d", e.Status)
	if e.Said != "" {
		text += ": " + e.Said
	}
	return text
}

// Temporary reports whether sending again may succeed, and how long the receiver
// asked to wait.
func Temporary(err error) (retry bool, wait time.Duration) {
	var e *Error
	if !errors.As(err, &e) {
		return false, 0
	}
	return e.Retry, e.RetryWait
}

// Truncate cuts s to at most n characters, the last of which is then "…".
func Truncate(s string, n int) string {
	runes := 0
	for i := range s {
		if runes++; runes == n {
			if len(s) > i+1 && len([]rune(s[i:])) > 1 {
				return s[:i] + "…"
			}
			return s
		}
	}
	return s
}

package alert

import (
	"slices"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

// Status is what a series is.
type Status string

// The statuses. NoData is the one before there was any, too.
const (
	OK      Status = "ok"
	Pending Status = "pending" // beyond the bound, not yet for as long as the rule wants
	Firing  Status = "firing"
	NoData  Status = "no data"
)

// Point is what one window of a series measured. Windows without rows have none.
type Point struct {
	At      signal.Time // start of the window
	Value   float64
	Samples uint64  // rows behind it
	Bound   float64 // of a condition in sigma, where Usual is set
	Usual   bool    // there is a baseline for this window
}

// Transition is one change of a series' status.
type Transition struct {
	Window   signal.Time // start of the window that decided
	At       signal.Time // end of that window; when Early, the moment it was seen
	From, To Status
	Opens    bool // somebody has to be told that it fires
	Resolves bool // somebody has to be told that it is over
	Early    bool // the window was still open
	// Revised says that late data changed what windows before had said. With From
	// and To the same, only the past changed: what was sent stays sent.
	Revised bool

	Value   float64 // of the window; meaningless without Samples
	Samples uint64
	Bound   float64
	Beyond  int // windows of those that decided
}

// progress is the state machine after the windows before Next.
type progress struct {
	Next   signal.Time // start of the window to come
	Recent []byte      // verdicts of the windows before, oldest first: 0 within, X beyond, - no data
	Status Status
	Open   bool        // fired, and not over yet
	Since  signal.Time // of Status
	Held   signal.Time // end of the first window since which it is beyond; 0: it is not
	Calm   signal.Time // as Held, of an open one that is within again
}

// told is what the world was told.
type told struct {
	Status Status
	Open   bool
}

// mark is a transition that was made.
type mark struct {
	Window signal.Time
	told
}

// State is what is kept of a series from step to step. It can be written down as
// JSON between any two. The zero value is nothing yet; Begin makes the first.
type State struct {
	Base  progress // two windows back: late data is stepped over again from here
	Now   progress // after the last closed window
	Marks []mark   // made since Base
	Told  told
	Early signal.Time // window that fired before its end; 0: none
	Fresh bool        // has not been stepped: what happened before is not told
}

// revisable is how many closed windows late data may still change.
const revisable = 2

// Begin returns the state of a series that nobody watched before now. What its last
// windows say counts, as far back as one decision looks.
func (r *Rule) Begin(now signal.Time) State {
	back := r.lookback + int((r.Hold+r.Width-1)/r.Width) + revisable
	from := r.align(now).Add(-time.Duration(back) * r.Width)
	s := r.From0(from)
	s.Fresh = true
	return s
}

// From0 returns the state of a series that begins with the window of at.
func (r *Rule) From0(at signal.Time) State {
	p := progress{Next: r.align(at), Status: NoData, Since: r.align(at)}
	return State{Base: p, Now: p, Told: told{Status: NoData}}
}

// Needs returns the times whose points the next Step wants.
func (s *State) Needs(now signal.Time) signal.Range {
	return signal.Range{From: s.Base.Next, To: max(now, s.Base.Next) + 1}
}

// align returns the start of the window of at.
func (r *Rule) align(at signal.Time) signal.Time {
	return at - at%signal.Time(r.Width)
}

// Step brings a series from s to now. points are those of s.Needs, oldest first; of
// closed windows they are final but for late data, of open ones what there is so far.
// It is pure: steps of any length, and steps after s was written down and read again,
// make the same transitions.
func Step(r *Rule, s State, points []Point, now signal.Time) (State, []Transition) {
	m := stepping{rule: r, State: s, points: points, now: now}
	open := s.Base.Open
	m.compare(m.replay(), open)
	m.Told = m.toldNow()
	m.early()
	m.Fresh = false
	return m.State, m.out
}

type stepping struct {
	rule *Rule
	State
	points []Point
	now    signal.Time
	before progress // as the windows that were decided before are seen now
	out    []Transition
}

// replay steps over the closed windows since the base, and moves the base.
func (m *stepping) replay() (made []Transition) {
	r := m.rule
	closed := r.Open(m.now)
	decided := m.Now.Next
	for p := m.Base; ; {
		if p.Next == decided {
			m.before = p.copy()
		}
		if p.Next <= closed.Add(-revisable*r.Width) || p.Next == m.Base.Next {
			m.Base = p.copy()
		}
		if p.Next >= decided && p.Next.Add(r.Width) > closed {
			m.Now = p
			return made
		}
		if t := p.advance(r, m.at(p.Next), r.judge(m.at(p.Next))); t != nil {
			made = append(made, *t)
		}
	}
}

func (m *stepping) at(window signal.Time) *Point {
	if i := search(m.points, window); i < len(m.points) && m.points[i].At == window {
		return &m.points[i]
	}
	return nil
}

// compare tells what is new in made, and whether what was decided before is so still.
func (m *stepping) compare(made []Transition, open bool) {
	marks := make([]mark, len(made))
	for i := range made {
		open = made[i].Opens || open && !made[i].Resolves
		marks[i] = mark{made[i].Window, told{made[i].To, open}}
	}
	old := 0
	for old < len(made) && made[old].Window < m.before.Next {
		old++
	}
	same := slices.Equal(m.Marks, marks[:old])
	m.Marks = slices.DeleteFunc(marks, func(k mark) bool { return k.Window < m.Base.Next })
	if m.Fresh {
		m.first(made)
		return
	}
	if m.Early != 0 && m.before.Open { // told already, but for a window before
		m.Early = 0
	} else if !same && m.Early == 0 {
		m.revise(m.before)
	}
	for _, t := range made[old:] {
		if m.Early == 0 {
			m.out = append(m.out, t)
		} else if t.Opens { // told already
			m.Early = 0
		}
	}
	if m.Early != 0 && m.Early < m.Now.Next { // its window closed, and says otherwise
		m.Early = 0
		m.revise(m.Now)
	}
}

// first tells only how things stand, where nobody watched before.
func (m *stepping) first(made []Transition) {
	if m.Now.Open == m.Told.Open {
		return
	}
	for _, t := range slices.Backward(made) {
		if t.Opens || t.Resolves {
			t.From = m.Told.Status
			m.out = append(m.out, t)
			return
		}
	}
	m.revise(m.Now) // what was open is so no more
}

// revise tells that late data changed the past, and the present if it did.
func (m *stepping) revise(p progress) {
	t := Transition{Window: p.Next.Add(-m.rule.Width), At: p.Next, From: m.Told.Status, To: p.Status, Revised: true}
	t.Opens, t.Resolves = p.Open && !m.Told.Open, !p.Open && m.Told.Open
	t.measure(m.rule, m.at(t.Window), p.Recent)
	m.out = append(m.out, t)
}

func (m *stepping) toldNow() told {
	if m.Early != 0 {
		return told{Firing, true}
	}
	return told{m.Now.Status, m.Now.Open}
}

// early tells that it fires when the windows that are still open are beyond already,
// and nothing that may come can change that.
func (m *stepping) early() {
	r := m.rule
	if m.Told.Open || !r.Early() {
		return
	}
	for p := m.Now.copy(); p.Next <= m.now; {
		v, window := within, m.at(p.Next)
		if window != nil && r.judge(window) == beyond {
			v = beyond
		}
		at := p.Next
		t := p.advance(r, window, v)
		if t == nil || !t.Opens {
			continue
		}
		if v != beyond {
			return
		}
		t.Early, t.At, t.From = true, m.now, m.Told.Status
		m.Early, m.Told = at, told{Firing, true}
		m.out = append(m.out, *t)
		return
	}
}

// Early reports whether the rule may fire before a window is over.
func (r *Rule) Early() bool {
	return r.Hold == 0 && !r.Bounded.Sigma && r.Measured.grows() && (r.Bounded.Op == query.Gt || r.Bounded.Op == query.Ge)
}

// Open returns the start of the first window that late data may still change without
// that being a revision.
func (r *Rule) Open(now signal.Time) signal.Time { return r.align(now.Add(-r.Wait)) }

// judge says what a window says. p is nil where there were no rows.
func (r *Rule) judge(p *Point) verdict {
	if p == nil && r.zero {
		p = &Point{}
	}
	if p == nil || p.Samples < uint64(r.MinSamples) {
		return absent
	}
	bound, ok := r.Bound(p)
	if ok && r.Bounded.met(p.Value, bound) {
		return beyond
	}
	return within
}

// Bound returns what the window is compared with; ok is false where a condition in
// sigma has neither a baseline nor a fallback.
func (r *Rule) Bound(p *Point) (bound float64, ok bool) {
	switch {
	case !r.Bounded.Sigma:
		return r.Bounded.Bound, true
	case p.Usual:
		return p.Bound, true
	}
	return r.fallback, !r.noFallback
}

const letters = "-0X"

func (p *progress) copy() progress {
	q := *p
	q.Recent = slices.Clone(p.Recent)
	return q
}

// advance takes the next window, and returns the transition it makes, if any.
func (p *progress) advance(r *Rule, window *Point, v verdict) *Transition {
	p.Recent = append(slices.Clone(p.Recent), letters[v])
	if n := len(p.Recent) - r.lookback; n > 0 {
		p.Recent = p.Recent[n:]
	}
	at := p.Next
	p.Next = at.Add(r.Width)
	from, open := p.Status, p.Open
	p.decide(r, evaluate(verdicts(p.Recent, r.lookback), r.M, r.N, r.Treatment))
	if p.Status == from && p.Open == open {
		return nil
	}
	p.Since = p.Next
	t := &Transition{Window: at, At: p.Next, From: from, To: p.Status, Opens: p.Open && !open, Resolves: open && !p.Open}
	t.measure(r, window, p.Recent)
	return t
}

// decide changes the status after a window that ends at Next.
func (p *progress) decide(r *Rule, a answer) {
	switch a {
	case alarm:
		p.Calm = 0
		if p.Held == 0 {
			p.Held = p.Next
		}
		p.Open = p.Open || p.Next.Sub(p.Held) >= r.Hold
		if p.Status = Pending; p.Open {
			p.Status = Firing
		}
	case calm:
		p.Held = 0
		if p.Open && p.Calm == 0 {
			p.Calm = p.Next
		}
		if p.Open = p.Open && p.Next.Sub(p.Calm) < r.Linger; p.Open {
			p.Status = Firing
			return
		}
		p.Status, p.Calm = OK, 0
	case unknown: // an open one stays open: no data is no recovery
		p.Status, p.Held, p.Calm = NoData, 0, 0
	}
}

func verdicts(recent []byte, lookback int) []verdict {
	out := make([]verdict, lookback)
	for i, c := range recent {
		v := absent
		switch c {
		case letters[within]:
			v = within
		case letters[beyond]:
			v = beyond
		}
		out[lookback-len(recent)+i] = v
	}
	return out
}

// measure notes what the deciding windows were.
func (t *Transition) measure(r *Rule, window *Point, recent []byte) {
	if window != nil {
		t.Value, t.Samples = window.Value, window.Samples
		t.Bound, _ = r.Bound(window)
	} else if !r.Bounded.Sigma {
		t.Bound = r.Bounded.Bound
	}
	seen := 0
	for i := len(recent) - 1; i >= 0 && seen < r.N; i-- {
		if recent[i] == letters[absent] {
			continue
		}
		seen++
		if recent[i] == letters[beyond] {
			t.Beyond++
		}
	}
}

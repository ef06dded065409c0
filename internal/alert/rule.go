// Package alert is what a rule is and how it is decided: rules as data, read from
// YAML or JSON, and the pure state machine that turns the points of a series into
// firing and resolved. It has no clock, no store and no destinations: the same code
// runs live, explains why a rule fired, and tries a rule on the past.
package alert

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

// What a rule may look at. Issues are occurrences of issues, with the fields type,
// issue, title, resource, cause, version, new and transaction.
const (
	Spans  = "spans"
	Logs   = "logs"
	Issues = "issues"
)

// Spec is a rule as people write it. Compile makes a Rule of it; empty fields get the
// values of its preset, then those named here.
type Spec struct {
	Name         string   `yaml:"name" json:"name" doc:"what people call it; unique"`
	When         string   `yaml:"when,omitempty" json:"when,omitempty" doc:"issue type: error, timeout, oom, throttle, iterator age, cold-start storm, loop, partial batch, new issue"`
	From         string   `yaml:"from,omitempty" json:"from,omitempty" doc:"spans (default), logs or issues"`
	Scope        string   `yaml:"scope,omitempty" json:"scope,omitempty" doc:"query text that selects rows; all when empty"`
	Measure      string   `yaml:"measure,omitempty" json:"measure,omitempty" doc:"count (default), errors, rate, ratio, avg, max, p50 to p99, sum(field), distinct(field)"`
	By           []string `yaml:"by,omitempty" json:"by,omitempty" doc:"fields that make a series each; function and resource stand for the first of several fields, as a|b does"`
	Window       string   `yaml:"window,omitempty" json:"window,omitempty" doc:"length of a window, 5m when empty; windows begin at multiples of it"`
	Condition    string   `yaml:"condition,omitempty" json:"condition,omitempty" doc:">= 10, > 200ms, > 5%, or > 3 sigma above the baseline of the hour of the week"`
	Windows      string   `yaml:"windows,omitempty" json:"windows,omitempty" doc:"how many windows must be beyond the bound: 2 of 3; 1 of 1 when empty"`
	Range        int      `yaml:"range,omitempty" json:"range,omitempty" doc:"windows looked at to find N with data; N for counts, else N + 2"`
	Missing      string   `yaml:"missing,omitempty" json:"missing,omitempty" doc:"windows without data: notBreaching (default), breaching, ignore, missing; counts without it are 0"`
	For          string   `yaml:"for,omitempty" json:"for,omitempty" doc:"how long it must hold before it fires"`
	KeepFiring   string   `yaml:"keep_firing_for,omitempty" json:"keep_firing_for,omitempty" doc:"how long it must be over before it resolves"`
	Delay        string   `yaml:"delay,omitempty" json:"delay,omitempty" doc:"how long a window waits for late data after its end, 15s when empty"`
	MinSamples   int      `yaml:"min_samples,omitempty" json:"min_samples,omitempty" doc:"windows with fewer rows are as without data; 30 for sigma"`
	Fallback     string   `yaml:"fallback,omitempty" json:"fallback,omitempty" doc:"bound of a sigma condition while there is no baseline yet"`
	Severity     string   `yaml:"severity,omitempty" json:"severity,omitempty" doc:"critical, warning (default) or info"`
	Destinations []string `yaml:"destinations,omitempty" json:"destinations,omitempty" doc:"names of those who are told"`
	Renotify     string   `yaml:"renotify,omitempty" json:"renotify,omitempty" doc:"tell again while it fires, after this long; never when empty"`
	Active       []string `yaml:"active,omitempty" json:"active,omitempty" doc:"times in which messages are sent, such as Mon-Fri 08:00-18:00 Europe/Berlin; always when empty"`
	Mute         []string `yaml:"mute,omitempty" json:"mute,omitempty" doc:"times in which none are sent"`
	Say          string   `yaml:"say,omitempty" json:"say,omitempty" doc:"sentence at the end of messages: a runbook, for example"`
	Disabled     bool     `yaml:"disabled,omitempty" json:"disabled,omitempty"`
}

// Rule is a Spec that was found right, ready to be decided.
//
// Its Spec has the defaults filled in; Written is without.
type Rule struct {
	Spec
	Written    Spec
	Type       signal.Type
	Where      *query.Expr
	Fields     [][]string // for each By: the fields of which the first that a row has counts
	Measured   Measure
	Width      time.Duration
	Bounded    Condition
	M, N       int
	Treatment  Missing
	Hold       time.Duration // For
	Linger     time.Duration // KeepFiring
	Wait       time.Duration // Delay
	Again      time.Duration // Renotify; 0: never
	lookback   int           // windows one decision may look at
	zero       bool          // windows without rows have the value 0
	fallback   float64       // bound without a baseline
	noFallback bool
	active     []span
	mute       []span
}

// FieldError says which field of a rule is wrong. Col is where in its text, from 1,
// or 0.
type FieldError struct {
	Field string
	Col   int
	Msg   string
}

func (e *FieldError) Error() string {
	if e.Col > 0 {
		return fmt.Sprintf("%s: col %d: %s", e.Field, e.Col, e.Msg)
	}
	return e.Field + ": " + e.Msg
}

// Severities, most urgent first.
var severities = []string{"critical", "warning", "info"}

// Compile checks s. Errors are *FieldError.
func Compile(s Spec) (*Rule, error) {
	r := &Rule{Spec: s, Written: s}
	c := compiling{rule: r}
	preset := c.preset()
	c.defaults(preset.Spec)
	c.scope(preset.Scope)
	c.field("measure", func() (err error) { r.Measured, err = parseMeasure(r.Measure); return err })
	c.field("condition", func() (err error) { r.Bounded, err = parseCondition(r.Condition); return err })
	c.field("windows", func() (err error) { r.M, r.N, err = parseShare(r.Windows); return err })
	c.durations()
	c.groups()
	c.missing()
	c.words()
	c.field("active", func() (err error) { r.active, err = parseTimes(s.Active); return err })
	c.field("mute", func() (err error) { r.mute, err = parseTimes(s.Mute); return err })
	c.field("measure", c.agree)
	if c.err != nil {
		return nil, c.err
	}
	return r, nil
}

// compiling checks the fields of a rule until the first that is wrong.
type compiling struct {
	rule *Rule
	err  error
}

func (c *compiling) field(name string, check func() error) {
	if c.err != nil {
		return
	}
	if err := check(); err != nil {
		c.fail(name, 0, "%s", err)
	}
}

func (c *compiling) fail(field string, col int, format string, args ...any) {
	if c.err == nil {
		c.err = &FieldError{field, col, fmt.Sprintf(format, args...)}
	}
}

func (c *compiling) preset() Preset {
	if c.rule.Name = strings.TrimSpace(c.rule.Name); c.rule.Name == "" {
		c.fail("name", 0, "expected a name")
	}
	if len(c.rule.Name) > 200 {
		c.fail("name", 0, "expected at most 200 bytes")
	}
	if c.rule.When == "" {
		return Preset{}
	}
	p, ok := presetOf(c.rule.When)
	if !ok {
		var names []string
		for _, p := range presets {
			names = append(names, p.Name)
		}
		c.fail("when", 0, "expected one of %s, found %q", strings.Join(names, ", "), c.rule.When)
	}
	return p
}

// defaults fills in what the rule does not say.
func (c *compiling) defaults(p Spec) {
	r := c.rule
	r.From = cmp.Or(r.From, p.From, Spans)
	r.Measure = cmp.Or(r.Measure, p.Measure, string(Count))
	r.Window = cmp.Or(r.Window, p.Window, "5m")
	r.Condition = cmp.Or(r.Condition, p.Condition)
	r.Windows = cmp.Or(r.Windows, p.Windows, "1 of 1")
	r.Severity = cmp.Or(r.Severity, p.Severity, "warning")
	r.Delay = cmp.Or(r.Delay, "15s")
	if r.By == nil {
		r.By = slices.Clone(p.By)
	}
}

func (c *compiling) scope(preset string) {
	r := c.rule
	types := map[string]signal.Type{Spans: signal.Spans, Logs: signal.Logs, Issues: signal.Logs}
	t, ok := types[r.From]
	if !ok {
		c.fail("from", 0, "expected spans, logs or issues, found %q", r.From)
	}
	r.Type = t
	own, err := query.Parse(r.Scope)
	if err != nil {
		syntax, _ := err.(*query.SyntaxError) // Parse returns no other
		c.fail("scope", syntax.Col, "%s", syntax.Msg)
		return
	}
	base, err := query.Parse(preset)
	if err != nil {
		c.fail("when", 0, "%s", err)
	}
	r.Where = query.All(base, own)
}

// The bounds of a rule's times.
const (
	shortest = 10 * time.Second
	longest  = 24 * time.Hour
)

func (c *compiling) durations() {
	r := c.rule
	for _, d := range []struct {
		field, text string
		to          *time.Duration
	}{{"window", r.Window, &r.Width}, {"for", r.For, &r.Hold}, {"keep_firing_for", r.KeepFiring, &r.Linger}, {"delay", r.Delay, &r.Wait}, {"renotify", r.Renotify, &r.Again}} {
		if d.text != "" {
			c.field(d.field, func() (err error) { *d.to, err = parseDuration(d.text); return err })
		}
	}
	if c.err == nil && (r.Width < shortest || r.Width > longest || longest%r.Width != 0) {
		c.fail("window", 0, "expected 10s to 24h that fit a whole number of times into a day, found %s", r.Window)
	}
	if c.err == nil && r.Wait > time.Hour {
		c.fail("delay", 0, "expected at most 1h")
	}
	if c.err == nil && r.Again > 0 && r.Again < time.Minute {
		c.fail("renotify", 0, "expected at least 1m")
	}
}

func (c *compiling) groups() {
	r := c.rule
	if len(r.By) > 4 {
		c.fail("by", 0, "expected at most 4 fields")
	}
	for _, by := range r.By {
		fields := groups[by]
		if r.From == Issues || fields == nil {
			fields = strings.Split(by, "|")
		}
		if slices.Contains(fields, "") {
			c.fail("by", 0, "expected a field, found %q", by)
		}
		r.Fields = append(r.Fields, fields)
	}
}

func (c *compiling) missing() {
	r := c.rule
	r.Treatment = Missing(cmp.Or(r.Missing, string(NotBreaching)))
	if !slices.Contains([]Missing{NotBreaching, Breaching, Ignore, MissingIsMissing}, r.Treatment) {
		c.fail("missing", 0, "expected notBreaching, breaching, ignore or missing, found %q", r.Missing)
	}
	r.zero = r.Missing == "" && r.Measured.counts()
	if r.lookback = r.N + 2; r.Measured.counts() {
		r.lookback = r.N
	}
	if r.Range != 0 {
		r.lookback = r.Range
	}
	if r.lookback < r.N || r.lookback > mostWindows {
		c.fail("range", 0, "expected %d to %d windows", r.N, mostWindows)
	}
	if r.MinSamples == 0 && r.Bounded.Sigma {
		r.MinSamples = 30
	}
	if r.MinSamples < 0 {
		c.fail("min_samples", 0, "expected 0 or more")
	}
	if r.noFallback = r.Fallback == ""; !r.noFallback {
		c.field("fallback", func() (err error) { r.fallback, err = parseNumber(r.Fallback); return err })
	}
}

func (c *compiling) words() {
	r := c.rule
	if !slices.Contains(severities, r.Severity) {
		c.fail("severity", 0, "expected %s, found %q", strings.Join(severities, ", "), r.Severity)
	}
	for _, d := range r.Destinations {
		if strings.TrimSpace(d) == "" {
			c.fail("destinations", 0, "expected the name of a destination")
		}
	}
}

// agree refuses what cannot be measured.
func (c *compiling) agree() error {
	r := c.rule
	if r.Type == signal.Logs && r.Measured.IsDuration() {
		return fmt.Errorf("%s have no durations to take %s of", r.From, r.Measure)
	}
	if r.Bounded.Sigma && r.Measured.Aggregate != Quantile && r.Measured.Aggregate != Avg {
		return fmt.Errorf("expected avg or p50 to p99 for a bound in sigma")
	}
	return nil
}

// Decides returns what the rule decides by, as text: rules that differ only in what
// they are called and in who is told have the same.
func (r *Rule) Decides() string {
	s := r.Spec
	s.Name, s.Severity, s.Destinations, s.Renotify, s.Active, s.Mute, s.Say, s.Disabled = "", "", nil, "", nil, nil, "", false
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return string(text)
}

package api

import "clew/internal/alert"

// This file is what the API says of alerts. Values of a measure are numbers in its own
// unit: durations in nanoseconds, ratios from 0 to 1.

// AlertList answers GET /api/alerts: every series of every rule that is not well,
// or all of them with all=true; firing first.
type AlertList struct {
	Alerts  []AlertRow `json:"alerts"`
	Firing  int        `json:"firing"`
	Pending int        `json:"pending"`
	NoData  int        `json:"no_data"`
	Series  int        `json:"series" doc:"of all rules, well ones included"`
	Rules   int        `json:"rules"`
	Answer
}

// AlertRow is one series of a rule.
type AlertRow struct {
	Rule     string   `json:"rule"`
	Severity string   `json:"severity" enum:"critical,warning,info"`
	Group    []string `json:"group" doc:"values of the rule's by; empty: the rule has one series"`
	Status   string   `json:"status" enum:"ok,pending,firing,no data"`
	Since    string   `json:"since,omitempty" format:"date-time"`
	Open     bool     `json:"open" doc:"it fired, and is not over yet"`
	Told     string   `json:"told,omitempty" format:"date-time" doc:"when a message about it was sent last; absent: none was"`
	Silenced bool     `json:"silenced,omitempty" doc:"by a silence or the rule's schedule"`
	Value    *float64 `json:"value,omitempty" doc:"of the newest window that has data"`
	Bound    *float64 `json:"bound,omitempty"`
	Shown    string   `json:"shown,omitempty" doc:"the value, for people"`
	At       string   `json:"at,omitempty" format:"date-time" doc:"start of that window"`
	Why      string   `json:"why,omitempty" doc:"of its last change, in one line"`
}

// AlertRuleList answers GET /api/alerts/rules.
type AlertRuleList struct {
	Rules   []AlertRule   `json:"rules"`
	Presets []AlertPreset `json:"presets" doc:"issue types that a rule may name in when"`
}

// AlertRule is one rule and how it stands.
type AlertRule struct {
	Rule    alert.Spec `json:"rule" doc:"as it was written"`
	Full    alert.Spec `json:"full" doc:"with everything it does not say filled in"`
	Updated string     `json:"updated" format:"date-time"`
	Status  string     `json:"status" enum:"ok,pending,firing,no data,disabled,failed" doc:"the worst of its series"`
	Series  int        `json:"series"`
	Firing  int        `json:"firing"`
	Failed  string     `json:"failed,omitempty" doc:"why it could not be evaluated last"`
}

// AlertPreset is an issue type that a rule may name.
type AlertPreset struct {
	Name  string     `json:"name"`
	Says  string     `json:"says"`
	Scope string     `json:"scope"`
	Rule  alert.Spec `json:"rule" doc:"what holds where a rule says nothing"`
}

// AlertRules is what POST /api/alerts/rules takes, as JSON or YAML.
type AlertRules struct {
	Rules []alert.Spec `json:"rules"`
}

// AlertsKept answers a POST of rules.
type AlertsKept struct {
	Kept []string `json:"kept" doc:"names of the rules that were made or replaced"`
}

// AlertTry is what POST /api/alerts/backtest takes.
type AlertTry struct {
	Rule alert.Spec `json:"rule"`
	From string     `json:"from,omitempty" doc:"as in lists; now-24h when absent"`
	To   string     `json:"to,omitempty" doc:"now when absent"`
}

// AlertTrials answers a back-test: what the rule would have done, by the same steps.
type AlertTrials struct {
	From     string       `json:"from" format:"date-time"`
	To       string       `json:"to" format:"date-time"`
	WindowNS int64        `json:"window_ns"`
	Duration bool         `json:"duration" doc:"values are nanoseconds"`
	Series   []AlertTrial `json:"series" doc:"those that fired most first; at most 100"`
	Cut      int          `json:"cut,omitempty" doc:"series left out"`
	Notices  int          `json:"notices" doc:"messages it would have sent, of all series"`
	FiringNS int64        `json:"firing_ns"`
	Flapping float64      `json:"flapping" doc:"incidents an hour of firing; 0 when it never fired"`
	TookMS   float64      `json:"took_ms"`
}

// AlertTrial is one series of a back-test. Its points are columns.
type AlertTrial struct {
	Group    []string      `json:"group"`
	Notices  int           `json:"notices"`
	FiringNS int64         `json:"firing_ns"`
	First    string        `json:"first,omitempty" format:"date-time" doc:"when it fired first"`
	At       []int64       `json:"at" doc:"starts of the windows with data, in seconds since 1970"`
	Value    []float64     `json:"value"`
	Bound    []float64     `json:"bound" doc:"one for all windows, or one each where it is a baseline's"`
	Changes  []AlertChange `json:"changes"`
}

// AlertChange is one change of a series.
type AlertChange struct {
	Rule     string   `json:"rule,omitempty"`
	Group    []string `json:"group,omitempty"`
	At       string   `json:"at" format:"date-time"`
	From     string   `json:"from" enum:"ok,pending,firing,no data"`
	To       string   `json:"to" enum:"ok,pending,firing,no data"`
	Notice   string   `json:"notice,omitempty" enum:"firing,resolved" doc:"the message it makes"`
	Early    bool     `json:"early,omitempty" doc:"before the window was over"`
	Revised  bool     `json:"revised,omitempty" doc:"by late data"`
	Value    float64  `json:"value"`
	WindowAt string   `json:"window_at" format:"date-time"`
	Why      string   `json:"why"`
}

// AlertHistory answers GET /api/alerts/history?rule&from&to&limit, newest first.
type AlertHistory struct {
	Changes []AlertChange `json:"changes"`
	Answer
}

// AlertSilenceList answers GET /api/alerts/silences.
type AlertSilenceList struct {
	Silences []AlertSilence `json:"silences" doc:"that have not ended, by when they do"`
}

// AlertSilence keeps messages from being sent.
type AlertSilence struct {
	ID      string `json:"id,omitempty" doc:"absent in a POST: a new one"`
	Rule    string `json:"rule,omitempty" doc:"of this rule only"`
	Group   string `json:"group,omitempty" doc:"text that the series must hold"`
	From    string `json:"from,omitempty" doc:"now when absent"`
	Until   string `json:"until" doc:"RFC 3339, or a duration from now: 2h"`
	Comment string `json:"comment,omitempty"`
	By      string `json:"by,omitempty"`
}

// AlertDestinationList answers GET /api/alerts/destinations.
type AlertDestinationList struct {
	Destinations []AlertDestination     `json:"destinations"`
	Kinds        []AlertDestinationKind `json:"kinds"`
}

// AlertDestination is somebody to be told. Secrets are written, never read.
type AlertDestination struct {
	Name     string            `json:"name"`
	Kind     string            `json:"kind"`
	Settings map[string]string `json:"settings" doc:"without secrets when read; a secret left out of a POST stays what it was"`
	Broken   string            `json:"broken,omitempty" doc:"why it cannot be used"`
}

// AlertDestinationKind is a kind of destination and what it wants to be told.
type AlertDestinationKind struct {
	Name     string         `json:"name"`
	Says     string         `json:"says"`
	Settings []AlertSetting `json:"settings"`
}

// AlertSetting is one thing that a destination wants to be told.
type AlertSetting struct {
	Name     string `json:"name"`
	Says     string `json:"says"`
	Secret   bool   `json:"secret,omitempty"`
	Optional bool   `json:"optional,omitempty"`
}

// AlertTest is what POST /api/alerts/test takes.
type AlertTest struct {
	Destination string `json:"destination"`
}

// AlertTested answers a test message.
type AlertTested struct {
	Sent   bool    `json:"sent"`
	Error  string  `json:"error,omitempty" doc:"why the receiver did not take it"`
	TookMS float64 `json:"took_ms"`
}

// AlertMessageList answers GET /api/alerts/messages, newest first.
type AlertMessageList struct {
	Messages []AlertMessage `json:"messages"`
}

// AlertMessage is one message to one destination.
type AlertMessage struct {
	Destination string `json:"destination"`
	Title       string `json:"title"`
	Made        string `json:"made" format:"date-time"`
	State       string `json:"state" enum:"waiting,sent,failed"`
	Tries       int    `json:"tries"`
	Error       string `json:"error,omitempty" doc:"of the last try"`
}

// Done answers what has nothing to say.
type Done struct {
	Done bool `json:"done"`
}

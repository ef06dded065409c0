package api

// This file is what the REST API says of issues. See wire.go for the units.

// IssueList answers GET /api/issues?q&from&to&state&sort&limit&cursor: the issues
// that occurred in the range.
type IssueList struct {
	Issues []IssueRow `json:"issues"`
	Next   string     `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
	Empty  *Empty     `json:"empty,omitempty" doc:"why there is nothing, when there is nothing"`
	Answer
}

// IssueRow is one issue as lists show it.
type IssueRow struct {
	ID       string        `json:"id" doc:"16 hex digits: the same fault has the same id for ever"`
	Type     string        `json:"type" enum:"oom,timeout,crash,throttle,loop,poison-message,partial-batch,error,async-drop,silent,slow,cold-starts"`
	Title    string        `json:"title"`
	State    string        `json:"state" enum:"open,ignored,resolved,regressed"`
	Until    string        `json:"until,omitempty" format:"date-time" doc:"ignored: when it is open again; absent: for good"`
	Resource IssueResource `json:"resource" doc:"where it shows"`
	Count    int           `json:"count" doc:"occurrences in the range, exact"`
	Total    int           `json:"total" doc:"occurrences ever, exact"`
	Users    int           `json:"users" doc:"different users among the occurrences kept; 0 when nobody says who they are"`
	First    string        `json:"first" format:"date-time" doc:"first seen, ever"`
	Last     string        `json:"last" format:"date-time" doc:"last seen, ever"`

	Version     string `json:"version,omitempty" doc:"of the code that brought it, where told"`
	LastVersion string `json:"last_version,omitempty" doc:"it was seen in last"`

	Spark []int       `json:"spark" doc:"occurrences in 24 equal parts of the range"`
	Cause *IssueCause `json:"cause,omitempty" doc:"the root cause most of its transactions have; absent when none was found"`

	TransactionsLast string `json:"transactions_last" doc:"id of the last transaction with it"`
}

// IssueResource is where an issue shows or starts.
type IssueResource struct {
	Kind    string `json:"kind" doc:"as in Node"`
	Name    string `json:"name"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
}

// IssueCause is the root cause most occurrences share: "37 of 41 start in Request
// Processor".
type IssueCause struct {
	Headline string        `json:"headline"`
	Resource IssueResource `json:"resource" doc:"where it starts"`
	Share    IssueShare    `json:"share"`
}

// IssueShare is Of among Total occurrences.
type IssueShare struct {
	Of    int `json:"of"`
	Total int `json:"total"`
}

// Issue answers GET /api/issues/{id}.
type Issue struct {
	IssueRow
	Causes      []IssueTally      `json:"causes" doc:"root causes by count, most first"`
	Samples     IssueSamples      `json:"samples"`
	Occurrences []IssueOccurrence `json:"occurrences" doc:"newest first, at most 100 of those kept"`
	Stack       string            `json:"stack,omitempty" doc:"of the last occurrence that has one"`
	Common      []IssueValue      `json:"common" doc:"payload fields that many occurrences share, most first"`
	Timeline    []IssuePoint      `json:"timeline" doc:"over the range, oldest first; several of one instant are of different versions"`
	Answer
}

// IssueTally is how many occurrences have one root cause.
type IssueTally struct {
	Headline string        `json:"headline"`
	Resource IssueResource `json:"resource"`
	Count    int           `json:"count"`
}

// IssueSamples are ids of transactions to look at; absent where none is kept.
type IssueSamples struct {
	First   string `json:"first,omitempty"`
	Last    string `json:"last,omitempty"`
	Slowest string `json:"slowest,omitempty"`
}

// IssueOccurrence is one time that an issue showed.
type IssueOccurrence struct {
	Transaction string      `json:"transaction"`
	At          string      `json:"at" format:"date-time"`
	Trace       string      `json:"trace" doc:"with span what GET /api/spans takes"`
	Span        string      `json:"span"`
	Row         int         `json:"row" doc:"of the transaction when it was looked at last"`
	Times       int         `json:"times" doc:"rows of the transaction that show it; the issue counts it once"`
	DurationNS  int64       `json:"duration_ns" doc:"of the run"`
	Error       string      `json:"error"`
	Version     string      `json:"version,omitempty"`
	Cause       *IssueTally `json:"cause,omitempty" doc:"its own root cause; count is 1"`
}

// IssueValue is a payload field and how many of the kept occurrences have it so.
type IssueValue struct {
	Path  string `json:"path"`
	Value string `json:"value"`
	Count int    `json:"count"`
}

// IssuePoint is how often an issue occurred from At on, in one version.
type IssuePoint struct {
	At      string `json:"at" format:"date-time"`
	Count   int    `json:"count"`
	Version string `json:"version,omitempty"`
}

// IssueStateChange is the body of POST /api/issues/{id}/state, which answers the
// IssueRow.
type IssueStateChange struct {
	State string `json:"state" enum:"open,ignored,resolved"`
	Until string `json:"until,omitempty" doc:"ignored: as from and to, or now+8h; absent: for good"`
}

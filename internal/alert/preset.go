package alert

import "slices"

// Preset is an issue type as the scope, measure and grouping that find it. A rule
// that names one may change everything but the scope, which it narrows.
type Preset struct {
	Name  string
	Says  string
	Scope string
	Spec  Spec // what holds where a rule says nothing
}

// ofFunctions selects what tells about a whole invocation: the function's own span,
// or, where the function was killed before it could send it, that of its caller.
const ofFunctions = `(faas.invoked_name:* OR resource.faas.name:* kind:(server OR consumer))`

// presets are the issue types, in the order they are offered. A timeout or lack of
// memory counts where the platform says so, not where a call inside a function ran
// into a timeout of its own.
var presets = []Preset{
	{"error", "something failed", `status:error`, Spec{By: []string{"function"}}},
	{"timeout", "a function ran into its timeout",
		`status:error ` + ofFunctions + ` (clew.outcome:timeout OR error.type:Sandbox.Timedout OR status.message:"Task timed out after")`,
		Spec{By: []string{"function"}, Condition: ">= 1", Severity: "critical"}},
	{"oom", "a function ran out of memory",
		`status:error ` + ofFunctions + ` (clew.outcome:oom OR error.type:Runtime.OutOfMemory OR status.message:("out of memory" OR "signal: killed"))`,
		Spec{By: []string{"function"}, Condition: ">= 1", Severity: "critical"}},
	{"throttle", "calls were refused because there were too many",
		`status:error (clew.outcome:throttled OR http.response.status_code:429 OR http.status_code:429 OR error.type:~"(?i)throttl|TooManyRequests|ProvisionedThroughputExceeded" OR status.message:~"(?i)throttl|rate exceeded")`,
		Spec{By: []string{"resource"}, Condition: ">= 1"}},
	{"iterator age", "a stream is read later and later", `aws.lambda.iterator_age_ms:*`,
		Spec{By: []string{"function"}, Measure: "max(aws.lambda.iterator_age_ms)", Condition: "> 60000"}},
	{"cold-start storm", "many environments of a function start at once", `faas.coldstart:true`,
		Spec{By: []string{"function"}, Window: "1m", Condition: ">= 10"}},
	{"loop", "a message came round again and again", `type:loop`,
		Spec{From: Issues, By: []string{"resource"}, Window: "1m", Condition: ">= 1", Severity: "critical"}},
	{"partial batch", "some messages of a batch failed", `type:partial-batch`,
		Spec{From: Issues, By: []string{"resource"}, Condition: ">= 1"}},
	{"new issue", "a fault that was not seen before", `new:true`,
		Spec{From: Issues, By: []string{"issue", "title"}, Window: "1m", Condition: ">= 1"}},
}

// Presets lists the issue types that rules may name.
func Presets() []Preset { return slices.Clone(presets) }

func presetOf(name string) (Preset, bool) {
	i := slices.IndexFunc(presets, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return presets[i], true
}

// groups are names for the first of several fields that a row has.
var groups = map[string][]string{
	"function": {"faas.invoked_name", "faas.name", "service"},
	"resource": {"faas.invoked_name", "peer.service", "messaging.destination.name", "aws.dynamodb.table_names", "db.namespace",
		"server.address", "net.peer.name", "db.system.name", "db.system", "service"},
}

package cause

import (
	"regexp"
	"strings"
)

// mention is what a failure says of the field it failed on.
type mention struct {
	path   []string // names from the outside in; the last may be a field of the one missing
	how    wrong
	value  string // the bad value, where it is told
	holder bool   // what should have held the field was missing
}

// wrong is how a field was wrong.
type wrong uint8

const (
	missing wrong = iota // not there, or null: failures seldom tell these apart
	badType
	badValue
)

func (m *mention) name() string {
	if len(m.path) == 0 {
		return ""
	}
	return m.path[len(m.path)-1]
}

// rule reads mentions out of one family of texts. The first group of want is the
// field, "value" names a group with the value.
type rule struct {
	near string // lower case; must be in the text
	want *regexp.Regexp
	how  wrong
	hold bool
}

const ident = `[\p{L}_$][\p{L}\p{N}_$-]*`

// name in any quotes, or bare.
const (
	quoted = "['\"`‘“\\[]+(" + ident + inner + ")['\"`’”\\]]+"
	bare   = `(` + ident + inner + `)`
	inner  = `(?:\.(?:\d+\.)?` + ident + `|\[\d+\]\.?` + ident + `)*`
)

func re(s string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + s) }

// rules are tried in this order; all that match count, the first the most.
var rules = []rule{
	// Python, Ruby, .NET, PHP, Rust: lookups
	{"keyerror", re(`KeyError:?\s*` + quoted), missing, false},
	{"keyerror", re(`KeyError:?\s+:?` + bare + `$`), missing, false},
	{"key not found", re(`key not found:?\s*:?["']?` + bare), missing, false},
	{"the given key", re(`the given key ` + quoted), missing, false},
	{"undefined array key", re(`undefined array key ` + quoted), missing, false},
	{"undefined index", re(`undefined index:? ["']?` + bare), missing, false},
	{"undefined property", re(`undefined property:? (?:[\w\\]+::\$)?["']?` + bare), missing, false},
	{"missing field", re("missing field " + quoted), missing, false},
	{"has no attribute", re(`'NoneType' object has no attribute ` + quoted), missing, true},
	{"has no attribute", re(`'(?:dict|list|str|map|object|dict object)'?(?: object)? has no attribute ` + quoted), missing, false},
	// JavaScript
	{"(reading", re(`of (?:undefined|null) \(reading ` + quoted + `\).*?\bat (?:\w+\.)*` + ident), missing, true},
	{"(reading", re(`of (?:undefined|null) \(reading ` + quoted), missing, true},
	{"cannot read propert", re(`cannot read property ` + quoted + ` of (?:undefined|null)`), missing, true},
	{"evaluating", re(`(?:undefined|null) is not an object \(evaluating ['"]?(?:` + ident + `\.)*?` + bare + `\.` + ident), missing, false},
	{"can't access property", re(`can't access property ['"]?` + ident + `['"]?,? ` + bare + ` is (?:undefined|null)`), missing, false},
	{"cannot destructure", re(`cannot destructure property ` + quoted), missing, true},
	{" is not iterable", re(`\b` + bare + ` is not iterable`), missing, false},
	{"is not a function", re(`\b` + bare + `\.` + ident + ` is not a function`), badType, false},
	// Java's helpful messages
	{"because", re(`because "(?:[^"]*\.)?` + bare + `(?:\[\d+\])?" is null`), missing, false},
	{"because the return value", re(`because the return value of "[^"]*?\.(?:get|is|fetch|find)?(\w+)\([^"]*" is null`), missing, false},
	{"reference chain", re(`through reference chain: .*\["(\w+)"\]`), badType, false},
	{"unrecognized field", re(`unrecognized field ` + quoted), badValue, false},
	// validators
	{"validation error", re(`validation errors? for \S+\s+` + bare + `\s+(?:field required|missing)`), missing, false},
	{"validation error", re(`validation errors? for \S+\s+` + bare + `\s`), badType, false},
	{"must have required property", re(`(?:must|should) have required property ` + quoted), missing, false},
	{"is a required property", re(quoted + ` is a required property`), missing, false},
	{"requires property", re(`requires property ` + quoted), missing, false},
	{"missing required propert", re(`missing required propert(?:y|ies):?[\s(\["'` + "`" + `]*` + bare), missing, false},
	{"received", re(`"received":\s*"(?:undefined|null)"[^}]*?"path":\s*\[\s*(?:"\w+",\s*|\d+,\s*)*"(\w+)"\s*\]`), missing, false},
	{"invalid_type", re(`"path":\s*\[\s*(?:"\w+",\s*|\d+,\s*)*"(\w+)"\s*\]`), badType, false},
	{" must be ", re(`(?:data|instance|body|payload|input|event)?[./]` + bare + `["']? (?:must|should) be (?:an? |of type )?(?:number|integer|string|boolean|object|array|null)`), badType, false},
	{" must be ", re(quoted + ` (?:must|should) be (?:an? |of type |greater|less|one of|in |at )`), badType, false},
	{" be ", re(`\b` + bare + ` (?:must|should) be (?:an? )?(?:positive|negative|non-?negative|greater|less|at least|at most|between|one of|valid|after|before|in the|unique|integer|number|numeric|string|list|array)`), badType, false},
	{" is not of a type", re(`(?:instance|data|body)\.` + bare + ` is not of a type`), badType, false},
	{"cannot unmarshal", re(`cannot unmarshal \w+ into go (?:struct field \w+\.|value of type )` + bare), badType, false},
	{"unknown field", re(`unknown field ` + quoted), badValue, false},
	// databases
	{"null value in column", re(`null value in column ` + quoted), missing, false},
	{"cannot be null", re(`column ` + quoted + ` cannot be null`), missing, false},
	{"not null constraint", re(`not null constraint failed: (?:\w+\.)?(\w+)`), missing, false},
	{"default value", re(`field ` + quoted + ` doesn't have a default value`), missing, false},
	{"missing the key", re(`missing the key ["']?` + bare), missing, false},
	{"for column", re(`value: '(?P<value>[^']*)' for column ["'` + "`" + `]?` + bare), badType, false},
	{"too long for column", re(`too long for column ` + quoted), badValue, false},
	{"is not present in table", re(`key \((\w+)\)=\((?P<value>[^)]*)\) is not present`), badValue, false},
	// in words
	{"missing", re(`missing (?:\w+ ){0,2}(?:required )?(?:required )?(?:field|parameter|param|key|property|attribute|argument|header|element|value|positional arguments?)s?:? (?:for |in |named )?["'` + "`" + `\[]*` + bare), missing, false},
	{"is missing", re(`(?:["'` + "`" + `]` + bare + `["'` + "`" + `]|\b(?:field|parameter|key|property|attribute|header) ` + bare + `) is missing`), missing, false},
	{" required", re(quoted + `(?: field| property)? is (?:a )?required`), missing, false},
	{" required", re(`(?:field|parameter|key|property|attribute) ["'` + "`" + `]?` + bare + `["'` + "`" + `]? (?:is )?(?:a )?required`), missing, false},
	{" is required", re(`^(?:[\w.]*(?:error|exception):? )?` + bare + ` is required`), missing, false},
	{"required key", re(`required key \[?["']?` + bare), missing, false},
	{"not be null", re(`\b["'` + "`" + `]?` + bare + `["'` + "`" + `]? (?:must|can|may|should)(?:not)? ?not be (?:null|blank|empty|none|undefined)`), missing, false},
	{"cannot be", re(`\b["'` + "`" + `]?` + bare + `["'` + "`" + `]? cannot be (?:null|blank|empty|none|undefined)`), missing, false},
	{"can't be blank", re(`\b["'` + "`" + `]?` + bare + `["'` + "`" + `]? can't be blank`), missing, false},
	{" is undefined", re(`\b["'` + "`" + `]?` + bare + `["'` + "`" + `]? is undefined`), missing, false},
	{" is null", re(`\b["'` + "`" + `]?` + bare + `["'` + "`" + `]? (?:is|was) null`), missing, false},
	{"has no", re(`\b(?:message|event|record|request|payload|body|input|order|item|response|object|document) has no ["'` + "`" + `]?` + bare), missing, false},
	{" without ", re(`\b(?:message|event|record|request|payload|body|input|order|item|response|object|document) without (?:an? |the )?["'` + "`" + `]?` + bare), missing, false},
	{"invalid value for", re(`invalid value for (?:field |parameter |key |property )?["'` + "`" + `]?` + bare), badValue, false},
	{"invalid ", re(`invalid (?:field|parameter|property|attribute|value of|format of|type of|type for) ["'` + "`" + `]?` + bare), badValue, false},
	{"bad ", re(`\bbad (?:field|parameter|value for|value of) ["'` + "`" + `]?` + bare), badValue, false},
	{"expected", re(`(?:field|property|attribute|key|parameter) ["'` + "`" + `]?` + bare + `["'` + "`" + `]?:? (?:is )?expected`), badType, false},
	{"expected", re(`expected ["'` + "`" + `]?` + bare + `["'` + "`" + `]? to be`), badType, false},
}

// values are texts that tell the bad value and no field.
var values = []struct {
	near string
	want *regexp.Regexp
}{
	{"invalid literal", re(`invalid literal for \w+\(\) with base \d+: '([^']*)'`)},
	{"convert string to float", re(`could not convert string to float: '([^']*)'`)},
	{"for input string", re(`for input string: "([^"]*)"`)},
	{"invalid syntax", re(`parsing "([^"]*)": invalid syntax`)},
	{"parsing time", re(`parsing time "\\?"?([^"\\]*)`)},
	{"invalid input syntax", re(`invalid input syntax for (?:type )?\w+: "([^"]*)"`)},
	{"from string", re("from string \"([^\"]*)\"")},
	{"invalid isoformat", re(`invalid isoformat string: '([^']*)'`)},
	{"does not match format", re(`time data '([^']*)' does not match`)},
	{"is not a valid", re(`['"]([^'"]*)['"] is not a valid`)},
	{"is not of type", re(`['"]([^'"]*)['"] is not of type`)},
	{"is not one of", re(`['"]([^'"]*)['"] is not one of`)},
	{"invalid enum value", re(`received '([^']*)'`)},
	{"input_value=", re(`input_value='([^']*)'`)},
	{"no enum constant", re(`no enum constant (?:[\w$]+\.)*(\w+)`)},
	{"text '", re(`text '([^']*)' could not be parsed`)},
	{"unknown ", re(`unknown (?:\w+ )?['"]([^'"]+)['"]`)},
	{"unsupported ", re(`unsupported (?:\w+ )?['"]([^'"]+)['"]`)},
	{"invalid ", re(`invalid (?:\w+ ){1,3}['"]([^'"]+)['"]`)},
	{"cannot parse", re(`cannot parse ['"]([^'"]*)['"]`)},
	{"not found", re(`\w+ ['"]([^'"]+)['"] (?:was )?not found`)},
}

// nulls are texts of a null somewhere, with no name.
var nulls = []string{
	"of undefined", "of null", "is not an object", "nonetype", "nullpointer", "null pointer", "object reference not set", "for nil", "nil pointer", "null reference", "is not subscriptable", "undefined is not",
}

// builtin are members of every text, list or number: reading one of nothing does
// not tell a field.
var builtin = wordSet(`length map split toString forEach filter substring substr trim push join slice splice replace toUpperCase toLowerCase charAt indexOf
	includes then get set keys values items entries toFixed toISOString getTime reduce find some every concat match startsWith endsWith lower upper strip encode decode append
	id_ json text body data format size count isEmpty equals hashCode compareTo intValue doubleValue longValue trim strftime isoformat`)

// nobody is what the patterns for plain words catch besides fields.
var nobody = wordSet(`it this that he value field parameter argument data input object property key name_ request response message event record error body payload
	the a an and or is not null undefined none nil true false self cls len of connection session result return`)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// mentions reads what text says of the field it failed on, surest first. What it
// says of a null without a name is a mention without a path.
func mentions(text string) (out []mention) {
	text = text[:min(len(text), maxMessage)]
	low := strings.ToLower(text)
	seen := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		if !strings.Contains(low, r.near) {
			continue
		}
		g := r.want.FindStringSubmatch(text)
		if g == nil {
			continue
		}
		m := mention{how: r.how, holder: r.hold}
		for j, name := range r.want.SubexpNames() {
			switch {
			case name == "value":
				m.value = g[j]
			case j > 0 && g[j] != "" && m.path == nil:
				m.path = pathOf(g[j])
			}
		}
		if len(m.path) == 0 || nobody[strings.ToLower(m.name())] || r.hold && builtin[m.name()] || seen[m.name()] {
			continue
		}
		seen[m.name()] = true
		out = append(out, m)
	}
	for _, v := range values {
		if strings.Contains(low, v.near) {
			if g := v.want.FindStringSubmatch(text); g != nil && g[1] != "" {
				out = withValue(out, g[1])
				break
			}
		}
	}
	if len(out) == 0 {
		for _, n := range nulls {
			if strings.Contains(low, n) {
				return []mention{{how: missing, holder: true}}
			}
		}
	}
	return out
}

// withValue notes the bad value on the fields that are wrong, else alone.
func withValue(ms []mention, value string) []mention {
	for i := range ms {
		if ms[i].how != missing && ms[i].value == "" {
			if ms[i].name() != value {
				ms[i].value = value
			}
			return ms
		}
	}
	if len(ms) > 0 {
		return ms
	}
	return []mention{{how: badValue, value: value}}
}

// pathOf cuts "order.items[0].sku" into names.
func pathOf(s string) (path []string) {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if part[0] < '0' || part[0] > '9' {
			path = append(path, part)
		}
	}
	return path
}

package query

import (
	"regexp"

	"clew/internal/signal"
)

// Op is what an Expr does.
type Op uint8

// The operators. And, Or and Not use Args; all others use Field and Value.
const (
	And Op = iota // no Args: true
	Or            // no Args: false
	Not
	Eq     // equal text, or equal as numbers
	Ne     // the field is absent or not Eq
	Lt     // numbers by value, else by text
	Le     //
	Gt     //
	Ge     //
	Exists // present; Value unused
	Glob   // text with * for any run of characters, case-sensitive
	Match  // regular expression, RE2, unanchored; Field "" is any text of the row
	Word   // text holds Value as whole words, case-insensitive; Field "" is any text of the row
)

// Expr is a condition on one row. A nil Expr is true.
//
// Fields are the intrinsics below, or an attribute key: the span's, log's or
// point's own attribute, else the resource's. "resource.KEY" and "attr.KEY"
// name one of the two.
type Expr struct {
	Op    Op
	Args  []*Expr
	Field string
	Value signal.Value
	re    *regexp.Regexp // compiled form of Match, set by the constructors
}

// The intrinsic fields. FieldDuration is in nanoseconds as an int; FieldStatus is
// "unset", "ok" or "error"; FieldKind is a span kind's name; FieldLevel is a
// level's name for Eq and a severity number for ordering.
const (
	FieldTrace    = "trace"
	FieldSpan     = "span"
	FieldParent   = "parent"
	FieldName     = "name"
	FieldService  = "service"
	FieldKind     = "kind"
	FieldStatus   = "status"
	FieldMessage  = "status.message"
	FieldDuration = "duration"
	FieldBody     = "body"
	FieldLevel    = "level"
	FieldMetric   = "metric"
)

// All joins conditions with And, leaving out nil ones.
func All(es ...*Expr) *Expr { return join(And, es) }

// Any joins conditions with Or, leaving out nil ones.
func Any(es ...*Expr) *Expr { return join(Or, es) }

func join(op Op, es []*Expr) *Expr {
	var args []*Expr
	for _, e := range es {
		if e != nil {
			args = append(args, e)
		}
	}
	switch len(args) {
	case 0:
		return nil
	case 1:
		return args[0]
	}
	return &Expr{Op: op, Args: args}
}

// Is compares field with value by op (Eq to Glob, Word).
func Is(field string, op Op, value signal.Value) *Expr {
	return &Expr{Op: op, Field: field, Value: value}
}

// Regexp matches field against a regular expression.
func Regexp(field, pattern string) (*Expr, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return &Expr{Op: Match, Field: field, Value: signal.Str(pattern), re: re}, nil
}

package alert

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A PlaceError is a mistake in a file of rules, and where it is, from 1.
type PlaceError struct {
	Line, Col int
	Msg       string
}

func (e *PlaceError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// Decode reads a file of rules, in YAML or JSON: a list of them under the key rules.
// Errors are *PlaceError, the first in the file; all rules are compiled.
func Decode(text []byte) ([]*Rule, error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &PlaceError{1, 1, "expected rules:, found nothing"}
		}
		return nil, yamlError(err)
	}
	var next yaml.Node
	if err := dec.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, &PlaceError{max(next.Line, 1), max(next.Column, 1), "expected one document"}
	}
	root := doc.Content[0]
	list := valueOf(root, "rules")
	if root.Kind != yaml.MappingNode || list == nil || len(root.Content) != 2 || list.Kind != yaml.SequenceNode {
		return nil, at(root, "expected one key, rules, with a list of rules")
	}
	var all []*Rule
	names := map[string]bool{}
	for _, node := range list.Content {
		r, err := decodeRule(node)
		if err != nil {
			return nil, err
		}
		if names[r.Name] {
			return nil, at(valueOf(node, "name"), fmt.Sprintf("name: %q is there twice", r.Name))
		}
		names[r.Name] = true
		all = append(all, r)
	}
	return all, nil
}

// DecodeOne reads a single rule, in YAML or JSON. Errors are *PlaceError.
func DecodeOne(text []byte) (*Rule, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, yamlError(err)
	}
	if len(doc.Content) == 0 {
		return nil, &PlaceError{1, 1, "expected a rule, found nothing"}
	}
	return decodeRule(doc.Content[0])
}

func decodeRule(node *yaml.Node) (*Rule, error) {
	if node.Kind != yaml.MappingNode {
		return nil, at(node, "expected a rule with name:, condition: and more")
	}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		if !slices.Contains(keys, key.Value) {
			return nil, at(key, fmt.Sprintf("unknown key %q; there are %s", key.Value, strings.Join(keys, ", ")))
		}
	}
	var s Spec
	for i := 0; i < len(node.Content); i += 2 { // one at a time: the library's errors name a line only
		one := yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: node.Content[i : i+2]}
		if err := one.Decode(&s); err != nil {
			return nil, at(node.Content[i+1], node.Content[i].Value+": expected "+wanted(node.Content[i].Value))
		}
	}
	r, err := Compile(s)
	if err != nil {
		var field *FieldError
		if !errors.As(err, &field) {
			return nil, at(node, err.Error())
		}
		return nil, place(node, field)
	}
	return r, nil
}

// keys are the names of a rule's fields.
var keys = func() (names []string) {
	for i := range reflect.TypeFor[Spec]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Spec]().Field(i).Tag.Get("yaml"), ",")
		names = append(names, name)
	}
	return names
}()

func wanted(key string) string {
	switch reflect.TypeFor[Spec]().Field(slices.Index(keys, key)).Type.Kind() {
	case reflect.Slice:
		return "a list of texts"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	return "one text"
}

// place finds where in a file a wrong field stands. The column within its text is
// added where the text is on one line, as it is written.
func place(rule *yaml.Node, e *FieldError) error {
	node := valueOf(rule, e.Field)
	if node == nil {
		return at(rule, e.Error())
	}
	p := &PlaceError{node.Line, node.Column, e.Error()}
	if e.Col > 0 && node.Kind == yaml.ScalarNode && node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && !strings.ContainsAny(node.Value, "\"\\'\n") {
		p.Col += e.Col - 1
		if node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			p.Col++
		}
		p.Msg = e.Field + ": " + e.Msg
	}
	return p
}

func valueOf(node *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func at(node *yaml.Node, msg string) error {
	return &PlaceError{max(node.Line, 1), max(node.Column, 1), msg}
}

// yamlError reads the line out of the library's message.
func yamlError(err error) error {
	p := &PlaceError{1, 1, strings.TrimPrefix(err.Error(), "yaml: ")}
	if n, _ := fmt.Sscanf(p.Msg, "line %d:", &p.Line); n == 1 {
		_, p.Msg, _ = strings.Cut(p.Msg, ": ")
	}
	return p
}

// Encode writes rules as a file that Decode reads.
func Encode(specs []Spec) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(struct {
		Rules []Spec `yaml:"rules"`
	}{specs}); err != nil {
		return nil, fmt.Errorf("alert: write rules: %w", err)
	}
	return b.Bytes(), nil
}

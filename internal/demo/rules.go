package demo

import _ "embed"

// Rules are those of alerts that fit the application, as a file in YAML: for servers
// that take such.
//
//go:embed rules.yaml
var Rules []byte

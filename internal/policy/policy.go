// Package policy holds the rules of the tree that a machine can check: who may
// import whom, and that every package says what it is. It is only tests; the
// reasons stand beside the rules.
package policy

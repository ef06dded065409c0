package aws

import "strings"

// assignment is `name = value` with placeholders resolved.
type assignment struct {
	name  string
	value value
}

// parseSet reads "SET a = :x, #b = :y", the only update played.
func parseSet(expr string, names map[string]string, values item) ([]assignment, error) {
	rest := strings.TrimSpace(expr)
	if len(rest) < 4 || !strings.EqualFold(rest[:4], "SET ") {
		return nil, invalid("ValidationException", "the sandbox plays only SET in UpdateExpression, not %q", expr)
	}
	return parseAssignments(strings.Split(rest[4:], ","), names, values)
}

// parseEquals reads "a = :x AND #b = :y", the only key condition played.
func parseEquals(expr string, names map[string]string, values item) ([]assignment, error) {
	var parts []string
	var words []string
	for _, w := range strings.Fields(expr) {
		if strings.EqualFold(w, "AND") {
			parts, words = append(parts, strings.Join(words, " ")), nil
			continue
		}
		words = append(words, w)
	}
	return parseAssignments(append(parts, strings.Join(words, " ")), names, values)
}

func parseAssignments(parts []string, names map[string]string, values item) ([]assignment, error) {
	out := make([]assignment, 0, len(parts))
	for _, p := range parts {
		left, right, ok := strings.Cut(p, "=")
		left, right = strings.TrimSpace(left), strings.TrimSpace(right)
		if !ok || left == "" || strings.ContainsAny(left, " <>.[(") || !strings.HasPrefix(right, ":") {
			return nil, invalid("ValidationException", "the sandbox plays only name = :value, not %q", strings.TrimSpace(p))
		}
		if strings.HasPrefix(left, "#") {
			full, ok := names[left]
			if !ok {
				return nil, invalid("ValidationException", "An expression attribute name used in the document path is not defined; attribute name: %s", left)
			}
			left = full
		}
		v, ok := values[right]
		if !ok {
			return nil, invalid("ValidationException", "An expression attribute value used in expression is not defined; attribute value: %s", right)
		}
		out = append(out, assignment{left, v})
	}
	return out, nil
}

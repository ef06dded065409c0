package issue

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// The bounds of what is kept of one payload.
const (
	maxValues    = 64
	maxValueText = 64
	maxDepth     = 8
)

// values lists the fields of a payload whose values are short. The items of a
// list share one path: "$.Records[].body". JSON inside of strings is read, too.
func values(payload string) []Value {
	var v any
	if payload == "" || json.Unmarshal([]byte(payload), &v) != nil {
		return nil
	}
	var all []Value
	walk("$", v, 0, &all)
	slices.SortFunc(all, func(a, b Value) int {
		if n := strings.Compare(a.Path, b.Path); n != 0 {
			return n
		}
		return strings.Compare(a.Text, b.Text)
	})
	all = slices.Compact(all)
	return all[:min(len(all), maxValues)]
}

func walk(path string, v any, depth int, all *[]Value) {
	if depth > maxDepth || len(*all) >= 16*maxValues {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for k := range v {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			walk(path+"."+k, v[k], depth+1, all)
		}
	case []any:
		for _, x := range v {
			walk(path+"[]", x, depth+1, all)
		}
	case string:
		var inner any
		if t := strings.TrimSpace(v); len(t) > 1 && (t[0] == '{' || t[0] == '[') && json.Unmarshal([]byte(t), &inner) == nil {
			walk(path, inner, depth+1, all)
		} else if len(v) <= maxValueText {
			*all = append(*all, Value{path, v})
		}
	case float64:
		*all = append(*all, Value{path, strconv.FormatFloat(v, 'g', -1, 64)})
	case bool:
		*all = append(*all, Value{path, strconv.FormatBool(v)})
	case nil:
		*all = append(*all, Value{path, "null"})
	}
}

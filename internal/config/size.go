package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes; as text it may carry a unit of powers of 1024.
type Size int64

var units = []struct {
	suffix string
	bytes  int64
}{
	{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1},
}

// ParseSize reads "64MB", "64MiB", "64M" or "67108864".
func ParseSize(s string) (Size, error) {
	text := strings.ToUpper(strings.TrimSpace(s))
	text = strings.Replace(text, "IB", "B", 1)
	factor := int64(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(text, u.suffix); ok {
			text, factor = n, u.bytes
			break
		}
		if n, ok := strings.CutSuffix(text, u.suffix[:1]); ok && u.suffix != "B" {
			text, factor = n, u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || n < 0 || math.IsNaN(n) || n*float64(factor) >= math.MaxInt64 {
		return 0, fmt.Errorf("config: %q is not a size such as 64MB", s)
	}
	return Size(n * float64(factor)), nil
}

// String prints s with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return "0"
}

// UnmarshalText reads what ParseSize reads.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := ParseSize(string(text))
	if err == nil {
		*s = n
	}
	return err
}

// MarshalText prints what String prints.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

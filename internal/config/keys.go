package config

import "strings"

// Keys is a list of attribute keys, written with commas between them.
type Keys []string

// UnmarshalText reads what String prints; spaces around commas do not count.
func (k *Keys) UnmarshalText(text []byte) error {
	*k = nil
	for key := range strings.SplitSeq(string(text), ",") {
		if key = strings.TrimSpace(key); key != "" {
			*k = append(*k, key)
		}
	}
	return nil
}

func (k Keys) String() string { return strings.Join(k, ",") }

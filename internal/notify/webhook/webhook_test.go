package webhook

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind:     Kind,
		Settings: func(url string) notify.Settings { return notify.Settings{"url": url, "authorization": "Bearer b3ar3r"} },
		Accepts:  `thanks`, Status: 200,
		Refuses: `no`,
		Secrets: []string{"b3ar3r"}, Volatile: []string{},
	})
}

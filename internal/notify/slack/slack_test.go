package slack

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind:     Kind,
		Settings: func(url string) notify.Settings { return notify.Settings{"url": url, "channel": "#alerts"} },
		Accepts:  "ok", Status: 200,
		Refuses: "invalid_payload",
		Secrets: []string{}, Volatile: []string{},
	})
}

package discord

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind:     Kind,
		Settings: func(url string) notify.Settings { return notify.Settings{"url": url} },
		Accepts:  ``, Status: 204,
		Refuses: `{"message":"You are being rate limited.","retry_after":0.3,"global":false}`,
		Secrets: []string{}, Volatile: []string{},
	})
}

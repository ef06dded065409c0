package telegram

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind: Kind,
		Settings: func(url string) notify.Settings {
			return notify.Settings{"token": "123:b0tt0ken", "chat": "-10042", "url": url}
		},
		Accepts: `{"ok":true,"result":{"message_id":7}}`, Status: 200,
		Refuses: `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`,
		Secrets: []string{"123:b0tt0ken"}, Volatile: []string{},
	})
}

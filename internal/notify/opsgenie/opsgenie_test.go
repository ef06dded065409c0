package opsgenie

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind: Kind,
		Settings: func(url string) notify.Settings {
			return notify.Settings{"api_key": "g3n1ek3y", "url": url, "team": "blog"}
		},
		Accepts: `{"result":"Request will be processed","took":0.3,"requestId":"43a29c5c"}`, Status: 202,
		Refuses: `{"message":"Key format is not valid!","took":0.001,"requestId":"43a29c5c"}`,
		Secrets: []string{"g3n1ek3y"}, Volatile: []string{},
	})
}
